package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.FakeWorkers;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node on which tasks fail at once has always the least to do. */
class EjectionTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, WORKER)
          .founder("broken", STORE, WORKER)
          .founded();
  private final Map<String, Integer> ran = new HashMap<>();
  private final List<Runnable> ends = new ArrayList<>();
  private boolean repaired;

  private Dispatcher start(String balancer, String name) {
    return start(balancer, name, builder -> builder);
  }

  private Dispatcher start(String balancer, String name, UnaryOperator<Dispatcher.Builder> how) {
    return nodes.start(
        name,
        builder ->
            how.apply(builder)
                .balancer(balancer)
                .handleAsync(
                    WORK,
                    (words, ctx) -> {
                      ran.merge(ctx.node(), 1, Integer::sum);
                      CompletableFuture<String> result = new CompletableFuture<>();
                      boolean fails = words.equals("bad") || ctx.node().equals("broken");
                      if (fails && !repaired) {
                        result.completeExceptionally(new IllegalStateException("on purpose"));
                      } else {
                        long due = nodes.millis() + 20;
                        ends.add(
                            () -> {
                              if (nodes.millis() >= due) {
                                result.complete(words);
                              }
                            });
                      }
                      return result;
                    }));
  }

  private Dispatcher startAll(String balancer) {
    Dispatcher front = start(balancer, "a");
    start(balancer, "b");
    start(balancer, "broken");
    nodes.met();
    return front;
  }

  /** Keeps so many tasks in the system, for a while. */
  private void run(Dispatcher front, String words, int tasks) {
    List<TaskHandle<String>> open = new ArrayList<>();
    for (int begun = 0; begun < tasks || !open.isEmpty(); ) {
      while (begun < tasks && open.size() < 6) {
        open.add(front.submit(WORK.task(words).retries(3)));
        begun++;
      }
      nodes.pass(5);
      List.copyOf(ends).forEach(Runnable::run);
      open.removeIf(handle -> handle.outcome().toCompletableFuture().isDone());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"least-requests", "power-of-two", "round-robin", "weighted", "random"})
  void a_node_that_fails_fast_does_not_attract_work(String balancer) {
    Dispatcher front = startAll(balancer);
    run(front, "good", 300);
    int broken = ran.getOrDefault("broken", 0);
    assertTrue(broken <= 20, () -> "its part of 300: " + ran);
    assertTrue(broken >= 5, "it was tried");
  }

  @Test
  void once_repaired_it_gets_its_share_again() {
    Dispatcher front = startAll("least-requests");
    run(front, "good", 100);
    repaired = true;
    run(front, "good", 1_000);
    // It is let in slowly.
    nodes.pass(31_000);
    ran.clear();
    run(front, "good", 300);
    assertTrue(ran.getOrDefault("broken", 0) >= 70, () -> "its part of 300: " + ran);
  }

  /** What may be tried once only is not to try a worker. */
  @Test
  void a_task_without_retries_is_no_probe() {
    Dispatcher front = startAll("least-requests");
    nodes.pass(35_000);
    run(front, "good", 300);
    // Long enough for it to be tried again and not to be new, not so long that anybody may try it.
    nodes.pass(40_000);
    ran.clear();
    TaskHandle<String> careful = front.submit(WORK.task("good").retries(0));
    nodes.pass(50);
    List.copyOf(ends).forEach(Runnable::run);
    assertEquals("good", nodes.get(careful.result()));
    for (int k = 0; k < 20; k++) {
      run(front, "good", 1);
      nodes.pass(100);
    }
    assertEquals(1, ran.get("broken"), "it is tried by others: " + ran);
  }

  @Test
  void a_retry_goes_where_the_task_has_not_failed_yet() {
    Dispatcher front = startAll("least-requests");
    for (int k = 0; k < 8; k++) {
      nodes.pass(10_000);
      TaskHandle<String> bad = front.submit(WORK.task("bad").retries(2));
      nodes.pass(60_000);
      assertTrue(bad.outcome().toCompletableFuture().isDone());
    }
    assertEquals(Map.of("a", 8, "b", 8, "broken", 8), ran);
  }

  /** With none but such tasks it would stay ejected for ever. */
  @Test
  void when_nobody_else_has_tried_for_long_a_task_without_retries_does() {
    Dispatcher front = startAll("least-requests");
    run(front, "good", 300);
    repaired = true;
    nodes.pass(130_000);
    ran.clear();
    for (int k = 0; k < 30; k++) {
      TaskHandle<String> careful = front.submit(WORK.task("good").retries(0));
      nodes.pass(50);
      List.copyOf(ends).forEach(Runnable::run);
      assertEquals("good", nodes.get(careful.result()));
    }
    assertTrue(ran.getOrDefault("broken", 0) >= 3, () -> "it is let in again: " + ran);
  }

  @Test
  void a_key_is_not_tied_to_a_node_where_its_task_has_failed() {
    Dispatcher front = startAll("least-requests");
    FakeWorkers workers = FakeWorkers.of("a", "b", "broken");
    String key =
        IntStream.range(0, 100)
            .mapToObj(k -> "k" + k)
            .filter(each -> Balancers.preference(workers, Balancers.hash(each))[0] == 2)
            .findFirst()
            .orElseThrow();
    TaskHandle<String> handle = front.submit(WORK.task("good").key(key).retries(3));
    while (!nodes.done(handle)) {
      nodes.pass(50);
      List.copyOf(ends).forEach(Runnable::run);
    }
    assertEquals("good", nodes.get(handle.result()));
    int next = Balancers.preference(workers, Balancers.hash(key))[1];
    assertEquals(Map.of("broken", 1, workers.name(next), 1), ran, "the next in the key's order");
  }

  /** What it gives back as it leaves has not failed there. */
  @Test
  void a_node_that_leaves_is_not_ejected() {
    repaired = true;
    Dispatcher front = start("least-requests", "a");
    start("least-requests", "broken");
    Dispatcher leaving =
        start("least-requests", "b", builder -> builder.pool("default", 40, nodes.threads("b")));
    nodes.met();
    List<TaskHandle<String>> open = new ArrayList<>();
    for (int k = 0; k < 400; k++) {
      open.add(front.submit(WORK.task("good")));
    }
    nodes.pass(1_200);
    int before = ran.getOrDefault("b", 0);
    leaving.drain(Duration.ofSeconds(60));
    while (!open.isEmpty()) {
      nodes.pass(5);
      List.copyOf(ends).forEach(Runnable::run);
      open.removeIf(nodes::done);
    }
    assertTrue(before > 0, "it had some");
    assertEquals(0, front.figures().ejections());
  }

  /** It would be back with nothing to do, and silent again soon. */
  @Test
  void a_node_on_which_leases_lapse_is_ejected() {
    repaired = true;
    nodes.joiner("lame", WORKER);
    Dispatcher front = startAll("least-requests");
    start("least-requests", "lame", builder -> builder.pool("default", 8, nodes.threads("lame")));
    nodes.pass(35_000);
    List<TaskHandle<String>> open = new ArrayList<>();
    long frozenAt = nodes.millis() + 1_000;
    boolean frozen = false;
    for (long end = frozenAt + 4_500; nodes.millis() < end; ) {
      while (open.size() < 30) {
        open.add(front.submit(WORK.task("good")));
      }
      if (!frozen && nodes.millis() >= frozenAt) {
        frozen = true;
        nodes.world().freeze(nodes.peer("lame"), 6_000_000_000L);
      }
      nodes.pass(5);
      List.copyOf(ends).forEach(Runnable::run);
      open.removeIf(nodes::done);
    }
    assertEquals(Map.of("lame", List.of("work")), front.figures().ejected());
  }

  /** Nobody is to blame but the tasks. */
  @Test
  void tasks_that_fail_everywhere_eject_nobody() {
    Dispatcher front = startAll("least-requests");
    repaired = true;
    run(front, "good", 30);
    repaired = false;
    run(front, "bad", 100);
    repaired = true;
    ran.clear();
    run(front, "good", 300);
    for (String node : List.of("a", "b", "broken")) {
      assertTrue(ran.getOrDefault(node, 0) >= 50, () -> "parts of 300: " + ran);
    }
  }

  /** The panic of a front: a node that may fail is better than none. */
  @Test
  void with_most_nodes_silent_the_ejected_one_gets_work_again() {
    nodes.joiner("c", WORKER);
    Dispatcher front = startAll("least-requests");
    start("least-requests", "c");
    run(front, "good", 3_000);
    assertEquals(Map.of("broken", List.of("work")), front.figures().ejected());
    long before = front.figures().panics();
    ran.clear();
    run(front, "good", 30);
    assertEquals(0, ran.getOrDefault("broken", 0), "it is left alone");

    nodes.world().freeze(nodes.peer("b"), 2_800_000_000L);
    nodes.world().freeze(nodes.peer("c"), 2_800_000_000L);
    nodes.pass(1_800);
    ran.clear();
    run(front, "good", 20);

    assertTrue(ran.getOrDefault("broken", 0) > 0, () -> "one of four is left: " + ran);
    assertTrue(front.figures().panics() > before);
  }

  @Test
  void an_ejected_worker_is_shown() {
    Dispatcher front = startAll("least-requests");
    // Often enough for it to be left alone for long.
    run(front, "good", 3_000);
    nodes.pass(1_200);
    assertEquals(List.of("work"), node(front, "broken").ejected());
    assertEquals(List.of(), node(front, "b").ejected());
    assertEquals(Map.of("broken", List.of("work")), front.figures().ejected());
    assertTrue(front.figures().ejections() > 0);
    TaskHandle<String> why = front.submit(WORK.task("good").explain());
    Placement placement =
        nodes.get(front.find(nodes.get(why.accepted()))).orElseThrow().placement();
    assertEquals(
        List.of("broken ejected"),
        placement.candidates().stream()
            .filter(each -> each.excluded() != null)
            .map(each -> each.node() + " " + each.excluded())
            .toList());

    nodes.get(why.cancel());
    repaired = true;
    nodes.pass(90_000);
    run(front, "good", 1_000);
    nodes.pass(1_200);
    assertEquals(List.of(), node(front, "broken").ejected());
    assertEquals(Map.of(), front.figures().ejected());
  }

  private ClusterView.NodeView node(Dispatcher front, String name) {
    nodes.pass(300);
    return nodes.get(front.view()).nodes().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
