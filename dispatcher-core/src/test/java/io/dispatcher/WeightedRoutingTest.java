package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Role;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What weights, slow starts and zones make of whole nodes, in virtual time. */
class WeightedRoutingTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes = new SimNodes();
  private final Map<String, Integer> ran = new TreeMap<>();
  private final Map<String, Long> millis = new TreeMap<>();

  /** Two of five tasks fail there at once. */
  private String failing = "";

  private record Due(long at, CompletableFuture<String> promise) {}

  private final List<Due> due = new ArrayList<>();

  private Dispatcher start(String name, UnaryOperator<Dispatcher.Builder> how) {
    return nodes.start(
        name,
        builder ->
            how.apply(builder)
                .handleAsync(
                    WORK,
                    (words, ctx) -> {
                      ran.merge(ctx.node(), 1, Integer::sum);
                      CompletableFuture<String> promise = new CompletableFuture<>();
                      if (ctx.node().equals(failing) && ran.get(failing) % 5 < 2) {
                        promise.completeExceptionally(new IllegalStateException("on purpose"));
                        return promise;
                      }
                      long takes = millis.getOrDefault(ctx.node(), 20L);
                      due.add(new Due(nodes.millis() + takes, promise));
                      return promise;
                    }));
  }

  private Dispatcher three(UnaryOperator<Dispatcher.Builder> how) {
    nodes
        .founder("a", STORE, FRONT, WORKER)
        .founder("b", STORE, WORKER)
        .founder("c", STORE, WORKER)
        .founded();
    Dispatcher front = start("a", how);
    start("b", how);
    start("c", how);
    nodes.met();
    return front;
  }

  /** So many tasks, at an easy pace; how many of them ran on a node. */
  private int share(Dispatcher front, String node, int tasks) {
    return share(front, node, tasks, 3, WORK.task("x"));
  }

  private int share(
      Dispatcher front, String node, int tasks, int outstanding, Task<String, String> task) {
    ran.clear();
    List<TaskHandle<String>> open = new ArrayList<>();
    for (int begun = 0; begun < tasks || !open.isEmpty(); ) {
      if (begun < tasks && open.size() < outstanding) {
        open.add(front.submit(task));
        begun++;
      }
      nodes.pass(5);
      for (Due each : List.copyOf(due)) {
        if (nodes.millis() >= each.at()) {
          due.remove(each);
          each.promise().complete("done");
        }
      }
      open.removeIf(nodes::done);
    }
    return ran.getOrDefault(node, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "random",
        "round-robin",
        "weighted",
        "least-requests",
        "least-connections",
        "power-of-two",
        "latency",
        "consistent-hash"
      })
  void a_node_of_weight_0_takes_no_new_tasks(String balancer) {
    nodes
        .founder("a", STORE, FRONT, WORKER)
        .founder("b", STORE, WORKER)
        .founder("c", STORE)
        .founded();
    Dispatcher front = start("a", builder -> builder.balancer(balancer).weight(3));
    start("b", builder -> builder.weight(0));
    nodes.start("c", builder -> builder);
    nodes.met();
    assertEquals(0, share(front, "b", 40));
    assertEquals(40, ran.get("a"));
    List<TaskHandle<String>> keyed = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      keyed.add(front.submit(WORK.task("x").key("k" + i)));
    }
    share(front, "b", 5);
    nodes.until(() -> ran.getOrDefault("a", 0) > 5);
    assertEquals(null, ran.get("b"));
    assertEquals(40, keyed.size());
  }

  @Test
  void with_nobody_but_weight_0_a_task_waits_and_says_so() {
    Dispatcher front = three(builder -> builder.weight(0));
    TaskHandle<String> handle = front.submit(WORK.task("x"));
    TaskStatus status = nodes.get(front.find(nodes.get(handle.accepted()))).orElseThrow();
    assertEquals(WaitingReason.ALL_FULL, status.waiting());
    assertEquals("no node with a handler for work takes a task: 3 weight 0", status.why());
  }

  @Test
  void weights_that_are_none_are_refused() {
    Dispatcher.Builder builder = Dispatcher.builder();
    for (double weight : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY, 1e7}) {
      assertThrows(IllegalArgumentException.class, () -> builder.weight(weight));
    }
    assertThrows(IllegalArgumentException.class, () -> builder.slowStart(Duration.ofSeconds(-1)));
    assertThrows(IllegalArgumentException.class, () -> builder.slowStart(Duration.ofHours(2)));
  }

  @Test
  void a_worker_that_joins_gets_its_share_little_by_little() {
    Dispatcher front = three(builder -> builder.balancer("weighted"));
    assertEquals(100, share(front, "c", 300), 3);
    // A worker is new until some time after its first task.
    nodes.pass(40_000);
    nodes.joiner("d", Role.WORKER);
    start("d", builder -> builder);
    nodes.pass(2_000);
    int first = share(front, "d", 300);
    assertTrue(first <= 20, () -> "at first, of 300: " + ran);
    assertTrue(first >= 5, () -> "at first, of 300: " + ran);
    nodes.pass(30_000);
    assertEquals(75, share(front, "d", 300), 3);
  }

  /** All fronts must agree on a key's worker, and each knows something else of a newcomer. */
  @Test
  void a_key_stays_on_its_worker_however_warm_that_is() {
    Dispatcher front = three(builder -> builder);
    share(front, "c", 60);
    nodes.pass(40_000);
    nodes.joiner("d", Role.WORKER);
    start("d", builder -> builder);
    nodes.pass(2_000);
    List<String> cold = new ArrayList<>();
    for (int k = 0; k < 60; k++) {
      cold.add(where(front, "key-" + k));
    }
    long ofNewcomer = cold.stream().filter("d"::equals).count();
    assertTrue(ofNewcomer >= 8, () -> "its part of 60: " + cold);
    for (int round = 0; round < 4; round++) {
      nodes.pass(10_000);
      for (int k = 0; k < 60; k++) {
        assertEquals(cold.get(k), where(front, "key-" + k));
      }
    }
  }

  private String where(Dispatcher front, String key) {
    ran.clear();
    TaskHandle<String> handle = front.submit(WORK.task("x").key(key));
    nodes.until(() -> !due.isEmpty());
    due.remove(0).promise().complete("done");
    nodes.get(handle.outcome());
    return ran.keySet().iterator().next();
  }

  @Test
  void without_a_slow_start_it_gets_its_share_at_once() {
    Dispatcher front = three(builder -> builder.balancer("weighted").slowStart(Duration.ZERO));
    nodes.pass(40_000);
    nodes.joiner("d", Role.WORKER);
    start("d", builder -> builder);
    nodes.pass(2_000);
    assertEquals(75, share(front, "d", 300), 3);
  }

  @Test
  void measured_weights_follow_the_speed() {
    millis.put("c", 80L);
    Dispatcher front = three(builder -> builder.balancer("weighted").measuredWeights(true));
    assertEquals(100, share(front, "c", 300), 3, "what they do at first says nothing");
    nodes.pass(10_000);
    share(front, "c", 300);
    nodes.pass(2_000);
    // At a quarter of the speed of the others: 1 of 9.
    assertEquals(300 / 9, share(front, "c", 300), 6);
    millis.remove("c");
    share(front, "c", 800);
    nodes.pass(20_000);
    share(front, "c", 100);
    nodes.pass(2_000);
    assertEquals(100, share(front, "c", 300), 10, "it is as fast as the others again");
  }

  /** What fails at once takes no time, which is no speed. */
  @Test
  void measured_weights_do_not_take_failing_for_speed() {
    failing = "c";
    Dispatcher front = three(builder -> builder.balancer("weighted").measuredWeights(true));
    share(front, "c", 300);
    nodes.pass(10_000);
    share(front, "c", 300);
    nodes.pass(2_000);
    int starts = share(front, "c", 300);
    assertEquals(ran.get("a"), starts, 20, () -> "starts: " + ran);
  }

  /** Too seldom for it to be ejected, and it has less to do than others at any time. */
  @ParameterizedTest
  @ValueSource(strings = {"least-requests", "power-of-two"})
  void a_node_on_which_some_fail_at_once_does_not_attract_work(String balancer) {
    failing = "c";
    Dispatcher front = three(builder -> builder.balancer(balancer));
    share(front, "c", 300, 5, WORK.task("x").retries(0));
    int starts = share(front, "c", 600, 5, WORK.task("x").retries(0));
    int all = ran.values().stream().mapToInt(count -> count).sum();
    assertTrue(starts <= 1.05 * all / 3, () -> "starts: " + ran);
    assertEquals(0, front.figures().ejections());
  }

  @Test
  void configured_weights_do_not() {
    millis.put("c", 80L);
    Dispatcher front = three(builder -> builder.balancer("weighted"));
    share(front, "c", 300);
    nodes.pass(2_000);
    assertEquals(100, share(front, "c", 300), 3);
  }

  // ---------------------------------------------------------------- zones

  private Dispatcher zones(String... zones) {
    nodes.placed("a", "eu-1", Set.of(), STORE, FRONT).placed("b", "eu-2", Set.of(), STORE, FRONT);
    nodes.placed("s", "eu-1", Set.of(), STORE).founded();
    Dispatcher front = nodes.start("a", builder -> builder.slowStart(Duration.ZERO));
    nodes.start("b", builder -> builder);
    nodes.start("s", builder -> builder);
    for (int i = 0; i < zones.length; i++) {
      nodes.placed("w" + i, zones[i], Set.of(), Role.WORKER);
      start("w" + i, builder -> builder);
    }
    nodes.met();
    nodes.pass(2_000);
    return front;
  }

  @Test
  void tasks_stay_in_the_zone_of_their_front_while_it_has_room() {
    Dispatcher front = zones("eu-1", "eu-1", "eu-1", "eu-2", "eu-2", "eu-2");
    share(front, "w0", 100);
    assertEquals(Set.of("w0", "w1", "w2"), ran.keySet());
    assertEquals("in another zone", excluded(front, "w5"));

    List<TaskHandle<String>> many = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      many.add(front.submit(WORK.task("x")));
    }
    nodes.pass(200);
    assertEquals(6, ran.size(), () -> "where it is full the others help: " + ran);
  }

  @Test
  void with_few_workers_or_somebody_without_a_zone_all_are_the_same() {
    Dispatcher front = zones("eu-1", "eu-1", "eu-2", "eu-2", "eu-2");
    share(front, "w0", 100);
    assertEquals(5, ran.size());
  }

  private String excluded(Dispatcher front, String node) {
    TaskHandle<String> handle = front.submit(WORK.task("x").explain());
    return nodes
        .get(front.find(nodes.get(handle.accepted())))
        .orElseThrow()
        .placement()
        .candidates()
        .stream()
        .filter(each -> each.node().equals(node))
        .findFirst()
        .orElseThrow()
        .excluded();
  }
}
