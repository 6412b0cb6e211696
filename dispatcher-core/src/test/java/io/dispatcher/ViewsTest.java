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

import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The cluster as a front sees it, in virtual time. */
class ViewsTest {

  private static final TaskType<String, String> WORK =
      TaskType.of("work", text(), text())
          .backoff(new Backoff(Duration.ofHours(1), 1, Duration.ofHours(1), 0));

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT)
          .founder("s", STORE)
          .founder("w", WORKER)
          .founded();

  /** Attempts that have not ended, by node. */
  private final List<Running> running = new ArrayList<>();

  private record Running(String node, CompletableFuture<String> promise) {}

  private final Dispatcher a = nodes.start("a", this::works);
  private final Dispatcher b = nodes.start("b", builder -> builder);

  ViewsTest() {
    nodes.start("s", builder -> builder);
    nodes.start("w", this::works);
    nodes.met();
  }

  private Dispatcher.Builder works(Dispatcher.Builder builder) {
    return builder.handleAsync(
        WORK,
        (words, ctx) -> {
          Running attempt = new Running(ctx.node(), new CompletableFuture<>());
          running.add(attempt);
          return attempt.promise();
        });
  }

  private ClusterView view(Dispatcher front) {
    // What was put together before is shown for a quarter of a second.
    nodes.pass(300);
    return nodes.get(front.view());
  }

  private static ClusterView.NodeView node(ClusterView view, String name) {
    return view.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }

  private static ClusterView.TypeView type(ClusterView view, String name) {
    return view.types().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private List<TaskHandle<String>> submit(Dispatcher front, int count) {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(front.submit(WORK.task("x")));
    }
    handles.forEach(handle -> nodes.get(handle.accepted()));
    return handles;
  }

  @Test
  void every_node_is_shown_with_its_roles_and_load() {
    submit(a, 10);
    submit(b, 10);
    nodes.until(() -> running.size() == 4);
    nodes.pass(600);

    ClusterView view = view(b);

    assertEquals("b", view.seenBy());
    assertTrue(view.complete());
    assertEquals(List.of("a", "b", "s", "w"), view.nodes().stream().map(n -> n.name()).toList());
    ClusterView.NodeView first = node(view, "a");
    assertEquals(List.of("store", "front", "worker"), first.roles());
    assertEquals("up", first.state());
    assertEquals(2, first.slots());
    assertEquals(2, first.running());
    assertTrue(first.held() >= 2, first.toString());
    assertEquals(10, first.unfinished());
    assertTrue(first.ready());
    assertEquals("ready", first.readiness());
    assertEquals(10, node(view, "b").unfinished());
    assertEquals(0, node(view, "b").slots());
    assertEquals(2, node(view, "w").slots());
    assertEquals(2, node(view, "w").running());
    assertFalse(node(view, "w").ready());
    assertEquals("up", node(view, "s").state());
    assertEquals(0, node(view, "s").slots());
  }

  @Test
  void types_are_summed_over_the_fronts() {
    submit(a, 12);
    submit(b, 20);
    TaskHandle<String> later = b.submit(WORK.task("x").notBefore(Instant.MAX));
    nodes.get(later.accepted());
    nodes.until(() -> running.size() == 4);
    nodes.pass(2_000);

    ClusterView.TypeView before = type(view(a), "work");

    assertEquals(33, before.waiting() + before.running());
    assertEquals(1, before.reasons().get("delayed"));
    assertEquals(before.waiting() - 1, before.reasons().get("all-full"));
    assertEquals(List.of("a", "w"), before.nodes());
    assertEquals("least-requests", before.balancer());
    assertFalse(before.declared());
    assertTrue(before.oldestSeconds() > 1.5 && before.oldestSeconds() < 10, before.toString());
    assertEquals(before.running(), before.queueing().count());

    nodes.until(
        () -> {
          running.forEach(attempt -> attempt.promise().complete("done"));
          running.clear();
          return a.stats().succeeded() == 12 && b.stats().succeeded() == 20;
        });
    assertTrue(nodes.get(later.cancel()));

    ClusterView.TypeView after = type(view(b), "work");
    assertEquals(32, after.succeeded());
    assertEquals(1, after.cancelled());
    assertEquals(0, after.waiting());
    assertEquals(0, after.running());
    assertEquals(Map.of(), after.reasons());
    assertEquals(0, after.oldestSeconds());
    assertEquals(33, after.total().count());
    assertTrue(after.donePerSecond() > 2 && after.donePerSecond() < 40, after.toString());
    nodes.pass(15_000);
    assertEquals(0, type(view(b), "work").donePerSecond());
  }

  @Test
  void a_declared_type_is_shown_before_anybody_handles_it() {
    nodes.joiner("c", FRONT);
    Dispatcher c = nodes.start("c", builder -> builder.declare("later", TaskOptions.NONE));
    nodes.get(c.submit(TaskType.of("later", text(), text()).task("x")).accepted());
    nodes.until(() -> view(a).complete());

    ClusterView.TypeView later = type(view(a), "later");

    assertTrue(later.declared());
    assertEquals(List.of(), later.nodes());
    assertEquals(Map.of("no-handler", 1L), later.reasons());
  }

  @Test
  void a_lost_worker_is_a_fault_with_the_time_to_the_first_and_the_last_restart() {
    submit(a, 4);
    submit(b, 4);
    nodes.until(() -> running.size() == 4);
    nodes.pass(600);
    long had = node(view(a), "w").held();
    running.removeIf(attempt -> attempt.node().equals("w"));

    nodes.world().kill(nodes.peer("w"));
    nodes.until(() -> node(view(b), "w").state().equals("left"));

    ClusterView during = view(b);
    assertEquals(1, during.faults().size(), during.faults().toString());
    ClusterView.Fault fault = during.faults().get(0);
    assertEquals("w", fault.node());
    assertEquals("left", fault.cause());
    assertEquals(had, fault.reissued());
    assertTrue(fault.atMillis() > 0);
    nodes.until(
        () -> {
          running.forEach(attempt -> attempt.promise().complete("done"));
          running.clear();
          return a.stats().succeeded() + b.stats().succeeded() == 8;
        });
    ClusterView.Fault over = view(a).faults().get(0);
    Double first = over.firstRestartMillis();
    Double last = over.lastRestartMillis();
    assertNotNull(first);
    assertNotNull(last);
    assertTrue(0 < first && first <= last && last < 20_000, over.toString());
  }

  @Test
  void while_lost_tasks_wait_nothing_is_said_of_the_last_restart() {
    TaskType<String, String> only = TaskType.of("only", text(), text());
    List<CompletableFuture<String>> held = new ArrayList<>();
    nodes.joiner("v", WORKER);
    nodes.start(
        "v",
        builder ->
            builder.handleAsync(
                only,
                (words, ctx) -> {
                  held.add(new CompletableFuture<>());
                  return held.get(0);
                }));
    TaskHandle<String> handle = b.submit(only.task("x"));
    nodes.until(() -> held.size() == 1);

    nodes.world().kill(nodes.peer("v"));
    nodes.until(() -> !view(a).faults().isEmpty());

    ClusterView.Fault fault = view(a).faults().get(0);
    assertNull(fault.firstRestartMillis());
    assertNull(fault.lastRestartMillis());
    assertTrue(nodes.get(handle.cancel()));
    assertEquals(1, view(a).faults().get(0).reissued());
  }

  @Test
  void a_node_that_left_stays_for_a_minute() {
    nodes.world().kill(nodes.peer("w"));
    nodes.until(() -> node(view(b), "w").state().equals("left"));

    nodes.pass(50_000);
    assertEquals("left", node(view(b), "w").state());
    assertEquals(4, view(b).nodes().size());
    nodes.pass(15_000);
    assertEquals(3, view(b).nodes().size());
  }

  @Test
  void a_front_that_does_not_answer_makes_the_view_incomplete_and_late_by_half_a_second() {
    nodes.world().cut(nodes.peer("a"), nodes.peer("b"), true, 10_000_000_000L);
    nodes.pass(2_000);
    long asked = nodes.millis();

    ClusterView view = nodes.get(b.view());

    long took = nodes.millis() - asked;
    assertTrue(took >= 500 && took < 700, took + " ms");
    assertFalse(view.complete());
    assertEquals("silent", node(view, "a").state());
    assertFalse(node(view, "a").ready());
    assertEquals("up", node(view, "w").state());
    nodes.pass(10_000);
    nodes.until(() -> view(b).complete());
  }

  @Test
  void failures_are_grouped_by_type_and_error() {
    List<TaskHandle<String>> handles = new ArrayList<>();
    handles.add(a.submit(WORK.task("x").retries(0)));
    handles.add(b.submit(WORK.task("x").retries(0)));
    handles.add(b.submit(WORK.task("x").retries(1)));
    nodes.until(() -> running.size() == 3);
    running.forEach(
        attempt -> attempt.promise().completeExceptionally(new IllegalStateException("no paper")));
    nodes.until(() -> a.stats().failed() + b.stats().failed() == 2 && b.stats().retried() == 1);

    ClusterView view = view(a);

    assertEquals(1, view.failures().size(), view.failures().toString());
    ClusterView.FailureGroup group = view.failures().get(0);
    assertEquals("work", group.type());
    assertEquals(IllegalStateException.class.getName(), group.error());
    assertEquals("no paper", group.message());
    assertEquals(3, group.count());
    List<String> ids =
        handles.stream().map(handle -> nodes.get(handle.accepted())).map(TaskId::text).toList();
    assertTrue(ids.contains(group.lastTask()), group.toString());
    ClusterView.TypeView type = type(view, "work");
    assertEquals(2, type.failed());
    assertEquals(Map.of("backoff", 1L), type.reasons());
  }

  @Test
  void however_many_ask_it_is_put_together_once() {
    List<CompletableFuture<ClusterView>> views = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      views.add(b.view().toCompletableFuture());
    }
    ClusterView one = nodes.get(views.get(0));
    views.forEach(view -> assertTrue(one == nodes.get(view)));
  }
}
