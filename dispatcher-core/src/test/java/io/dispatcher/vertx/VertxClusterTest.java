package io.dispatcher.vertx;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.LoopbackPorts;
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
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class VertxClusterTest {

  @Test
  void twoNodesMeetTalkAndPart() throws Exception {
    int[] ports = {LoopbackPorts.one(), LoopbackPorts.one()};
    String[] members = {"127.0.0.1:" + ports[0], "127.0.0.1:" + ports[1]};
    AtomicReference<Throwable> error = new AtomicReference<>();
    ClusterOptions.Builder first =
        ClusterOptions.named("a").clusterName("vertx-test").port(ports[0]).members(members);
    ClusterOptions.Builder second =
        ClusterOptions.named("b")
            .clusterName("vertx-test")
            .port(ports[1])
            .members(members)
            .onError(error::set);
    try (VertxCluster a = VertxCluster.join(first.build());
        VertxCluster b = VertxCluster.join(second.build())) {
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
    assertExplained("linkPort", ClusterOptions.named("a").linkPort(70_000));
    assertExplained("linkPort", ClusterOptions.named("a").port(4000).linkPort(4000));
    assertExplained("cluster.port", ClusterOptions.named("a").port(-1));
    assertExplained("node.name", ClusterOptions.named(""));
    assertExplained("cluster.size", ClusterOptions.named("a").size(4));
    assertExplained("character 3", ClusterOptions.named("a").members("ab cd"));
    Path missing = Path.of("no-such-file.pem");
    assertExplained(
        "no-such-file.pem", ClusterOptions.named("a").tls(new LinkTls(missing, missing, missing)));
  }

  @Test
  void aTakenLinkPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ClusterOptions options =
          ClusterOptions.named("a").port(0).linkPort(taken.getLocalPort()).build();

      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> VertxCluster.join(options));

      assertTrue(e.getMessage().contains(":" + taken.getLocalPort()), e.getMessage());
    }
  }

  private static void assertExplained(String part, ClusterOptions.Builder options) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, options::build);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
