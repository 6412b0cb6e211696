package io.dispatcher;

import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Three real nodes over loopback, in one JVM: what crosses links and the replicated ledger. */
class ClusterTest {

  private static final Duration SOON = ofSeconds(30);
  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());
  private static final TaskType<byte[], byte[]> COPY = TaskType.of("copy", bytes(), bytes());
  private static final TaskType<byte[], byte[]> GROW = TaskType.of("grow", bytes(), bytes());
  private static final TaskType<String, String> HOLD =
      TaskType.of("hold", text(), text()).timeLimit(ofSeconds(60));

  private static final CountDownLatch RELEASE = new CountDownLatch(1);
  private static final List<Dispatcher> NODES = new ArrayList<>();
  private static final List<RecordingListener> LISTENERS = new CopyOnWriteArrayList<>();
  private static List<String> members;

  @BeforeAll
  static void start() {
    members = LoopbackPorts.free(3).stream().map(port -> "127.0.0.1:" + port).toList();
    // One after the other, and none on the common pool, on which Hazelcast needs a thread.
    for (int i = 0; i < 3; i++) {
      NODES.add(node("node-" + i, members.get(i)));
    }
    for (RecordingListener listener : LISTENERS) {
      await().atMost(SOON).until(() -> listener.count("joined") == 3);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    ExecutorService closing = Executors.newFixedThreadPool(NODES.size());
    try {
      List<Callable<Void>> all = new ArrayList<>();
      for (Dispatcher node : NODES) {
        all.add(
            () -> {
              node.close(Duration.ZERO);
              return null;
            });
      }
      for (Future<Void> each : closing.invokeAll(all, 2, TimeUnit.MINUTES)) {
        each.get();
      }
    } finally {
      closing.shutdownNow();
    }
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
  }

  private static ClusterOptions.Builder options(String name) {
    return ClusterOptions.named(name)
        .clusterName("cluster-it")
        .members(members.toArray(String[]::new));
  }

  private static Dispatcher node(String name, String address) {
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    RecordingListener listener = new RecordingListener();
    LISTENERS.add(listener);
    return Dispatcher.builder()
        .listener(listener)
        .handle(WHERE, (words, ctx) -> ctx.node())
        .handle(COPY, (payload, ctx) -> payload)
        .handle(GROW, (payload, ctx) -> new byte[600_000])
        .handle(
            HOLD,
            (words, ctx) -> {
              RELEASE.await();
              return words;
            })
        .cluster(VertxCluster.join(options(name).port(port).build()))
        .start();
  }

  @Test
  void every_node_tells_the_era() {
    for (Dispatcher node : NODES) {
      assertTrue(node.stats().era() > 0, () -> node.stats().toString());
    }
  }

  @Test
  void tasks_spread_over_the_nodes_from_every_front() {
    for (Dispatcher front : NODES) {
      Set<String> ranOn = new HashSet<>();
      List<TaskHandle<String>> handles =
          front.submitAll(IntStream.range(0, 600).mapToObj(i -> WHERE.task("?")).toList());
      handles.forEach(handle -> ranOn.add(handle.await(SOON)));
      assertEquals(Set.of("node-0", "node-1", "node-2"), ranOn);
    }
  }

  @Test
  void tasks_of_one_key_go_to_one_node_whatever_the_front() {
    Set<String> ranOn = new HashSet<>();
    for (Dispatcher front : NODES) {
      for (int i = 0; i < 10; i++) {
        ranOn.add(front.submit(WHERE.task("?").key("user-42")).await(SOON));
      }
    }
    assertEquals(1, ranOn.size(), ranOn.toString());
  }

  @Test
  void large_values_travel_whole() {
    byte[] large = new byte[900_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31);
    }
    List<TaskHandle<byte[]>> handles =
        NODES.get(0).submitAll(IntStream.range(0, 6).mapToObj(i -> COPY.task(large)).toList());
    handles.forEach(handle -> assertArrayEquals(large, handle.await(SOON)));
  }

  @Test
  void large_results_of_one_block_fit_the_links_though_not_together() {
    List<TaskHandle<byte[]>> handles =
        NODES
            .get(0)
            .submitAll(IntStream.range(0, 12).mapToObj(i -> GROW.task(new byte[1])).toList());
    handles.forEach(handle -> assertEquals(600_000, handle.await(SOON).length));
  }

  @Test
  void another_front_sees_attaches_to_and_cancels_a_task_it_does_not_own() {
    TaskHandle<String> handle = NODES.get(0).submit(HOLD.task("x"));
    TaskId id = get(handle.accepted());
    await()
        .atMost(SOON)
        .until(
            () ->
                NODES
                    .get(1)
                    .find(id)
                    .toCompletableFuture()
                    .join()
                    .map(status -> status.state() == TaskState.RUNNING && status.node() != null)
                    .orElse(false));
    TaskHandle<String> attached = NODES.get(2).attach(id, HOLD);
    assertEquals(id, get(attached.accepted()));

    assertTrue(get(attached.cancel()));

    assertEquals(TaskState.CANCELLED, get(handle.outcome()).state());
    assertEquals(TaskState.CANCELLED, get(attached.outcome()).state());
  }

  @Test
  void the_same_idempotency_key_at_two_fronts_is_one_task() {
    TaskHandle<String> first = NODES.get(0).submit(WHERE.task("?").idempotencyKey("once"));
    TaskHandle<String> second = NODES.get(1).submit(WHERE.task("?").idempotencyKey("once"));

    assertEquals(first.await(SOON), second.await(SOON));
    assertEquals(get(first.accepted()), get(second.accepted()));
  }

  @Test
  void the_same_idempotency_key_at_another_front_for_other_content_is_refused() {
    NODES.get(0).submit(WHERE.task("x").idempotencyKey("other content")).await(SOON);

    for (TaskHandle<?> repeat :
        List.of(
            NODES.get(1).submit(WHERE.task("y").idempotencyKey("other content")),
            NODES.get(2).submit(COPY.task(new byte[] {'x'}).idempotencyKey("other content")))) {
      TaskRefused refused = assertThrows(TaskRefused.class, () -> repeat.await(SOON));
      assertEquals(TaskRefused.Reason.CONFLICT, refused.reason());
    }
  }

  @Test
  void every_front_is_ready_and_sees_all_nodes_and_types() {
    NODES.forEach(front -> front.submit(WHERE.task("?")).await(SOON));
    for (Dispatcher front : NODES) {
      assertEquals(new Readiness(true, "ready"), front.readiness());
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                ClusterView view = front.view().toCompletableFuture().join();
                assertTrue(view.complete(), view.toString());
                List<ClusterView.NodeView> up =
                    view.nodes().stream().filter(node -> node.state().equals("up")).toList();
                assertEquals(
                    List.of("node-0", "node-1", "node-2"),
                    up.stream().map(ClusterView.NodeView::name).toList());
                for (ClusterView.NodeView node : up) {
                  assertEquals(List.of("store", "front", "worker"), node.roles());
                  assertTrue(node.ready() && node.slots() > 0, node.toString());
                }
                ClusterView.TypeView type =
                    view.types().stream()
                        .filter(each -> each.name().equals("where"))
                        .findFirst()
                        .orElseThrow();
                assertEquals(List.of("node-0", "node-1", "node-2"), type.nodes());
                assertTrue(type.succeeded() >= 3, type.toString());
                assertEquals(type.succeeded(), type.total().count());
              });
    }
  }

  @Test
  void a_worker_that_leaves_on_purpose_gives_back_what_it_has_not_started() {
    CountDownLatch never = new CountDownLatch(1);
    TaskType<String, String> type = TaskType.of("leaving", text(), text()).timeLimit(ofSeconds(60));
    RecordingListener listener = new RecordingListener();
    Dispatcher leaving =
        Dispatcher.builder()
            .pool("default", 1)
            .handle(
                type,
                (words, ctx) -> {
                  never.await();
                  return "leaver";
                })
            .cluster(VertxCluster.join(options("leaver").port(0).roles(Role.WORKER).build()))
            .start();
    Dispatcher front =
        Dispatcher.builder()
            .listener(listener)
            .cluster(VertxCluster.join(options("front").port(0).roles(Role.FRONT).build()))
            .start();
    try {
      List<TaskHandle<String>> handles =
          front.submitAll(IntStream.range(0, 3).mapToObj(i -> type.task("x")).toList());
      await().atMost(SOON).until(() -> leaving.stats().started() == 1);
      CompletableFuture<Void> left = CompletableFuture.runAsync(() -> leaving.close(ofMillis(300)));
      Dispatcher next =
          Dispatcher.builder()
              .handle(type, (words, ctx) -> "next")
              .cluster(VertxCluster.join(options("next").port(0).roles(Role.WORKER).build()))
              .start();
      try {
        handles.forEach(handle -> assertEquals("next", handle.await(SOON)));
        get(left);
        await().until(() -> listener.heard("left leaver"));
      } finally {
        next.close(Duration.ZERO);
      }
    } finally {
      never.countDown();
      front.close(Duration.ZERO);
      leaving.close(Duration.ZERO);
    }
  }

  @Test
  void a_node_that_leaves_takes_nothing_from_other_fronts_while_its_own_tasks_end()
      throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    TaskType<String, String> type = TaskType.of("draining", text(), text());
    Dispatcher leaving =
        Dispatcher.builder()
            .pool("default", 1)
            .handle(
                type,
                (words, ctx) -> {
                  release.await();
                  return "leaver";
                })
            .cluster(
                VertxCluster.join(
                    options("drainer").port(0).roles(Role.FRONT, Role.WORKER).build()))
            .start();
    try {
      Dispatcher front = NODES.get(0);
      List<TaskHandle<String>> handles =
          front.submitAll(IntStream.range(0, 3).mapToObj(i -> type.task("x")).toList());
      TaskHandle<String> own =
          leaving.submit(type.task("x").notBefore(Instant.now().plusSeconds(3600)));
      own.accepted().toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
      await().atMost(SOON).until(() -> leaving.stats().started() == 1);
      Thread closing = new Thread(() -> leaving.close(Duration.ofMinutes(5)));
      closing.start();
      Dispatcher next =
          Dispatcher.builder()
              .handle(type, (words, ctx) -> "next")
              .cluster(VertxCluster.join(options("next").port(0).roles(Role.WORKER).build()))
              .start();
      try {
        // It runs one, and goes on until its own task has ended; the others need not wait for it.
        await()
            .atMost(SOON)
            .until(
                () ->
                    handles.stream()
                            .filter(handle -> handle.outcome().toCompletableFuture().isDone())
                            .count()
                        == 2);
        assertTrue(closing.isAlive());
        release.countDown();
        List<String> where = handles.stream().map(handle -> handle.await(SOON)).sorted().toList();
        assertEquals(List.of("leaver", "next", "next"), where);
        closing.interrupt();
        closing.join(SOON.toMillis());
        assertFalse(closing.isAlive());
        assertThrows(DispatcherClosed.class, () -> own.await(SOON));
      } finally {
        next.close(Duration.ZERO);
      }
    } finally {
      release.countDown();
      leaving.close(Duration.ZERO);
    }
  }
}
