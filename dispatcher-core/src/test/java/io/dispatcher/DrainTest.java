package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Nodes that leave on purpose: what they give away, and what goes on undisturbed. */
class DrainTest {

  private static final Duration LONG = Duration.ofSeconds(25);
  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());
  private static final TaskType<String, String> STEPS = TaskType.of("steps", text(), text());
  private static final TaskType<String, String> NOBODYS = TaskType.of("nobodys", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE, FRONT)
          .founder("f", FRONT)
          .founder("w", WORKER);
  private final Map<String, CompletableFuture<String>> held = new TreeMap<>();
  private final List<String> starts = new ArrayList<>();
  private final Map<String, Dispatcher> started = new TreeMap<>();

  private void start(String... names) {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    for (String name : names) {
      started.put(
          name,
          nodes.start(name, name.equals("c") || name.equals("f") ? this::knows : this::works));
    }
    nodes.met();
  }

  private Dispatcher.Builder knows(Dispatcher.Builder builder) {
    return builder.declare("nobodys", io.dispatcher.task.TaskOptions.NONE);
  }

  private Dispatcher.Builder works(Dispatcher.Builder builder) {
    return knows(builder).handleAsync(HOLD, this::hold).handleAsync(STEPS, this::steps);
  }

  private CompletionStage<String> hold(String words, TaskContext context) {
    String start = words.strip() + context.attempt();
    starts.add(start + " on " + context.node());
    return held.computeIfAbsent(start, key -> new CompletableFuture<>());
  }

  /** Saves step after step, each when the test lets it. */
  private CompletionStage<String> steps(String words, TaskContext context) {
    return context
        .lastAsync(text())
        .thenCompose(
            last -> {
              starts.add(context.attempt() + " on " + context.node() + " from " + last.orElse("0"));
              int next = Integer.parseInt(last.orElse("0")) + 1;
              return held.computeIfAbsent("step" + next, key -> new CompletableFuture<>())
                  .thenCompose(go -> context.saveAsync(text(), Integer.toString(next)))
                  .thenApply(saved -> "done at " + next);
            });
  }

  private Dispatcher node(String name) {
    return started.get(name);
  }

  private TaskId id(TaskHandle<?> handle) {
    return nodes.get(handle.accepted());
  }

  private void leave(String name) {
    nodes.get(node(name).drain(LONG));
    nodes.leave(name);
  }

  // ---------------------------------------------------------------- what goes on

  @Test
  void what_others_run_goes_on_and_its_submitter_still_hears_of_it() {
    start("b", "c");
    TaskHandle<String> handle = node("c").submit(HOLD.task("x"));
    nodes.until(() -> starts.size() == 1);

    CompletableFuture<Drained> drained = node("c").drain(LONG).toCompletableFuture();
    nodes.pass(3_000);
    assertFalse(drained.isDone(), "its submitter waits");
    assertEquals(0, node("c").stats().unfinished());
    held.get("x1").complete("done");

    assertEquals("done", nodes.get(handle.result()));
    assertEquals(new Drained(1, 0), nodes.get(drained));
    assertEquals(List.of("x1 on b"), starts);
  }

  @Test
  void what_waits_keeps_its_attempt() {
    start("a", "b");
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      ids.add(id(node("a").submitDetached(HOLD.task("t" + i))));
    }
    nodes.until(() -> starts.size() == 4);
    List<String> before = List.copyOf(starts);
    CompletableFuture<Drained> drained = node("a").drain(LONG).toCompletableFuture();
    nodes.pass(100);
    before.stream()
        .filter(start -> start.endsWith("on a"))
        .forEach(start -> held.get(start.split(" ")[0]).complete("early"));
    nodes.get(drained);
    nodes.leave("a");
    nodes.until(
        () -> {
          List.copyOf(held.values()).forEach(open -> open.complete("done"));
          return starts.size() == 12;
        });

    for (TaskId id : ids) {
      assertInstanceOf(Outcome.Succeeded.class, nodes.get(node("b").attach(id, HOLD).outcome()));
    }
    // Two stood in line at the leaving worker, which gave them back.
    assertEquals(
        10, starts.stream().filter(start -> start.contains("1 on ")).count(), starts::toString);
  }

  @Test
  void large_payloads_and_delayed_starts_are_handed_over() {
    start("a", "b");
    Instant later = Instant.ofEpochMilli(nodes.wallMillis() + 9_000);
    TaskId large = id(node("a").submitDetached(NOBODYS.task("x".repeat(10_000))));
    TaskId delayed = id(node("a").submitDetached(HOLD.task("y").notBefore(later)));

    leave("a");
    started.put("w", nodes.start("w", builder -> builder.handle(NOBODYS, (words, ctx) -> words)));
    assertEquals("x".repeat(10_000), nodes.get(node("b").attach(large, NOBODYS).result()));
    nodes.until(() -> starts.size() == 1);
    assertTrue(nodes.wallMillis() >= later.toEpochMilli() - 100, "it was to start later");
    held.get("y1").complete("done");

    assertEquals("done", nodes.get(node("b").attach(delayed, HOLD).result()));
  }

  @Test
  void submits_are_refused_with_the_names_of_others() {
    start("a", "b", "c");
    node("a").drain(LONG);
    nodes.pass(100);

    TaskHandle<String> refused = node("a").submit(HOLD.task("x"));
    CompletableFuture<String> result = refused.result().toCompletableFuture();
    nodes.until(result::isDone);

    Throwable why =
        org.junit.jupiter.api.Assertions.assertThrows(CompletionException.class, result::join)
            .getCause();
    assertInstanceOf(DispatcherClosed.class, why);
    assertTrue(why.getMessage().contains("draining; submit it through b or c"), why::getMessage);
    assertFalse(node("a").readiness().ready());
  }

  @Test
  void a_node_has_drained_once_nothing_runs_there() {
    start("a");
    nodes.pass(600);
    node("a").submit(HOLD.task("x"));
    nodes.until(() -> starts.size() == 1);
    node("a").drain(LONG);
    assertEquals("draining", state("a", "a"));
    nodes.pass(1_000);
    assertEquals("draining", state("a", "a"));

    held.get("x1").complete("done");
    nodes.until(() -> state("a", "a").equals("drained"));
  }

  @Test
  void a_node_that_only_takes_tasks_in_has_drained_as_soon_as_it_takes_none() {
    start("c", "f");
    assertEquals("up", state("c", "f"));
    node("f").submit(NOBODYS.task("x"));
    nodes.pass(600);

    node("f").drain(LONG);

    nodes.until(() -> state("c", "f").equals("drained"));
  }

  @Test
  void a_node_that_is_to_stay_starts_nothing_more_though_nobody_else_could() {
    start("a");
    Instant soon = Instant.ofEpochMilli(nodes.world().simulation().wallMillis() + 3_000);
    id(node("a").submit(HOLD.task("x").notBefore(soon)));

    assertTrue(nodes.get(node("a").drainNode("a", true)));
    nodes.pass(2_000);
    assertEquals("drained", state("a", "a"));
    nodes.pass(5_000);
    assertEquals(List.of(), starts);
  }

  @Test
  void what_a_node_takes_over_that_has_drained_goes_on_to_others() {
    start("a", "b", "c");
    nodes.get(node("c").drainNode("a", true));
    nodes.until(() -> state("c", "a").equals("drained"));
    Instant soon = Instant.ofEpochMilli(nodes.world().simulation().wallMillis() + 5_000);
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      ids.add(id(node("b").submitDetached(NOBODYS.task("t" + i).notBefore(soon))));
    }

    nodes.world().kill(nodes.peer("b"));
    nodes.start("w", builder -> builder.handle(NOBODYS, (words, ctx) -> words));

    for (TaskId id : ids) {
      assertInstanceOf(Outcome.Succeeded.class, nodes.get(node("c").attach(id, NOBODYS).outcome()));
    }
  }

  private String state(String asked, String name) {
    return nodes.get(node(asked).view()).nodes().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow()
        .state();
  }

  @Test
  void a_worker_joins_once_and_not_again_when_it_says_that_it_drains() {
    RecordingListener listener = new RecordingListener();
    start("b");
    started.put("c", nodes.start("c", builder -> knows(builder).listener(listener)));
    nodes.met();
    assertEquals(1, listener.count("joined b"), listener.events::toString);
    assertEquals(0, listener.count("joined c"), "it runs nothing");

    leave("b");
    nodes.until(() -> listener.heard("left b"));

    assertEquals(1, listener.count("joined b"), listener.events::toString);
  }

  // ---------------------------------------------------------------- what runs on the leaving node

  @Test
  void an_attempt_yields_at_its_checkpoint_and_goes_on_from_there_elsewhere() {
    start("a", "b", "c");
    TaskHandle<String> handle = node("c").submit(STEPS.task("x"));
    nodes.until(() -> starts.stream().anyMatch(start -> start.contains("from 0")));
    String first = starts.stream().filter(s -> s.contains("from 0")).findFirst().orElseThrow();
    String leaving = first.substring(5, 6);

    CompletableFuture<Drained> drained = node(leaving).drain(LONG).toCompletableFuture();
    nodes.pass(1_000);
    held.get("step1").complete("go");
    nodes.until(() -> starts.stream().anyMatch(start -> start.contains("from 1")));
    held.get("step2").complete("go");

    assertEquals("done at 2", nodes.get(handle.result()));
    leftAndDone(nodes.get(node("c").find(id(handle))).orElseThrow(), leaving);
    List.copyOf(held.values()).forEach(open -> open.complete("done"));
    nodes.get(drained);
  }

  private static void leftAndDone(TaskStatus status, String left) {
    assertEquals(
        List.of(PastAttempt.Cause.NODE_LEFT, PastAttempt.Cause.SUCCEEDED),
        status.history().stream().map(PastAttempt::cause).toList());
    assertEquals(left, status.history().get(0).node());
  }

  @Test
  void what_still_runs_when_the_time_is_over_runs_again_elsewhere_and_no_death_is_counted() {
    start("a", "b", "c");
    TaskHandle<String> handle = node("c").submit(HOLD.task("x"));
    nodes.until(() -> starts.size() == 1);
    String leaving = starts.get(0).substring(6);

    nodes.get(node(leaving).drain(Duration.ofSeconds(3)));
    nodes.leave(leaving);
    nodes.until(() -> starts.size() == 2);
    held.get("x2").complete("done");

    assertEquals("done", nodes.get(handle.result()));
    assertFalse(starts.get(1).endsWith(leaving), starts::toString);
    TaskStatus status = nodes.get(node("c").find(id(handle))).orElseThrow();
    assertEquals(2, status.attempt());
    leftAndDone(status, leaving);
  }

  @Test
  void without_another_node_what_runs_and_waits_ends_here() {
    start("a");
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      handles.add(node("a").submit(HOLD.task("t" + i)));
      id(handles.get(i));
    }
    CompletableFuture<Drained> drained = node("a").drain(LONG).toCompletableFuture();
    nodes.until(
        () -> {
          List.copyOf(held.values()).forEach(open -> open.complete("done"));
          return drained.isDone();
        });

    assertEquals(new Drained(0, 0), drained.join());
    assertEquals(5, starts.size());
  }

  @Test
  void where_all_leave_at_once_what_nobody_can_run_any_more_is_counted() {
    start("a", "b", "c");
    for (int i = 0; i < 9; i++) {
      id(node("c").submitDetached(HOLD.task("t" + i)));
    }
    nodes.until(() -> starts.size() == 4);
    List<CompletableFuture<Drained>> drains =
        started.values().stream().map(d -> d.drain(LONG).toCompletableFuture()).toList();
    nodes.pass(500);
    List.copyOf(held.values()).forEach(open -> open.complete("done"));
    long before = nodes.millis();
    int left = drains.stream().mapToInt(drain -> nodes.get(drain).left()).sum();

    assertEquals(5, left);
    assertEquals(4, starts.size());
    assertTrue(nodes.millis() - before < 3_000, "nothing was waited for in vain");
  }

  // ---------------------------------------------------------------- in the middle

  @Test
  void a_taker_that_dies_while_it_takes_over_loses_nothing() {
    for (long at = 0; at < 60; at += 4) {
      DrainTest run = new DrainTest();
      run.start("a", "b", "c");
      List<TaskId> ids = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        ids.add(run.id(run.node("a").submitDetached(NOBODYS.task("t" + i))));
      }
      CompletableFuture<Drained> drained = run.node("a").drain(LONG).toCompletableFuture();
      run.nodes.pass(at);
      run.nodes.world().kill(run.nodes.peer("b"));
      run.nodes.get(drained);
      run.nodes.leave("a");
      run.nodes.start("w", builder -> builder.handle(NOBODYS, (words, ctx) -> words));
      for (TaskId id : ids) {
        assertInstanceOf(
            Outcome.Succeeded.class, run.nodes.get(run.node("c").attach(id, NOBODYS).outcome()));
      }
    }
  }

  @Test
  void an_owner_that_dies_while_it_hands_over_loses_nothing() {
    for (long at = 0; at < 60; at += 4) {
      DrainTest run = new DrainTest();
      run.start("a", "b", "c");
      List<TaskId> ids = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        ids.add(run.id(run.node("a").submitDetached(NOBODYS.task("t" + i))));
      }
      run.node("a").drain(LONG);
      run.nodes.pass(at);
      run.nodes.world().kill(run.nodes.peer("a"));
      run.nodes.start("w", builder -> builder.handle(NOBODYS, (words, ctx) -> words));
      for (TaskId id : ids) {
        assertInstanceOf(
            Outcome.Succeeded.class, run.nodes.get(run.node("c").attach(id, NOBODYS).outcome()));
      }
    }
  }
}
