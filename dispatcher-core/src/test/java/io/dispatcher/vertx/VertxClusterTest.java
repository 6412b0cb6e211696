package io.dispatcher.vertx;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.FreePorts;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class VertxClusterTest {

  @Test
  void twoNodesMeetTalkAndPart() throws Exception {
    int[] ports = {FreePorts.one(), FreePorts.one()};
    String[] members = {"127.0.0.1:" + ports[0], "127.0.0.1:" + ports[1]};
    AtomicReference<Throwable> error = new AtomicReference<>();
    VertxCluster.Options.Builder first =
        VertxCluster.Options.named("a").clusterName("vertx-test").port(ports[0]).members(members);
    VertxCluster.Options.Builder second =
        VertxCluster.Options.named("b")
            .clusterName("vertx-test")
            .port(ports[1])
            .members(members)
            .onError(error::set);
    CompletableFuture<VertxCluster> joining =
        CompletableFuture.supplyAsync(() -> VertxCluster.join(second.build()));
    try (VertxCluster a = VertxCluster.join(first.build());
        VertxCluster b = joining.join()) {
      Queue<List<Member>> lists = new ConcurrentLinkedQueue<>();
      a.membership().listen(a.loop("front"), lists::add);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> lists.stream().anyMatch(list -> list.size() == 2));

      Peer peerOfA = a.membership().self().peer();
      Peer peerOfB = b.membership().self().peer();
      Queue<Frame> frames = new ConcurrentLinkedQueue<>();
      Queue<Peer> closed = new ConcurrentLinkedQueue<>();
      b.transport().receive(Role.WORKER, b.loop("worker"), (from, frame) -> frames.add(frame));
      a.transport().onClose(Runnable::run, closed::add);
      await()
          .untilAsserted(
              () -> {
                a.transport()
                    .send(
                        new Address(peerOfA, Role.FRONT),
                        new Address(peerOfB, Role.WORKER),
                        new Frame(7, 0, null));
                assertTrue(frames.stream().anyMatch(frame -> frame.number() == 7));
              });

      IllegalStateException thrown = new IllegalStateException("on purpose");
      Loop loop = b.loop("broken");
      loop.execute(
          () -> {
            throw thrown;
          });

      await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertSame(thrown, error.get()));
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertEquals(List.of(peerOfB), List.copyOf(closed)));
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> lists.stream().reduce((former, latter) -> latter).orElseThrow().size() == 1);
    }
  }

  @Test
  void badOptionsAreExplained() {
    assertExplained("linkPort", VertxCluster.Options.named("a").linkPort(70_000));
    assertExplained("linkPort", VertxCluster.Options.named("a").port(4000).linkPort(4000));
    assertExplained("cluster.port", VertxCluster.Options.named("a").port(-1));
    assertExplained("node.name", VertxCluster.Options.named(""));
    assertExplained("cluster.size", VertxCluster.Options.named("a").size(4));
    assertExplained("character 3", VertxCluster.Options.named("a").members("ab cd"));
    Path missing = Path.of("no-such-file.pem");
    assertExplained(
        "no-such-file.pem",
        VertxCluster.Options.named("a").tls(new LinkTls(missing, missing, missing)));
  }

  @Test
  void aTakenLinkPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      VertxCluster.Options options =
          VertxCluster.Options.named("a").port(0).linkPort(taken.getLocalPort()).build();

      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> VertxCluster.join(options));

      assertTrue(e.getMessage().contains(":" + taken.getLocalPort()), e.getMessage());
    }
  }

  private static void assertExplained(String part, VertxCluster.Options.Builder options) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, options::build);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
