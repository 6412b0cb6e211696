package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.ledger.Reply;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/**
 * What any front says of any task: fresh from its owner, stale from the ledger, final confirmed.
 */
class FinderTest {

  private static final long CUT = 20_000_000_000L;
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT)
          .founder("c", STORE, FRONT)
          .founded();
  private final List<CompletableFuture<String>> promises = new ArrayList<>();
  private final Dispatcher owner =
      nodes.start(
          "a",
          builder ->
              builder.handleAsync(
                  WORK,
                  (words, ctx) -> {
                    ctx.progress("half-way");
                    CompletableFuture<String> promise = new CompletableFuture<>();
                    promises.add(promise);
                    return promise;
                  }));
  private final Dispatcher other = nodes.start("b", builder -> builder);

  private TaskStatus find(Dispatcher front, TaskId id) {
    return nodes.get(front.find(id)).orElseThrow();
  }

  private TaskId running() {
    TaskHandle<String> handle = owner.submit(WORK.task("x").retries(0));
    nodes.until(() -> promises.size() == 1);
    nodes.pass(50);
    return nodes.get(handle.accepted());
  }

  @Test
  void another_front_asks_the_owner() {
    TaskId id = running();

    TaskStatus status = find(other, id);

    assertEquals(find(owner, id), status);
    assertEquals(TaskState.RUNNING, status.state());
    assertEquals("a", status.node());
    assertEquals("half-way", status.progress());
    assertFalse(status.stale());
  }

  @Test
  void an_owner_that_is_silent_leaves_the_ledgers_word_which_is_stale() {
    TaskId id = running();
    nodes.world().cut(nodes.peer("a"), nodes.peer("b"), true, CUT);
    long asked = nodes.millis();

    TaskStatus status = find(other, id);

    long took = nodes.millis() - asked;
    assertTrue(took >= 500 && took < 700, took + " ms");
    assertTrue(status.stale());
    assertEquals(TaskState.WAITING, status.state());
    assertEquals("work", status.type());
    assertEquals(1, status.attempt());
    assertNull(status.node());
  }

  @Test
  void an_owner_that_stands_still_with_its_part_of_the_ledger_leaves_a_copys_word() {
    nodes.start("c", builder -> builder);
    nodes.pass(1_000);
    for (int i = 0; i < 10; i++) {
      TaskId id = nodes.get(owner.submit(WORK.task("x")).accepted());
      nodes.pass(50);
      nodes.world().freeze(nodes.peer("a"), 3_000_000_000L);
      long asked = nodes.millis();

      TaskStatus status = find(other, id);

      long took = nodes.millis() - asked;
      assertTrue(took < 700, took + " ms");
      assertTrue(status.stale(), status::toString);
      assertEquals("work", status.type());
      nodes.pass(10_000);
    }
  }

  @Test
  void a_final_state_is_never_stale_though_the_owner_is_silent() {
    TaskId id = running();
    nodes.world().cut(nodes.peer("a"), nodes.peer("b"), true, CUT);
    promises.get(0).completeExceptionally(new IllegalStateException("no paper"));
    nodes.until(() -> owner.stats().failed() == 1);

    TaskStatus status = find(other, id);

    assertEquals(TaskState.FAILED, status.state());
    assertFalse(status.stale());
    Failure failure = status.failure();
    assertTrue(failure != null && failure.message().contains("no paper"), String.valueOf(failure));
    assertEquals("a", status.node());
  }

  @Test
  void a_task_that_ends_while_its_owner_is_asked_is_shown_as_ended() {
    TaskId id = running();
    nodes.world().cut(nodes.peer("b"), nodes.peer("a"), false, 300_000_000L);
    CompletableFuture<TaskStatus> status =
        other.find(id).thenApply(found -> found.orElseThrow()).toCompletableFuture();
    nodes.pass(100);
    promises.get(0).complete("done");

    assertEquals(TaskState.SUCCEEDED, nodes.get(status).state());
  }

  @Test
  void what_was_told_as_ended_is_not_open_at_an_owner_that_has_not_heard_of_it() {
    TaskId id = running();
    nodes.settle(id, "b");
    assertEquals(TaskState.SUCCEEDED, find(other, id).state());

    assertEquals(TaskState.SUCCEEDED, find(owner, id).state());
    // Now it has.
    nodes.until(() -> owner.stats().succeeded() == 1);
  }

  @Test
  void an_owner_that_has_not_heard_of_the_end_may_be_asked_though_another_fetched_it_for_good() {
    TaskHandle<String> handle = owner.submit(WORK.task("x").retries(0).retention(Duration.ZERO));
    nodes.until(() -> promises.size() == 1);
    TaskId id = nodes.get(handle.accepted());
    nodes.settle(id, "b");
    assertEquals("y", nodes.get(other.attach(id, WORK).result()));
    nodes.pass(100);

    assertEquals(TaskState.REMOVED, find(owner, id).state());
    nodes.pass(1_000);
    assertEquals(0, owner.stats().unfinished());
    assertTrue(nodes.done(handle));
  }

  @Test
  void an_owners_word_that_the_ledger_does_not_confirm_is_stale() {
    TaskId id = running();
    nodes.world().freeze(nodes.peer("b"), 3_000_000_000L);
    nodes.world().freeze(nodes.peer("c"), 3_000_000_000L);
    long asked = nodes.millis();

    TaskStatus status = find(owner, id);

    long took = nodes.millis() - asked;
    assertTrue(took < 700, took + " ms");
    assertEquals(TaskState.RUNNING, status.state());
    assertTrue(status.stale(), status::toString);
  }

  @Test
  void every_task_that_waits_says_why() {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      handles.add(owner.submit(WORK.task("x")));
    }
    nodes.until(() -> promises.size() == 2);
    nodes.pass(50);

    int full = 0;
    for (TaskHandle<String> handle : handles) {
      TaskStatus status = find(other, nodes.get(handle.accepted()));
      full += status.waiting() == WaitingReason.ALL_FULL ? 1 : 0;
      assertTrue(status.state() == TaskState.RUNNING || status.waiting() != null, status::toString);
    }
    assertTrue(full >= 10, full + " of 20");
  }

  @Test
  void without_a_majority_the_question_fails_and_says_why() {
    cannotBeTold(new Reply.Unavailable("store 1 of 3: waiting for 1 more"), "store 1 of 3");
  }

  @Test
  void what_may_come_back_is_not_told_gone() {
    cannotBeTold(new Reply.Missing(), "a node that was cut off may have one");
  }

  private static void cannotBeTold(Reply always, String why) {
    LedgerFaults cluster = new LedgerFaults(LocalCluster.start());
    try (Dispatcher d = Dispatcher.builder().cluster(cluster).start()) {
      cluster.replies(always);

      CompletionException failed =
          assertThrows(
              CompletionException.class,
              () -> d.find(TaskId.of("b" + "A".repeat(26))).toCompletableFuture().join());

      assertTrue(failed.getCause() instanceof DispatcherException, failed.toString());
      assertTrue(failed.getMessage().contains(why), failed.getMessage());
      d.close(Duration.ZERO);
    }
  }

  @Test
  void earlier_attempts_are_told_by_every_front_while_it_runs_and_after_it_ended() {
    TaskHandle<String> handle = owner.submit(WORK.task("x").retries(2));
    TaskId id = nodes.get(handle.accepted());
    nodes.until(() -> promises.size() == 1);
    assertEquals(List.of(), find(owner, id).history());
    promises.get(0).completeExceptionally(new IllegalStateException("once"));
    nodes.until(() -> promises.size() == 2);
    nodes.pass(50);

    List<PastAttempt> history = find(owner, id).history();
    assertEquals(history, find(other, id).history());
    assertEquals(1, history.size());
    PastAttempt first = history.get(0);
    assertEquals(1, first.attempt());
    assertEquals("a", first.node());
    assertEquals(PastAttempt.Cause.FAILED, first.cause());
    assertEquals("java.lang.IllegalStateException: once", first.note());
    assertFalse(first.endedAt().isBefore(first.startedAt()));

    promises.get(1).complete("y");
    nodes.get(handle.result());
    List<PastAttempt> all = find(other, id).history();
    assertEquals(2, all.size());
    assertEquals(first, all.get(0));
    assertEquals(PastAttempt.Cause.SUCCEEDED, all.get(1).cause());
  }
}
