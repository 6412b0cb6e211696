package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Role;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tasks go where their labels are, and say why they are where they are. */
class PlacementTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final TaskType<String, String> PAIRS = TaskType.of("pairs", text(), text());
  private static final TaskType<String, String> OTHER = TaskType.of("other", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .placed("b", "eu-1", Set.of("gpu"), STORE, FRONT, WORKER)
          .placed("c", null, Set.of("gpu", "disk:ssd"), STORE, WORKER)
          .founded();

  private record Running(String node, String words, CompletableFuture<String> promise) {}

  private final List<Running> running = new ArrayList<>();
  private final Map<String, Integer> ran = new TreeMap<>();
  private final Dispatcher a = start("a");
  private final Dispatcher b = start("b");

  PlacementTest() {
    start("c");
    nodes.met();
  }

  /** Words that begin with "hold" run until they are told to end. */
  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder
                .declare("declared", TaskOptions.NONE)
                .balancer("pairs", "power-of-two")
                .handleAsync(PAIRS, (words, ctx) -> new CompletableFuture<>())
                .handleAsync(
                    WORK,
                    (words, ctx) -> {
                      ran.merge(ctx.node(), 1, Integer::sum);
                      CompletableFuture<String> promise = new CompletableFuture<>();
                      if (words.startsWith("hold")) {
                        running.add(new Running(ctx.node(), words, promise));
                      } else {
                        promise.complete(ctx.node());
                      }
                      return promise;
                    }));
  }

  private TaskStatus status(Dispatcher at, TaskHandle<?> handle) {
    return nodes.get(at.find(nodes.get(handle.accepted()))).orElseThrow();
  }

  private Placement placement(Dispatcher at, TaskHandle<?> handle) {
    Placement placement = status(at, handle).placement();
    assertNotNull(placement);
    return placement;
  }

  private static Candidate candidate(Placement placement, String node) {
    return placement.candidates().stream()
        .filter(each -> each.node().equals(node))
        .findFirst()
        .orElseThrow();
  }

  private List<TaskHandle<String>> submit(int count, Task<String, String> task) {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(a.submit(task));
    }
    return handles;
  }

  /** Each with a key of its own, so that they are spread. */
  private List<TaskHandle<String>> keyed(int count, Task<String, String> task) {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(a.submit(task.key("k" + i)));
    }
    return handles;
  }

  private Set<String> results(List<TaskHandle<String>> handles) {
    return handles.stream().map(each -> nodes.get(each.result())).collect(Collectors.toSet());
  }

  // ---------------------------------------------------------------- labels

  @Test
  void tasks_run_only_where_all_their_labels_are() {
    List<TaskHandle<String>> gpu = submit(30, WORK.task("x").requires("gpu"));
    List<TaskHandle<String>> both = submit(10, WORK.task("x").requires("disk:ssd", "gpu"));
    assertEquals(Set.of("b", "c"), results(gpu));
    assertEquals(Set.of("c"), results(both));
    assertEquals(Set.of("a", "b", "c"), results(keyed(30, WORK.task("x"))));
    assertEquals(Set.of("b", "c"), results(keyed(30, WORK.task("x").requires("gpu"))));
  }

  @Test
  void the_labels_of_a_type_hold_unless_the_task_has_its_own() {
    TaskType<String, String> onC = WORK.requires("disk:ssd");
    assertEquals(Set.of("c"), results(submit(10, onC.task("x"))));
    assertEquals(Set.of("a", "b", "c"), results(keyed(30, onC.task("x").requires())));
  }

  @Test
  void what_no_node_can_run_says_why_and_holds_up_nobody() {
    TaskHandle<String> tpu = a.submit(WORK.task("x").requires("tpu", "gpu"));
    TaskStatus status = status(a, tpu);
    assertEquals(WaitingReason.NO_LABEL, status.waiting());
    assertEquals("no node with a handler for work has label tpu", status.why());
    assertEquals(status, status(b, tpu), "the other front says the same");
    nodes.get(a.submit(WORK.task("x").priority(9)).result());
    assertEquals(TaskState.WAITING, status(a, tpu).state());

    TaskHandle<String> none = a.submit(TaskType.of("declared", text(), text()).task("x"));
    nodes.get(none.accepted());
    assertEquals(WaitingReason.NO_HANDLER, status(a, none).waiting());
    assertEquals("no node has a handler for declared", status(a, none).why());

    ClusterView view = nodes.get(a.view());
    Map<String, Map<String, Long>> reasons = new TreeMap<>();
    view.types().forEach(type -> reasons.put(type.name(), type.reasons()));
    assertEquals(Map.of("no-label", 1L), reasons.get("work"));
    assertEquals(Map.of("no-handler", 1L), reasons.get("declared"));

    nodes.placed("d", null, Set.of("tpu", "gpu"), Role.WORKER);
    start("d");
    assertEquals("d", nodes.get(tpu.result()));
  }

  @Test
  void labels_that_no_node_has_together_are_told_together() {
    nodes.placed("d", null, Set.of("tpu"), Role.WORKER);
    start("d");
    nodes.pass(1_000);
    TaskHandle<String> handle = a.submit(WORK.task("x").requires("tpu", "gpu"));
    assertEquals(
        "no node with a handler for work has labels gpu, tpu together", status(a, handle).why());
  }

  @Test
  void full_nodes_are_counted() {
    submit(60, WORK.task("hold"));
    TaskHandle<String> last = a.submit(WORK.task("hold").requires("disk:ssd"));
    nodes.pass(100);
    TaskStatus status = status(b, last);
    assertEquals(WaitingReason.ALL_FULL, status.waiting());
    assertEquals(
        "no node with a handler for work and label disk:ssd takes a task: 1 full", status.why());
    assertNull(status.placement(), "it did not ask");
  }

  @Test
  void what_waits_for_its_time_says_so() {
    TaskHandle<String> handle =
        a.submit(WORK.task("x").notBefore(Instant.ofEpochMilli(nodes.wallMillis() + 3_600_000)));
    TaskStatus status = status(a, handle);
    assertEquals(WaitingReason.DELAYED, status.waiting());
    assertTrue(status.why().startsWith("it is not to start before "), status.why());
  }

  /** Each in a line of its own, and whoever came first goes first. */
  @Test
  void a_flood_without_labels_does_not_starve_those_with() {
    submit(200, WORK.task("hold"));
    nodes.pass(100);
    List<TaskHandle<String>> few = submit(10, WORK.task("hold few").requires("disk:ssd"));
    few.forEach(handle -> nodes.get(handle.accepted()));
    nodes.pass(100);
    List<TaskHandle<String>> flood = submit(400, WORK.task("hold"));
    for (int ended = 0; few.stream().anyMatch(handle -> !nodes.done(handle)); ended++) {
      assertTrue(ended < 200, "they have to wait for the flood");
      List.copyOf(running).forEach(each -> each.promise().complete(each.node()));
      running.clear();
      nodes.pass(20);
    }
    assertTrue(flood.stream().filter(handle -> !nodes.done(handle)).count() > 300);
    assertEquals(Set.of("c"), results(few));
  }

  // ---------------------------------------------------------------- why there?

  @Test
  void a_task_that_asks_is_told_who_was_looked_at() {
    nodes.joiner("w", Role.WORKER);
    nodes.start("w", builder -> builder.handle(OTHER, (words, ctx) -> words));
    nodes.pass(1_000);
    TaskHandle<String> handle = a.submit(WORK.task("hold").requires("gpu").explain());
    nodes.until(() -> running.size() == 1);

    Placement placement = placement(a, handle);

    assertEquals("least-requests", placement.balancer());
    assertEquals("the lowest (load + 1) / weight; ties at random", placement.rule());
    assertEquals(running.get(0).node(), placement.node());
    assertEquals(1, placement.attempt());
    assertEquals(0, placement.omitted());
    assertEquals(
        List.of("b", "c", "a", "w"),
        placement.candidates().stream().map(Candidate::node).toList(),
        "who could have had it first");
    assertEquals(new Candidate("b", "eu-1", 0, 2, 2, 0, 0, false, null), candidate(placement, "b"));
    assertEquals("no label gpu", candidate(placement, "a").excluded());
    assertEquals("no handler for work", candidate(placement, "w").excluded());
    assertEquals(placement, placement(b, handle), "the other front says the same");

    running.get(0).promise().complete("done");
    nodes.get(handle.outcome());
    assertEquals(placement, placement(a, handle), "and so they do when it has ended");
    assertEquals(placement, placement(b, handle));
    assertNull(status(a, a.submit(WORK.task("x"))).placement(), "only those that ask");
  }

  @Test
  void a_rule_that_compares_a_sample_tells_whom_it_drew() {
    Set<Set<String>> samples = new HashSet<>();
    Set<String> passed = new TreeSet<>();
    for (int k = 0; k < 20; k++) {
      TaskHandle<String> handle = a.submit(PAIRS.task("x").explain());
      nodes.get(handle.accepted());
      nodes.pass(20);
      Placement placement = placement(a, handle);
      assertEquals(placement, placement(b, handle), "the other front says the same");
      assertNotNull(placement.node());
      if (placement.candidates().stream().filter(each -> each.excluded() == null).count() < 3) {
        // They get full, and of one there is nothing to draw.
        break;
      }
      assertTrue(placement.sampled());
      Map<String, Long> drawn =
          placement.candidates().stream()
              .filter(Candidate::drawn)
              .collect(Collectors.toMap(Candidate::node, Candidate::load));
      assertEquals(2, drawn.size(), placement::toString);
      assertEquals(Collections.min(drawn.values()), drawn.get(placement.node()), drawn::toString);
      samples.add(drawn.keySet());
      placement.candidates().stream()
          .filter(each -> !each.drawn() && each.load() < drawn.get(placement.node()))
          .forEach(each -> passed.add(each.node()));
    }
    assertEquals(3, samples.size(), samples::toString);
    assertFalse(passed.isEmpty(), "the idlest was not always among them, and that is shown");
    TaskHandle<String> all = a.submit(WORK.task("hold").explain());
    nodes.get(all.accepted());
    nodes.pass(20);
    assertFalse(placement(a, all).sampled(), "this one compares everybody");
  }

  @Test
  void each_of_a_batch_sees_those_before_it() {
    List<TaskHandle<String>> handles = submit(6, WORK.task("hold").explain());
    nodes.until(() -> running.size() == 6);
    List<Long> loads = new ArrayList<>();
    for (TaskHandle<String> handle : handles) {
      Placement placement = placement(a, handle);
      loads.add(candidate(placement, placement.node()).load());
    }
    assertEquals(List.of(0L, 0L, 0L, 1L, 1L, 1L), loads);
  }

  @Test
  void a_key_tells_its_order_of_preference() {
    TaskHandle<String> first = a.submit(WORK.task("hold").key("user-42").explain());
    nodes.until(() -> running.size() == 1);
    Placement placement = placement(a, first);
    assertEquals("consistent-hash", placement.balancer());
    assertEquals(placement.node(), placement.candidates().get(0).node());
    List<String> order = placement.candidates().stream().map(Candidate::node).toList();

    nodes.leave(order.get(0).equals("a") ? "c" : order.get(0));
    nodes.pass(2_000);
    List<String> left = new ArrayList<>(order);
    left.remove(order.get(0).equals("a") ? "c" : order.get(0));
    Placement later = placement(a, a.submit(WORK.task("x").key("user-42").explain()));
    assertEquals(left, later.candidates().stream().map(Candidate::node).toList());
    assertEquals(left.get(0), later.node());
  }

  /** Two slots each, and one key: the bound is the slots, or half above the mean. */
  @Test
  void a_key_tells_why_it_left_its_first_worker() {
    List<String> order = new ArrayList<>();
    for (int load = 0; load < 2; load++) {
      Placement placement = held();
      order = placement.candidates().stream().map(Candidate::node).toList();
      assertEquals(order.get(0), placement.node());
      assertNull(candidate(placement, order.get(0)).excluded());
    }
    Placement third = held();
    assertEquals(order.get(1), third.node());
    assertEquals(2, candidate(third, order.get(0)).load());
    assertEquals(
        "over its bound of 2: 1.5 × the mean load of 1.0",
        candidate(third, order.get(0)).excluded());
    assertNull(candidate(third, order.get(1)).excluded());
    assertNull(candidate(third, order.get(2)).excluded());
    Set<String> reasons = new TreeSet<>();
    for (int load = 3; load < 12; load++) {
      Placement placement = held();
      String chosen = placement.node();
      assertNotNull(chosen);
      assertNull(candidate(placement, chosen).excluded());
      for (String before : order.subList(0, order.indexOf(chosen))) {
        String why = candidate(placement, before).excluded();
        assertNotNull(why, () -> before + " was passed over: " + placement);
        boolean bound = why.startsWith("over its bound of ");
        assertTrue(bound || why.equals("full") || why.startsWith("no free slot"), why);
        reasons.add(why.split(" ")[0]);
      }
    }
    assertTrue(reasons.contains("over"), reasons::toString);
  }

  private Placement held() {
    TaskHandle<String> handle = a.submit(WORK.task("hold").key("user-42").explain());
    nodes.get(handle.accepted());
    nodes.pass(50);
    return placement(a, handle);
  }

  @Test
  void a_task_that_waits_is_told_who_is_full() {
    submit(60, WORK.task("hold"));
    TaskHandle<String> last = a.submit(WORK.task("hold").explain());
    nodes.pass(100);
    Placement placement = placement(b, last);
    assertNull(placement.node());
    assertEquals(
        List.of("full", "full", "full"),
        placement.candidates().stream().map(Candidate::excluded).toList());
  }

  /** A dead front takes its memory along; who adopts says why the next attempt is where it is. */
  @Test
  void after_the_death_of_its_worker_the_new_place_is_told() {
    TaskHandle<String> handle = a.submit(WORK.task("hold").requires("disk:ssd").explain());
    TaskHandle<String> other = a.submit(WORK.task("hold").key("k").explain());
    nodes.until(() -> running.size() == 2);
    assertEquals("c", placement(a, handle).node());
    running.clear();
    nodes.leave("c");
    nodes.until(() -> status(a, handle).waiting() == WaitingReason.NO_LABEL);
    assertNull(placement(a, handle).node());
    assertEquals("no label disk:ssd", candidate(placement(a, handle), "b").excluded());
    assertNotNull(status(a, other).placement());
  }

  @Test
  void of_many_workers_the_chosen_one_and_as_many_as_may_be_are_told() {
    for (int i = 0; i < 40; i++) {
      String name = "w" + i;
      nodes.placed(name, null, i == 39 ? Set.of("tpu") : Set.of(), Role.WORKER);
      start(name);
    }
    nodes.pass(1_000);
    Placement placement = placement(a, a.submit(WORK.task("hold").requires("tpu").explain()));
    assertEquals("w39", placement.node());
    assertEquals(Placement.MAX_CANDIDATES, placement.candidates().size());
    assertEquals(43 - Placement.MAX_CANDIDATES, placement.omitted());
    assertNull(candidate(placement, "w39").excluded());
  }

  @Test
  void the_retry_of_a_dead_letter_keeps_its_labels() {
    TaskHandle<String> handle = a.submit(WORK.task("hold").requires("disk:ssd").retries(0));
    nodes.until(() -> running.size() == 1);
    running.remove(0).promise().completeExceptionally(new IllegalStateException("on purpose"));
    nodes.get(handle.outcome());
    nodes.pass(2_000);
    Optional<TaskId> again =
        nodes.get(a.deadLetters().retry(handle.accepted().toCompletableFuture().join()));
    assertTrue(again.isPresent());
    nodes.until(() -> running.size() == 1);
    assertEquals("c", running.get(0).node());
  }
}
