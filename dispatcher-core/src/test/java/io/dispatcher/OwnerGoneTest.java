package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Owners that die or were taken for dead: what their heirs do, and what they do themselves. */
class OwnerGoneTest {

  private static final Backoff SLOW =
      new Backoff(Duration.ofSeconds(20), 1, Duration.ofSeconds(20), 0);
  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());
  private static final TaskType<String, String> AGAIN =
      TaskType.of("again", text(), text()).backoff(SLOW);
  private static final TaskType<String, String> QUICK = TaskType.of("quick", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE)
          .founder("f", FRONT)
          .founder("w", WORKER);
  private final Map<String, CompletableFuture<String>> held = new TreeMap<>();
  private final List<String> starts = new ArrayList<>();
  private final List<String> cancelled = new ArrayList<>();
  private Dispatcher a;
  private Dispatcher b;

  private void start() {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    a = nodes.start("a", builder -> builder);
    nodes.start("c", builder -> builder);
    nodes.start("w", this::works);
  }

  /** Later than w, so that w has what came before. */
  private void startSecond() {
    b = nodes.start("b", this::works);
    nodes.met();
  }

  private Dispatcher.Builder works(Dispatcher.Builder builder) {
    return builder
        .handleAsync(HOLD, this::hold)
        .handleAsync(AGAIN, this::again)
        .handle(QUICK, (words, ctx) -> words);
  }

  private CompletionStage<String> hold(String words, TaskContext context) {
    String start = words.strip() + context.attempt();
    starts.add(start + " on " + context.node());
    context.cancellation().thenRun(() -> cancelled.add(start));
    return held.computeIfAbsent(start, key -> new CompletableFuture<>());
  }

  private CompletionStage<String> again(String words, TaskContext context) {
    starts.add(context.attempt() + " at " + nodes.millis());
    return context.attempt() == 1
        ? CompletableFuture.failedFuture(new IllegalStateException("once"))
        : CompletableFuture.completedFuture(words);
  }

  private TaskId id(TaskHandle<?> handle) {
    return nodes.get(handle.accepted());
  }

  // ---------------------------------------------------------------- heirs

  @Test
  void what_a_worker_holds_goes_on_and_its_outcome_is_shown_elsewhere() {
    start();
    TaskId id = id(a.submit(HOLD.task("x")));
    nodes.until(() -> starts.size() == 1);
    startSecond();

    nodes.world().kill(nodes.peer("a"));
    nodes.pass(5_000);
    held.get("x1").complete("done");

    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    assertEquals(List.of("x1 on w"), starts);
  }

  @Test
  void who_waits_hears_of_an_end_soon_after_the_owner_died() {
    start();
    startSecond();
    Dispatcher f = nodes.start("f", builder -> builder);
    nodes.met();
    List<TaskHandle<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      TaskId id = id(a.submitDetached(HOLD.task("x" + i + "-")));
      waiting.add(b.attach(id, HOLD));
      waiting.add(f.attach(id, HOLD));
    }
    waiting.forEach(this::id);
    nodes.until(() -> starts.size() == 4);

    nodes.world().kill(nodes.peer("a"));
    Dispatcher c = nodes.dispatcher("c");
    nodes.until(() -> b.stats().unfinished() + c.stats().unfinished() == 4);
    assertTrue(b.stats().unfinished() > 0, "some waits for its own front");
    assertTrue(c.stats().unfinished() > 0, "some waits for another one");
    nodes.pass(600);
    held.values().forEach(each -> each.complete("done"));
    nodes.pass(100);

    waiting.forEach(handle -> assertTrue(nodes.done(handle)));
  }

  /** Its first owner may only be cut off, and try to record it once more when it is back. */
  @Test
  void an_heir_keeps_outcomes_until_nobody_can_record_their_tasks_anew() {
    start();
    TaskId id = id(a.submitDetached(HOLD.task("x").retention(Duration.ofSeconds(2))));
    nodes.until(() -> starts.size() == 1);
    startSecond();
    nodes.world().kill(nodes.peer("a"));
    nodes.pass(5_000);
    held.get("x1").complete("done");

    nodes.pass(115_000);
    assertEquals(TaskState.SUCCEEDED, nodes.get(b.find(id)).orElseThrow().state());
    nodes.pass(15_000);
    assertEquals(TaskState.REMOVED, nodes.get(b.find(id)).orElseThrow().state());
  }

  /** Its heir was cut off itself, and told nobody. */
  @Test
  void who_was_not_told_that_its_block_was_taken_over_hears_of_it_as_its_task_ends() {
    start();
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = id(handle);
    nodes.until(() -> starts.size() == 1);
    nodes.handOver(id, "a", "c");

    held.get("x1").complete("done");

    assertEquals("done", nodes.get(handle.result()));
  }

  /** Its result stood beside the block, and is gone with it: asking for it again is in vain. */
  @Test
  void who_learns_of_an_end_whose_result_is_gone_asks_how_the_task_stands() {
    start();
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = id(handle);
    nodes.until(() -> starts.size() == 1);
    TaskRef ref = TaskRef.of(id).orElseThrow();
    ValueId gone = new ValueId(ref.block(), ref.index(), nodes.block(id, "c").nonce(), 1, 1);
    nodes.settle(id, "c", Value.stored(gone, 9_000));
    held.get("x1").complete("another");
    nodes.pass(2_000);
    assertFalse(nodes.done(handle), "the result may come yet");

    nodes.remove(id, "c");

    CompletionException error =
        assertThrows(CompletionException.class, () -> nodes.get(handle.outcome()));
    assertTrue(error.getMessage().contains("its outcome is no longer kept"), error.getMessage());
    nodes.until(() -> a.stats().unfinished() == 0);
  }

  @Test
  void how_long_tasks_have_had_no_owner_is_measured() {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    a = nodes.start("a", builder -> builder);
    nodes.start("w", this::works);
    TaskId id = id(a.submit(HOLD.task("x")));
    nodes.until(() -> starts.size() == 1);
    nodes.world().kill(nodes.peer("a"));
    nodes.pass(4_000);
    b = nodes.start("b", this::works);
    assertEquals(0, b.figures().orphaned());

    // Of an owner that it has never met a node takes nothing over at once.
    nodes.until(() -> b.figures().orphanedSeconds() > 2);
    assertEquals(1, b.figures().orphaned());
    held.get("x1").complete("done");

    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    nodes.until(() -> b.figures().orphaned() == 0);
    assertEquals(0, b.figures().orphanedSeconds());
  }

  @Test
  void a_wait_between_two_attempts_is_not_cut_short() {
    start();
    TaskId id = id(a.submit(AGAIN.task("x")));
    nodes.until(() -> starts.size() == 1);
    startSecond();
    nodes.pass(1_000);

    nodes.world().kill(nodes.peer("a"));

    assertEquals("x", nodes.get(b.attach(id, AGAIN).result()));
    assertEquals(2, starts.size(), starts::toString);
    // The wall clocks of two nodes differ a little.
    assertTrue(nodes.millis() >= 20_000 - 80, starts::toString);
  }

  @Test
  void a_large_payload_that_its_owner_could_not_drop_any_more_is_dropped() {
    start();
    TaskId id = id(a.submit(HOLD.task("x" + " ".repeat(10_000))));
    nodes.until(() -> starts.size() == 1);
    startSecond();
    assertEquals(1, nodes.world().ledger().values().size());

    nodes.world().kill(nodes.peer("a"));
    held.get("x1").complete("done");

    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    nodes.until(() -> nodes.world().ledger().values().isEmpty());
  }

  @Test
  void a_worker_that_thaws_stops_what_an_heir_handed_out_again() {
    start();
    TaskId id = id(a.submit(HOLD.task("x")));
    nodes.until(() -> starts.size() == 1);
    startSecond();
    for (String heir : List.of("b", "c")) {
      nodes.world().cut(nodes.peer("w"), nodes.peer(heir), true, 15_000_000_000L);
    }
    nodes.pass(5_000);

    nodes.world().kill(nodes.peer("a"));
    nodes.until(() -> starts.size() == 2);
    held.get("x2").complete("done");

    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    nodes.until(() -> cancelled.equals(List.of("x1")));
  }

  @Test
  void a_worker_that_no_heir_has_ever_heard_holds_up_nothing() {
    start();
    TaskId id = id(a.submit(HOLD.task("x")));
    nodes.until(() -> starts.size() == 1);
    startSecond();
    nodes.joiner("n", WORKER);
    for (String heir : List.of("b", "c")) {
      nodes.world().cut(nodes.peer("n"), nodes.peer(heir), true, 15_000_000_000L);
    }
    nodes.start("n", builder -> builder);
    nodes.pass(100);
    long begun = nodes.millis();

    nodes.world().kill(nodes.peer("w"));
    nodes.world().kill(nodes.peer("a"));

    nodes.until(() -> starts.size() == 2);
    long took = nodes.millis() - begun;
    assertTrue(took < 2_500, () -> took + " ms");
    held.get("x2").complete("done");
    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
  }

  @Test
  void what_waited_on_a_worker_that_was_frozen_does_not_start_there() {
    nodes.founded();
    a = nodes.start("a", builder -> builder);
    nodes.start("c", builder -> builder);
    nodes.start("w", builder -> works(builder.pool("default", 1, nodes.threads("w"))));
    nodes.met();
    id(a.submit(HOLD.task("x")));
    nodes.until(() -> starts.size() == 1);
    id(a.submit(HOLD.task("y")));
    nodes.pass(100);

    nodes.world().freeze(nodes.peer("w"), 5_000_000_000L);
    nodes.pass(6_000);
    // Its lease lapsed: where it starts again, it would keep the one slot there is.
    held.put("x2", CompletableFuture.completedFuture("done"));
    held.get("x1").complete("done");
    nodes.until(() -> starts.stream().anyMatch(start -> start.startsWith("y")));

    assertTrue(starts.stream().noneMatch("y1 on w"::equals), starts::toString);
  }

  // ---------------------------------------------------------------- owners that were replaced

  @Test
  void a_cancel_at_an_owner_that_was_replaced_is_answered() {
    start();
    startSecond();
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = id(handle);
    nodes.until(() -> starts.size() == 1);
    nodes.handOver(id, "a", "b");

    // The new one does not drive it yet, and says so: the wish is recorded.
    assertTrue(nodes.get(handle.cancel()));
  }

  @Test
  void the_handle_of_an_owner_that_was_replaced_shows_the_outcome() {
    start();
    startSecond();
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = id(handle);
    nodes.until(() -> starts.size() == 1);
    nodes.handOver(id, "a", "b");
    nodes.get(handle.cancel());
    held.get("x1").complete("done");

    assertEquals("done", nodes.get(handle.result()));
  }

  @Test
  void an_owner_that_was_replaced_counts_none_of_its_outcomes_twice() {
    start();
    startSecond();
    List<TaskHandle<String>> both = a.submitAll(List.of(HOLD.task("x"), HOLD.task("y")));
    TaskId id = id(both.get(1));
    assertEquals(id.text().substring(0, 25), id(both.get(0)).text().substring(0, 25));
    nodes.until(() -> starts.size() == 2);
    held.get("x1").complete("done");
    assertEquals("done", nodes.get(both.get(0).result()));
    nodes.handOver(id, "a", "b");
    nodes.get(both.get(1).cancel());

    nodes.pass(30_000);
    assertEquals(0, a.stats().retainedBytes());
  }

  @Test
  void an_owner_that_was_replaced_drops_no_large_result_that_its_heir_keeps() {
    start();
    startSecond();
    String large = "x".repeat(10_000);
    TaskHandle<String> handle = a.submit(QUICK.task(large));
    assertEquals(large, nodes.get(handle.result()));
    nodes.handOver(id(handle), "a", "b");

    // Its submitter has it: here it goes after ten seconds.
    nodes.pass(20_000);
    assertEquals(large, nodes.get(b.attach(id(handle), QUICK).result()));
    assertEquals(TaskState.SUCCEEDED, nodes.get(b.find(id(handle))).orElseThrow().state());
  }
}
