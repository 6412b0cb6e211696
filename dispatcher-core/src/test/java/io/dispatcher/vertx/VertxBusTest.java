package io.dispatcher.vertx;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.IndeterminateOperationStateException;
import io.dispatcher.client.ClientBounds;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Member;
import io.dispatcher.hazelcast.BusMember;
import io.dispatcher.hazelcast.HazelcastGuest;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VertxBusTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void a_guest_talks_to_the_nodes_and_is_none() throws Exception {
    List<Integer> ports = LoopbackPorts.free(2);
    String[] members = {"127.0.0.1:" + ports.get(0), "127.0.0.1:" + ports.get(1)};
    // One after the other: nodes that start at once may have to find each other first.
    try (VertxCluster a =
            VertxCluster.join(options("a").port(ports.get(0)).members(members).build());
        VertxCluster b =
            VertxCluster.join(options("b").port(ports.get(1)).members(members).build());
        VertxBus guest = VertxBus.join(options("guest").port(0).members(members).build())) {
      List<List<Member>> lists = new CopyOnWriteArrayList<>();
      a.membership().listen(Runnable::run, lists::add);
      await().atMost(SOON).until(() -> lists.stream().anyMatch(list -> list.size() == 2));
      answer(a);
      answer(b);

      Set<String> answered = ConcurrentHashMap.newKeySet();
      await()
          .atMost(SOON)
          // The bus may not know of both yet.
          .ignoreExceptions()
          .until(
              () -> {
                answered.add(get(ask(guest.vertx())).body());
                return answered.equals(Set.of("a", "b"));
              });
      assertTrue(lists.stream().allMatch(list -> list.size() <= 2), lists::toString);

      b.close();
      await()
          .atMost(SOON)
          // What is still sent to it is not answered.
          .ignoreExceptions()
          .untilAsserted(
              () -> {
                for (int i = 0; i < 10; i++) {
                  assertEquals("a", get(ask(guest.vertx())).body());
                }
              });
    }
  }

  @Test
  void a_bus_that_starts_while_a_node_dies_starts_again() throws Exception {
    int port = LoopbackPorts.one();
    String member = "127.0.0.1:" + port;
    AtomicInteger calls = new AtomicInteger();
    try (VertxCluster a = VertxCluster.join(options("a").port(port).members(member).build());
        HazelcastGuest guest =
            HazelcastGuest.start(
                options("guest")
                    .port(0)
                    .members(member)
                    .build()
                    .settings(new Peer("guest", 1), 0))) {
      BusMember unlucky =
          new BusMember() {
            @Override
            public HazelcastInstance instance() {
              if (calls.incrementAndGet() < 3) {
                throw new IndeterminateOperationStateException("backup acks missed");
              }
              return guest.instance();
            }

            @Override
            public boolean hasStore() {
              return true;
            }

            @Override
            public void close() {
              guest.close();
            }
          };
      ClusterBus bus =
          new ClusterBus(
              unlucky,
              ClusterBus.withoutFolder(
                  new VertxOptions().setEventBusOptions(ClusterBus.options("127.0.0.1", 0, null))));
      try {
        assertNotNull(get(bus.started().toCompletableFuture()));
        assertEquals(3, calls.get());
      } finally {
        bus.close();
      }
    }
  }

  @Test
  void a_taken_port_is_named() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        VertxCluster alone =
            VertxCluster.join(
                options("alone").port(0).size(1).busPort(taken.getLocalPort()).build())) {
      Exception e = assertThrows(Exception.class, () -> get(alone.bus().toCompletableFuture()));
      assertTrue(e.toString().contains(":" + taken.getLocalPort() + " (cluster.bind, bus.port)"));
    }
  }

  @Test
  void with_tls_only_those_with_a_trusted_certificate_are_heard(@TempDir Path dir)
      throws Exception {
    LinkTls tls = VertxTransportTest.certificate(dir, "right");
    int port = LoopbackPorts.one();
    String member = "127.0.0.1:" + port;
    try (VertxCluster node = VertxCluster.join(options("a").port(port).tls(tls).build());
        VertxBus trusted =
            VertxBus.join(options("trusted").port(0).members(member).tls(tls).build());
        VertxBus stranger = VertxBus.join(options("stranger").port(0).members(member).build())) {
      answer(node);

      await()
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> get(ask(trusted.vertx())).body().equals("a"));
      assertThrows(ExecutionException.class, () -> get(ask(stranger.vertx())));
    }
  }

  @Test
  void without_a_front_on_the_bus_a_task_is_refused() throws Exception {
    try (VertxCluster node = VertxCluster.join(options("a").port(0).build())) {
      Vertx vertx = get(node.bus().toCompletableFuture());
      ClientBounds preset = EventBusTaskClient.BOUNDS;
      ClientBounds impatient =
          new ClientBounds(
              preset.answer(), Duration.ZERO, preset.poll(), 1, 1, 1, preset.queuedBytes());
      try (EventBusTaskClient client = new EventBusTaskClient(vertx, impatient, null)) {
        TaskType<String, String> type = TaskType.of("shout", Codec.text(), Codec.text());
        ExecutionException thrown =
            assertThrows(
                ExecutionException.class,
                () -> get(client.submit(type.task("a")).accepted().toCompletableFuture()));
        TaskRefused refused = assertInstanceOf(TaskRefused.class, thrown.getCause());
        assertTrue(refused.getMessage().contains("nobody listens"), refused.getMessage());
      }
    }
  }

  @Test
  void a_client_names_itself_the_same_each_time_and_like_no_other() throws Exception {
    try (VertxCluster node = VertxCluster.join(options("a").port(0).build())) {
      Vertx vertx = get(node.bus().toCompletableFuture());
      List<String> names = new CopyOnWriteArrayList<>();
      vertx
          .eventBus()
          .consumer(
              "dispatcher.submit",
              message -> {
                names.add(message.headers().get("client"));
                message.fail(422, "{}");
              });
      TaskType<String, String> type = TaskType.of("shout", Codec.text(), Codec.text());
      try (EventBusTaskClient one = new EventBusTaskClient(vertx);
          EventBusTaskClient other = new EventBusTaskClient(vertx)) {
        for (EventBusTaskClient client : List.of(one, one, other)) {
          assertThrows(
              ExecutionException.class,
              () -> get(client.submit(type.task("a")).accepted().toCompletableFuture()));
        }
      }
      assertEquals(3, names.size());
      assertNotNull(names.get(0));
      assertEquals(names.get(0), names.get(1));
      assertNotEquals(names.get(0), names.get(2));
    }
  }

  private static ClusterOptions.Builder options(String name) {
    return ClusterOptions.named(name).clusterName("bus-test");
  }

  private static void answer(VertxCluster node) throws Exception {
    String name = node.membership().self().peer().node();
    get(node.bus().toCompletableFuture())
        .eventBus()
        .consumer("who", message -> message.reply(name));
  }

  private static CompletableFuture<Message<String>> ask(Vertx vertx) {
    Future<Message<String>> reply =
        vertx.eventBus().request("who", "", new DeliveryOptions().setSendTimeout(2_000));
    return reply.toCompletionStage().toCompletableFuture();
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }
}
