package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Backoff;
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

  private static final TaskType<String, String> TIMED = TaskType.of("timed", text(), text());

  private CompletionStage<String> time(String words, TaskContext context) {
    String[] name = words.split(" ");
    starts.add(name[0] + context.attempt());
    CompletableFuture<String> done = new CompletableFuture<>();
    if (name.length == 3) {
      context.saveAsync(text(), name[2]);
    }
    nodes.after("w", Long.parseLong(name[1]) * 1_000_000L, () -> end(name[0], context, done));
    return done;
  }

  private static void end(String name, TaskContext context, CompletableFuture<String> done) {
    if (name.startsWith("again") && context.attempt() == 1) {
      done.completeExceptionally(new IllegalStateException("once more"));
    } else {
      done.complete("done");
    }
  }

  private TaskHandle<String> timed(String words, long deadlineMillis) {
    return a.submit(
        TIMED
            .task(words)
            .backoff(Backoff.fixed(Duration.ofMillis(10)))
            .deadline(Duration.ofMillis(deadlineMillis)));
  }

  /** As many as it takes to know how long they take. */
  private void runTen(String words) {
    nodes.start("w", builder -> builder.handleAsync(TIMED, this::time));
    nodes.met();
    for (int i = 0; i < 10; i++) {
      assertEquals("done", nodes.get(timed(words, 60_000).result()));
    }
    starts.clear();
  }

  @Test
  void what_cannot_end_before_its_deadline_does_not_start() {
    runTen("x 1000");

    long begun = nodes.millis();
    TaskHandle<String> late = timed("late 1000", 900);
    nodes.pass(100);
    assertEquals(0, a.figures().assigned(), "its place is not kept for it");
    TaskHandle<String> early = timed("early 1000", 1_200);

    assertEquals(TaskState.EXPIRED, nodes.get(late.outcome()).state());
    assertTrue(nodes.millis() - begun >= 900, "not before its deadline");
    assertEquals("done", nodes.get(early.result()));
    assertEquals(List.of("early1"), starts);
  }

  @Test
  void how_long_they_took_is_forgotten() {
    runTen("x 1000");
    nodes.pass(61_000);

    assertEquals("done", nodes.get(timed("quick 300", 900).result()));
  }

  @Test
  void of_few_nothing_is_told() {
    runTen("x 10");
    nodes.pass(61_000);
    for (int i = 0; i < 9; i++) {
      assertEquals("done", nodes.get(timed("slow 1000", 60_000).result()));
    }

    assertEquals("done", nodes.get(timed("quick 300", 900).result()));
  }

  @Test
  void a_retry_that_cannot_end_does_not_start_unless_it_may_go_on_from_a_checkpoint() {
    runTen("x 1000");

    TaskHandle<String> late = timed("again 700", 1_300);
    assertEquals(TaskState.EXPIRED, nodes.get(late.outcome()).state());
    assertEquals(List.of("again1"), starts);

    assertEquals("done", nodes.get(timed("again2 500 half", 1_300).result()));
    assertEquals(List.of("again1", "again21", "again22"), starts);
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
