package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import org.junit.jupiter.api.Test;

/** Tasks that are submitted twice, fail once, or are cancelled: each promise is broken once. */
class SpecialTasksTest extends WrittenHistory {

  // ---------------------------------------------------------------- idempotency keys

  @Test
  void a_repeated_submit_gets_the_same_id_and_is_one_task() {
    keyed("c-task", 3);
    add("front", Kind.REPEAT).task("c-task", 0).number(3).text("k");
    succeeded("c-task");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(3, verdict().accepted());
    assertEquals(1, verdict().special().repeated());
  }

  @Test
  void one_that_gets_another_id_breaks_the_promise() {
    keyed("c-task", 3);
    add("front", Kind.REPEAT).task("d-task", 0).number(3).text("k");
    succeeded("c-task");
    succeeded("d-task");
    found("two-ids-for-one-key");
  }

  @Test
  void a_repeat_may_be_refused_for_the_moment() {
    keyed("c-task", 3);
    add("front", Kind.NO_REPEAT).number(3).text("NO_QUORUM: store 1 of 3");
    succeeded("c-task");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
  }

  @Test
  void but_not_as_something_else_under_its_key() {
    keyed("c-task", 3);
    add("front", Kind.NO_REPEAT).number(3).text("CONFLICT: the idempotency key of a task");
    succeeded("c-task");
    found("refused-by-its-own-key");
  }

  @Test
  void what_was_refused_first_may_be_accepted_again_and_then_counts() {
    add("front", Kind.SUBMIT).number(3);
    add("front", Kind.REFUSE).number(3).text("NO_QUORUM: store 1 of 3");
    add("front", Kind.REPEAT).task("c-task", 0).number(3).text("k");
    found("lost");
    succeeded("c-task");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(3, verdict().accepted());
  }

  // ---------------------------------------------------------------- own failures

  @Test
  void a_task_that_fails_once_goes_on_and_no_fault_gets_the_blame() {
    submitted("c-task", 3, "node-1");
    start("c-task", 1, "node-2");
    add("node-2", Kind.FAIL).task("c-task", 1);
    add("node-2", Kind.FAULT).text("kill");
    add("node-2", Kind.DOWN).text("killed");
    start("c-task", 2, "node-3");
    outcome("reader", "c-task", 2, "succeeded 2 node-3");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(1, verdict().special().ownFailures());
    assertEquals(1, verdict().startedTwice());
    assertEquals(1, verdict().restarts().get("kill").count());
  }

  @Test
  void unless_its_owner_blames_one() {
    submitted("c-task", 3, "node-1");
    start("c-task", 1, "node-2");
    add("node-2", Kind.FAIL).task("c-task", 1);
    add("node-2", Kind.FAULT).text("kill");
    add("node-2", Kind.DOWN).text("killed");
    add("node-1", Kind.REISSUE).task("c-task", 2).text("node-2");
    start("c-task", 2, "node-3");
    outcome("reader", "c-task", 2, "succeeded 2 node-3");
    assertEquals(2, verdict().startedTwice());
    assertEquals(2, verdict().restarts().get("kill").count());
  }

  @Test
  void one_failure_and_a_lost_node_do_not_end_it() {
    start(OTHER, 2, "node-3");
    change(Kind.OUTCOME, OTHER, line -> line.task(OTHER, 2).text("failed MeantToFail: meant to"));
    add("node-2", Kind.FAIL).task(OTHER, 1);
    found("wrong-outcome");
  }

  @Test
  void an_attempt_that_failed_does_not_succeed() {
    add("node-2", Kind.FAIL).task(OTHER, 1);
    found("failed-attempt-won");
  }

  @Test
  void own_failures_are_no_deaths() {
    start(OTHER, 2, "node-3");
    add("node-2", Kind.FAIL).task(OTHER, 2);
    start(OTHER, 3, "node-1");
    change(Kind.OUTCOME, OTHER, line -> line.task(OTHER, 3).text(SET_ASIDE));
    found("wrong-outcome");
  }

  // ---------------------------------------------------------------- cancels

  @Test
  void who_is_told_that_a_task_is_cancelled_sees_it_so() {
    cancelled("c-task", 1);
    outcome("front", "c-task", 0, "cancelled");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(3, verdict().finished());
    assertEquals(1, verdict().special().cancelled());
  }

  @Test
  void what_a_cancelled_attempt_returns_is_no_write_of_an_old_one() {
    cancelled("c-task", 1);
    add("node-2", Kind.FENCED).task("c-task", 1);
    outcome("front", "c-task", 0, "cancelled");
    assertEquals(0, verdict().fenced());
  }

  @Test
  void who_comes_too_late_is_told_so() {
    cancelled("c-task", 0);
    succeeded("c-task");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(0, verdict().special().cancelled());
  }

  @Test
  void nothing_is_cancelled_that_nobody_wanted_cancelled() {
    change(Kind.OUTCOME, OTHER, line -> line.text("cancelled"));
    found("wrong-outcome");
  }

  @Test
  void what_is_cancelled_does_not_succeed() {
    cancelled("c-task", 1);
    succeeded("c-task");
    found("cancel-undone");
  }

  @Test
  void unless_a_fault_may_have_kept_its_owner_from_it() {
    add("node-3", Kind.FAULT).text("pause");
    submitted("c-task", 3, "node-3");
    add("node-3", Kind.CANCEL).task("c-task", 0);
    add("node-3", Kind.CANCELLED).task("c-task", 0).number(1);
    add("node-3", Kind.THAW);
    succeeded("c-task");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
  }

  @Test
  void a_fault_of_another_node_keeps_nobody_from_it() {
    now += 60_000_000;
    add("node-3", Kind.FAULT).text("pause");
    submitted("c-task", 3, "node-1");
    add("node-1", Kind.CANCEL).task("c-task", 0);
    add("node-1", Kind.CANCELLED).task("c-task", 0).number(1);
    add("node-3", Kind.THAW);
    succeeded("c-task");
    found("cancel-undone");
  }

  @Test
  void what_had_ended_was_not_cancelled() {
    cancelled("c-task", 0);
    outcome("front", "c-task", 0, "cancelled");
    found("cancel-denied");
  }

  @Test
  void a_cancelled_task_gets_no_new_attempt() {
    cancelled("c-task", 1);
    add("front", Kind.SETTLE).task("c-task", 1).text("cancelled");
    outcome("front", "c-task", 0, "cancelled");
    start("c-task", 1, "node-2");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    start("c-task", 2, "node-2");
    found("started-after-cancel");
  }

  @Test
  void nor_does_it_start_long_after() {
    cancelled("c-task", 1);
    outcome("front", "c-task", 0, "cancelled");
    now += 3_000_000;
    start("c-task", 1, "node-2");
    found("started-after-cancel");
  }
}
