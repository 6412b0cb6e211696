package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.sim.Faults;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** How long outcomes stay, and what a repeat with the same idempotency key finds. */
class KeptOutcomesTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final TaskType<String, String> OTHER = TaskType.of("other", text(), text());
  private static final TaskType<byte[], byte[]> RAW = TaskType.of("work", bytes(), bytes());
  private static final Faults ANSWERS_LOST =
      new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0);

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT)
          .founder("s", STORE)
          .founded();
  private final List<String> ran = new ArrayList<>();
  private final CompletableFuture<String> held = new CompletableFuture<>();
  private final Dispatcher a = nodes.start("a", this::works);
  private final Dispatcher b = nodes.start("b", builder -> builder);

  private Dispatcher.Builder works(Dispatcher.Builder builder) {
    return builder
        .handle(WORK, (words, ctx) -> run(words))
        .handle(OTHER, (words, ctx) -> run(words))
        .handleAsync(HOLD, (words, ctx) -> held);
  }

  private String run(String words) {
    ran.add(words);
    return words + " " + ran.size();
  }

  private <R> TaskId id(TaskHandle<R> handle) {
    return nodes.get(handle.accepted());
  }

  private TaskState state(Dispatcher front, TaskId id) {
    return nodes.get(front.find(id)).orElseThrow().state();
  }

  private TaskRefused.Reason refused(TaskHandle<?> handle) {
    CompletionException error =
        assertThrows(CompletionException.class, () -> nodes.get(handle.outcome()));
    return ((TaskRefused) error.getCause()).reason();
  }

  // Idempotency keys

  @Test
  void the_same_key_and_content_at_another_front_is_the_same_task_with_the_same_outcome() {
    Task<String, String> task = WORK.task("x").idempotencyKey("once");
    TaskHandle<String> first = a.submit(task);
    TaskHandle<String> second = b.submit(task);

    assertEquals("x 1", nodes.get(first.result()));
    assertEquals("x 1", nodes.get(second.result()));
    assertEquals(id(first), id(second));
    assertEquals(1, ran.size());
  }

  @Test
  void a_repeat_while_the_first_runs_waits_for_it() {
    Task<String, String> task = HOLD.task("x").idempotencyKey("once");
    TaskHandle<String> first = a.submit(task);
    TaskId id = id(first);
    TaskHandle<String> second = b.submit(task);

    assertEquals(id, id(second));
    held.complete("done");
    assertEquals("done", nodes.get(second.result()));
  }

  @Test
  void another_payload_or_another_type_under_the_same_key_is_refused_at_every_front() {
    nodes.get(a.submit(WORK.task("x").idempotencyKey("once")).result());

    for (Dispatcher front : List.of(a, b)) {
      assertEquals(
          TaskRefused.Reason.CONFLICT,
          refused(front.submit(WORK.task("y").idempotencyKey("once"))));
      assertEquals(
          TaskRefused.Reason.CONFLICT,
          refused(front.submit(OTHER.task("x").idempotencyKey("once"))));
    }
    assertEquals(List.of("x"), ran);
  }

  @Test
  void only_the_bytes_count_not_the_options_or_the_codec() {
    Task<String, String> task = WORK.task("x").idempotencyKey("once");
    TaskHandle<String> first = a.submit(task);
    nodes.get(first.result());

    assertEquals(id(first), id(b.submit(task.priority(1).retries(7))));
    assertEquals(id(first), id(b.submit(RAW.task(new byte[] {'x'}).idempotencyKey("once"))));
    assertEquals(1, ran.size());
  }

  @Test
  void a_repeat_finds_the_outcome_for_its_whole_retention_though_it_was_fetched() {
    Task<String, String> task = WORK.task("x").idempotencyKey("once");
    assertEquals("x 1", nodes.get(a.submit(task).result()));

    nodes.pass(4 * 60_000);
    assertEquals("x 1", nodes.get(b.submit(task).result()));
    nodes.pass(2 * 60_000);
    assertEquals("x 2", nodes.get(b.submit(task).result()));
  }

  // What is known of what is gone

  @Test
  void an_id_tells_for_ever_that_its_task_was_accepted_here_even_after_its_front_has_died() {
    TaskHandle<String> plain = a.submit(WORK.task("x"));
    TaskHandle<String> keyed = a.submit(WORK.task("y").idempotencyKey("once"));
    nodes.get(plain.result());
    nodes.get(keyed.result());
    TaskId id = id(plain);
    TaskId keyedId = id(keyed);
    nodes.pass(6 * 60_000);
    nodes.world().kill(nodes.peer("a"));
    nodes.pass(10_000);

    assertEquals(TaskState.REMOVED, state(b, id));
    assertEquals(TaskState.REMOVED, state(b, keyedId));
    CompletionException gone =
        assertThrows(CompletionException.class, () -> nodes.get(b.attach(id, WORK).result()));
    assertTrue(gone.getMessage().contains("no longer kept"), gone.getMessage());
  }

  @Test
  void an_id_that_was_never_given_out_is_not_known() {
    TaskId id = id(a.submit(WORK.task("x")));
    BlockId other = new BlockId(1, 2, 3);
    assertFalse(nodes.get(b.find(other.task(0))).isPresent());

    // Of another cluster: its form is right, its mark is not ours.
    BlockId abroad = BlockId.issued(77, 1, 2, 3);
    assertFalse(nodes.get(b.find(abroad.task(0))).isPresent());

    char[] made = id.text().toCharArray();
    made[8] = made[8] == 'x' ? 'y' : 'x';
    assertFalse(nodes.get(b.find(TaskId.of(new String(made)))).isPresent());
  }

  // Retention 0: gone once fetched

  @Test
  void what_is_to_be_gone_once_fetched_is_gone_at_once_when_its_submitter_has_it() {
    // Must not wait behind one that stays longer.
    nodes.get(a.submit(WORK.task("before")).result());
    TaskHandle<String> handle = a.submit(WORK.task("x").retention(Duration.ZERO));
    nodes.get(handle.result());

    nodes.pass(300);
    assertEquals(TaskState.REMOVED, state(b, id(handle)));
  }

  /** Deleted at once, it would be recorded anew by a try that comes late, and run again. */
  @Test
  void what_may_have_been_recorded_twice_stays_until_no_try_can_come_any_more() {
    nodes.world().faults(ANSWERS_LOST);
    TaskHandle<String> handle = a.submit(WORK.task("x").retention(Duration.ZERO));
    nodes.pass(500);
    assertFalse(nodes.done(handle));
    nodes.world().faults(Faults.NONE);
    nodes.get(handle.result());

    staysUntilNoTryCanCome(id(handle));
  }

  @Test
  void what_nobody_fetched_stays_as_long_if_it_may_have_been_recorded_twice() {
    nodes.world().faults(ANSWERS_LOST);
    TaskHandle<String> handle = a.submitDetached(WORK.task("x").retention(Duration.ofSeconds(2)));
    nodes.pass(500);
    nodes.world().faults(Faults.NONE);
    nodes.get(handle.outcome());

    staysUntilNoTryCanCome(id(handle));
  }

  private void staysUntilNoTryCanCome(TaskId task) {
    nodes.pass(15_000);
    assertEquals(TaskState.SUCCEEDED, state(b, task));
    nodes.pass(10_000);
    assertEquals(TaskState.REMOVED, state(b, task));
  }

  @Test
  void what_is_to_be_gone_once_fetched_does_not_wait_for_the_rest_of_its_block() {
    List<TaskHandle<String>> handles =
        a.submitAll(
            List.of(HOLD.task("slow"), WORK.task("x").retention(Duration.ZERO), WORK.task("y")));
    nodes.get(handles.get(1).result());
    nodes.get(handles.get(2).result());

    nodes.pass(600);
    assertEquals(TaskState.REMOVED, state(b, id(handles.get(1))));
    assertEquals(TaskState.SUCCEEDED, state(b, id(handles.get(2))));
    assertEquals(TaskState.RUNNING, state(b, id(handles.get(0))));
  }

  @Test
  void what_is_to_be_gone_once_fetched_waits_for_who_comes_and_goes_to_the_first() {
    TaskHandle<String> handle = a.submitDetached(WORK.task("x").retention(Duration.ZERO));
    TaskId id = id(handle);
    nodes.get(handle.outcome());
    nodes.pass(60_000);

    // To look is not to fetch.
    assertEquals(TaskState.SUCCEEDED, state(b, id));
    nodes.get(b.look(id, WORK).outcome());
    nodes.pass(300);
    assertEquals(TaskState.SUCCEEDED, state(b, id));

    assertEquals("x 1", nodes.get(b.attach(id, WORK).result()));
    nodes.pass(300);
    assertEquals(TaskState.REMOVED, state(a, id));
    assertThrows(CompletionException.class, () -> nodes.get(a.attach(id, WORK).result()));
  }

  @Test
  void what_nobody_comes_for_is_gone_after_five_minutes_though_its_retention_is_zero() {
    TaskHandle<String> handle = a.submitDetached(WORK.task("x").retention(Duration.ZERO));
    TaskId id = id(handle);
    nodes.pass(6 * 60_000);
    assertEquals(TaskState.REMOVED, state(b, id));
  }

  // What others come for

  @Test
  void an_outcome_that_its_submitter_has_is_gone_after_ten_seconds() {
    TaskHandle<String> handle = a.submit(WORK.task("x"));
    nodes.get(handle.result());

    nodes.pass(8_000);
    assertTrue(nodes.get(b.find(id(handle))).isPresent());
    nodes.pass(5_000);
    assertEquals(TaskState.REMOVED, state(b, id(handle)));
  }

  @Test
  void an_outcome_of_a_detached_task_stays_for_its_retention() {
    TaskHandle<String> handle = a.submitDetached(WORK.task("x"));
    nodes.get(handle.result());

    nodes.pass(4 * 60_000);
    assertEquals(TaskState.SUCCEEDED, nodes.get(b.find(id(handle))).orElseThrow().state());
    assertEquals("x 1", nodes.get(b.attach(id(handle), WORK).result()));
    nodes.pass(2 * 60_000);
    assertEquals(TaskState.REMOVED, state(b, id(handle)));
  }

  @Test
  void an_outcome_stays_for_whoever_attaches_after_its_submitter_gave_up() {
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = id(handle);
    assertTrue(nodes.get(a.detach(handle)));
    TaskHandle<String> watching = a.attach(id, HOLD);
    held.complete("done");
    assertEquals("done", nodes.get(watching.result()));

    nodes.pass(60_000);
    assertEquals("done", nodes.get(b.attach(id, HOLD).result()));
    assertFalse(nodes.get(a.detach(handle)));
  }

  @Test
  void a_handle_of_somewhere_else_is_not_detached() {
    TaskHandle<String> handle = a.submit(WORK.task("x"));
    assertThrows(IllegalArgumentException.class, () -> a.detach(new Wrapped(handle)));
  }

  private record Wrapped(TaskHandle<String> handle) implements TaskHandle<String> {
    @Override
    public java.util.concurrent.CompletionStage<TaskId> accepted() {
      return handle.accepted();
    }

    @Override
    public java.util.concurrent.CompletionStage<String> result() {
      return handle.result();
    }

    @Override
    public java.util.concurrent.CompletionStage<io.dispatcher.task.Outcome<String>> outcome() {
      return handle.outcome();
    }

    @Override
    public java.util.concurrent.CompletionStage<Boolean> cancel() {
      return handle.cancel();
    }
  }
}
