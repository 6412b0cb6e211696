package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Attempts whose time is over, while nobody can tell their worker. */
class DeadlineTest {

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());
  private static final long SECOND = 1_000_000_000L;

  private final SimNodes nodes = founded();
  private final List<String> starts = new ArrayList<>();
  private final Map<String, CompletableFuture<String>> held = new TreeMap<>();
  private final Map<String, TaskContext> contexts = new TreeMap<>();
  private final Dispatcher a = nodes.start("a", builder -> builder);
  private final Dispatcher b = nodes.start("b", builder -> builder);

  private static SimNodes founded() {
    SimNodes nodes =
        new SimNodes().founder("a", STORE, FRONT).founder("b", STORE, FRONT).founder("w", WORKER);
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    return nodes.founded();
  }

  private void startWorker() {
    nodes.start("w", builder -> builder.handleAsync(HOLD, this::hold));
    nodes.met();
  }

  private CompletionStage<String> hold(String words, TaskContext context) {
    String start = words + context.attempt();
    starts.add(start);
    contexts.put(start, context);
    return held.computeIfAbsent(start, key -> new CompletableFuture<>());
  }

  private void cut(String worker, long nanos) {
    nodes.world().cut(nodes.peer("a"), nodes.peer(worker), true, nanos);
    nodes.world().cut(nodes.peer("b"), nodes.peer(worker), true, nanos);
  }

  private TaskHandle<String> submit(String words, Duration deadline) {
    TaskHandle<String> handle = a.submit(HOLD.task(words).deadline(deadline).retries(0));
    nodes.get(handle.accepted());
    return handle;
  }

  @Test
  void what_waits_for_a_slot_past_its_deadline_does_not_start_though_nobody_could_say_so() {
    startWorker();
    submit("x", Duration.ofSeconds(60));
    submit("y", Duration.ofSeconds(60));
    nodes.until(() -> starts.size() == 2);
    TaskHandle<String> late = submit("late", Duration.ofSeconds(1));
    nodes.pass(100);
    cut("w", 2 * SECOND);
    nodes.pass(1_200);

    held.get("x1").complete("done");
    nodes.pass(100);

    assertEquals(List.of("x1", "y1"), starts);
    assertEquals(TaskState.EXPIRED, nodes.get(late.outcome()).state());
    nodes.pass(5_000);
    assertFalse(starts.contains("late1"), starts::toString);
  }

  @Test
  void what_runs_is_stopped_at_its_deadline_though_nobody_could_say_so() {
    startWorker();
    TaskHandle<String> late = submit("late", Duration.ofSeconds(1));
    nodes.until(() -> starts.size() == 1);
    cut("w", 2 * SECOND);
    nodes.pass(900);
    assertFalse(contexts.get("late1").cancelled());

    nodes.pass(150);

    assertTrue(contexts.get("late1").cancelled());
    assertEquals(TaskState.EXPIRED, nodes.get(late.outcome()).state());
  }

  @Test
  void a_delayed_start_is_not_hurried_by_the_death_of_its_owner() {
    startWorker();
    long begun = nodes.millis();
    Instant due = Instant.ofEpochMilli(1_767_225_600_000L + begun).plusSeconds(30);
    TaskHandle<String> handle = a.submit(HOLD.task("x").notBefore(due));
    var id = nodes.get(handle.accepted());
    nodes.pass(2_000);

    nodes.world().kill(nodes.peer("a"));
    nodes.pass(15_000);
    assertEquals(WaitingReason.DELAYED, nodes.get(b.find(id)).orElseThrow().waiting());
    nodes.until(() -> starts.size() == 1);

    assertTrue(nodes.millis() - begun >= 29_900, () -> "started after " + nodes.millis());
    held.get(starts.get(0)).complete("done");
    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    assertEquals(List.of(), nodes.get(b.find(id)).orElseThrow().history(), "it never ran before");
  }

  @Test
  void a_handler_hears_that_its_lease_is_lost_and_its_saves_are_refused() {
    startWorker();
    submit("x", Duration.ofSeconds(60));
    nodes.until(() -> starts.size() == 1);
    TaskContext context = contexts.get("x1");
    List<Throwable> told = new ArrayList<>();
    nodes.joiner("v", WORKER);
    nodes.start("v", builder -> builder.handleAsync(HOLD, this::hold));
    nodes.met();
    cut("w", 5 * SECOND);

    nodes.until(() -> starts.size() == 2);
    assertFalse(context.cancelled());
    context.saveAsync(text(), "mine").whenComplete((nothing, error) -> told.add(error));
    nodes.until(context::cancelled);
    nodes.until(() -> told.size() == 1);

    Throwable error = told.get(0);
    assertTrue(
        error instanceof StaleAttempt || error.getCause() instanceof StaleAttempt,
        () -> String.valueOf(told));
    held.get("x2").complete("second");
    nodes.pass(500);
    assertEquals(List.of("x1", "x2"), starts);
  }
}
