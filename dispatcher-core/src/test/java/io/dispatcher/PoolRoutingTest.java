package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.cluster.Message;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Placement.Candidate;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Of a worker with several pools, the one that runs a type counts, in virtual time. */
class PoolRoutingTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final TaskType<String, String> FETCH = TaskType.of("fetch", text(), text());
  private static final HandlerOptions IN_IO = HandlerOptions.DEFAULT.pool("io");

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE, WORKER)
          .founded();
  private final Map<String, Integer> ran = new TreeMap<>();

  /** Two slots for work, so many for fetching; nothing ends. */
  private Dispatcher start(String name, int io, UnaryOperator<Dispatcher.Builder> how) {
    return nodes.start(
        name,
        builder ->
            how.apply(builder)
                .pool("io", io, nodes.threads(name))
                .handleAsync(WORK, (words, ctx) -> begun(words + " " + ctx.node()))
                .handleAsync(FETCH, (words, ctx) -> begun(words + " " + ctx.node()), IN_IO));
  }

  private CompletableFuture<String> begun(String what) {
    ran.merge(what, 1, Integer::sum);
    return new CompletableFuture<>();
  }

  private Dispatcher three(String balancer) {
    Dispatcher front = start("a", 50, builder -> builder.balancer(balancer));
    start("b", 50, builder -> builder.balancer(balancer));
    start("c", 50, builder -> builder.balancer(balancer));
    nodes.met();
    return front;
  }

  private List<Candidate> candidates(Dispatcher front, TaskType<String, String> type, String key) {
    TaskHandle<String> asks =
        front.submit(
            key.isEmpty() ? type.task("asks").explain() : type.task("asks").key(key).explain());
    nodes.pass(20);
    return nodes.get(front.find(nodes.get(asks.accepted()))).orElseThrow().placement().candidates();
  }

  @Test
  void a_popular_key_stays_within_its_bound_however_large_the_other_pool_is() {
    Dispatcher front = three("least-requests");
    for (int k = 0; k < 60; k++) {
      front.submit(WORK.task("x").key("popular"));
    }
    nodes.pass(100);
    List<Long> loads =
        candidates(front, WORK, "popular").stream().map(Candidate::load).sorted().toList();
    // ceil(1.5 x 61 / 3) is 31.
    assertEquals(31, loads.get(2), 1, () -> "loads: " + loads);
  }

  @Test
  void tasks_in_another_pool_are_no_load() {
    Dispatcher front = three("least-requests");
    List<TaskHandle<String>> held = new ArrayList<>();
    for (int k = 0; k < 30; k++) {
      held.add(front.submit(FETCH.task("io").key("popular")));
    }
    nodes.pass(100);
    assertEquals(30, ran.values().iterator().next(), () -> "all on one node: " + ran);
    for (int k = 0; k < 6; k++) {
      front.submit(WORK.task("x"));
      nodes.pass(20);
    }
    ran.keySet().removeIf(what -> what.startsWith("io"));
    assertEquals(Map.of("x a", 2, "x b", 2, "x c", 2), ran);
    assertEquals(0, front.figures().drift());
    held.forEach(TaskHandle::cancel);
    nodes.until(() -> held.stream().allMatch(nodes::done));
    assertEquals(
        List.of(0L, 0L, 0L), candidates(front, FETCH, "").stream().map(Candidate::load).toList());
  }

  @Test
  void who_lacks_a_label_is_shown_with_the_load_of_that_pool_too() {
    nodes.placed("e", null, Set.of("gpu"), WORKER);
    Dispatcher front = start("a", 50, builder -> builder);
    start("e", 50, builder -> builder);
    nodes.met();
    for (int k = 0; k < 20; k++) {
      front.submit(FETCH.task("io"));
    }
    nodes.pass(100);
    TaskHandle<String> asks = front.submit(WORK.task("asks").requires("gpu").explain());
    nodes.pass(20);
    Candidate unfit =
        nodes
            .get(front.find(nodes.get(asks.accepted())))
            .orElseThrow()
            .placement()
            .candidates()
            .stream()
            .filter(each -> each.node().equals("a"))
            .findAny()
            .orElseThrow();
    assertEquals("no label gpu", unfit.excluded());
    assertEquals(2, unfit.slots());
    assertEquals(0, unfit.load());
  }

  @Test
  void a_weight_by_default_is_the_slots_of_the_pool_that_runs_the_type() {
    Dispatcher front = start("a", 6, builder -> builder);
    start("b", 50, builder -> builder);
    start("c", 6, builder -> builder.weight(8));
    nodes.met();
    assertEquals(List.of(2.0, 2.0, 8.0), weights(front, WORK));
    assertEquals(List.of(6.0, 50.0, 8.0), weights(front, FETCH));
    assertEquals(
        List.of(2, 2, 2), candidates(front, WORK, "").stream().map(Candidate::slots).toList());
    assertEquals(
        List.of(6, 50, 6), candidates(front, FETCH, "").stream().map(Candidate::slots).toList());
  }

  private List<Double> weights(Dispatcher front, TaskType<String, String> type) {
    return candidates(front, type, "").stream().map(Candidate::weight).toList();
  }

  @Test
  void what_a_worker_has_of_other_fronts_belongs_to_its_pools_by_their_slots() {
    WorkerView view = new WorkerView(null, null, 0);
    view.offers(
        new Message.Offer(
            List.of(
                new Message.Offered("work", "default", 8, 0),
                new Message.Offered("fetch", "io", 24, 0)),
            32,
            null,
            false));
    view.room(new Message.Room(100, 40, 8), 0);
    assertEquals(8, view.pool("work").others());
    assertEquals(24, view.pool("fetch").others());
  }
}
