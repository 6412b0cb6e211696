package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A checker that has never found anything proves nothing: here each promise is broken once. */
class CheckerTest {
  private static final String TASK = "a-task";
  private static final String OTHER = "b-task";

  private static final String SET_ASIDE = "failed io.dispatcher.Poison: set aside: 3 nodes died";

  private final List<Line> lines = new ArrayList<>();
  private long now = 1_000_000;

  /**
   * Two tasks; the node that runs and owns the first is killed, the other one carries on at the
   * checkpoint.
   */
  CheckerTest() {
    add("front", Kind.RUN).text("nodes=3 tasks=2 kills=1 pauses=0 leaves=0 seed=1");
    submitted(TASK, 1, "node-1");
    submitted(OTHER, 2, "front");
    start(TASK, 1, "node-1");
    save(TASK, 1, "node-1", 1);
    save(TASK, 1, "node-1", 2);
    start(OTHER, 1, "node-2");
    add("node-1", Kind.FAULT).text("kill");
    add("node-1", Kind.DOWN).text("killed");
    outcome("front", OTHER, 1, "succeeded 1 node-2");
    add("node-3", Kind.REISSUE).task(TASK, 2).text("node-1");
    now += 500_000;
    start(TASK, 2, "node-2");
    add("node-2", Kind.RESUME).task(TASK, 2).number(2);
    add("node-3", Kind.SETTLE).task(TASK, 2).text("succeeded");
    add("node-1", Kind.UP);
    add("front", Kind.END);
    outcome("reader", TASK, 2, "succeeded 2 node-2");
    outcome("reader", OTHER, 1, "succeeded 1 node-2");
  }

  // ---------------------------------------------------------------- what is right

  @Test
  void finds_nothing_where_every_promise_held() {
    Verdict verdict = verdict();
    assertEquals(Map.of(), verdict.violations(), verdict::toString);
    assertEquals(List.of(), verdict.tooLittle());
    assertEquals(0, verdict.exitCode());
    assertEquals(2, verdict.accepted());
    assertEquals(2, verdict.finished());
    assertEquals(0, verdict.lost());
    assertEquals(1, verdict.startedTwice());
    assertEquals(1, verdict.faults().get(FaultClass.KILL));
  }

  @Test
  void times_the_restart_from_the_fault() {
    Verdict.Restarts restarts = verdict().restarts().get("kill");
    assertEquals(1, restarts.count());
    assertEquals(500 + 5, restarts.max(), 5);
    assertEquals(restarts, verdict().restarts().get(Timeline.OWNER_KILL));
  }

  @Test
  void what_had_not_begun_is_counted_apart() {
    submitted("c-task", 3, "node-1");
    add("node-1", Kind.FAULT).text("kill");
    add("node-1", Kind.DOWN).text("killed");
    now += 700_000;
    start("c-task", 2, "node-2");
    outcome("reader", "c-task", 2, "succeeded 2 node-2");
    assertEquals(1, verdict().restarts().get("kill").count());
    assertEquals(1, verdict().firstStarts().get("kill").count());
    assertEquals(700 + 5, verdict().firstStarts().get("kill").max(), 5);
  }

  @Test
  void a_restart_that_no_fault_explains_is_none_of_one() {
    start(OTHER, 2, "node-3");
    assertEquals(1, verdict().restarts().get("kill").count());
  }

  @Test
  void counts_refused_writes_of_old_attempts() {
    add("node-1", Kind.FENCED).task(TASK, 1);
    add("node-1", Kind.STALE).task(TASK, 1).number(3);
    assertEquals(2, verdict().fenced());
    assertEquals(0, verdict().exitCode());
  }

  @Test
  void what_was_never_accepted_may_go() {
    add("front", Kind.SUBMIT).number(3);
    add("front", Kind.REFUSE).number(3).text("busy");
    add("front", Kind.SUBMIT).number(4);
    add("front", Kind.UNKNOWN).number(4).text("may have been accepted");
    start("c-task", 1, "node-2");
    assertEquals(0, verdict().exitCode());
    assertEquals(1, verdict().refused());
    assertEquals(1, verdict().unknown());
  }

  // ---------------------------------------------------------------- broken promises

  @Test
  void an_accepted_task_without_an_outcome_is_lost() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(OTHER));
    found("lost");
    assertEquals(1, verdict().lost());
    assertEquals(1, verdict().finished());
  }

  @Test
  void a_task_that_nobody_ever_started_is_lost_too() {
    submitted("c-task", 3, "node-3");
    add("reader", Kind.MISSING).task("c-task", 0).text("task c-task is not known");
    found("lost");
    assertTrue(verdict().examples().get(0).contains("is not known"), verdict()::toString);
  }

  @Test
  void a_fault_inside_rereplication_may_lose_what_was_accepted_before() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    change(Kind.FAULT, "", line -> line.number(1));
    Verdict verdict = verdict();
    assertEquals(1, verdict.lost());
    assertEquals(1, verdict.lostBeyond());
    assertEquals(1, verdict.rereplicating());
    assertEquals(0, verdict.exitCode());
  }

  @Test
  void but_not_what_was_accepted_long_before() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    now += 120_000_000;
    add("node-3", Kind.FAULT).number(1).text("kill");
    add("node-3", Kind.DOWN).text("killed");
    found("lost");
  }

  @Test
  void but_not_what_was_accepted_after_it() {
    change(Kind.FAULT, "", line -> line.number(1));
    submitted("c-task", 3, "node-3");
    found("lost");
  }

  @Test
  void another_outcome_shown_is_committed_twice() {
    start(OTHER, 2, "node-3");
    outcome("node-3", OTHER, 2, "succeeded 2 node-3");
    assertTrue(verdict().violations().containsKey("committed-twice"), verdict()::toString);
    assertEquals(1, verdict().committedTwice());
  }

  @Test
  void another_state_shown_is_committed_twice() {
    outcome("node-3", OTHER, 1, "cancelled");
    found("committed-twice");
  }

  @Test
  void another_outcome_recorded_is_committed_twice() {
    add("node-2", Kind.SETTLE).task(TASK, 1).text("succeeded");
    found("committed-twice");
  }

  @Test
  void an_attempt_that_starts_on_two_nodes_is_not_fenced() {
    start(OTHER, 1, "node-3");
    found("attempt-started-twice");
  }

  @Test
  void an_older_attempt_must_not_win() {
    start(OTHER, 2, "node-3");
    found("old-attempt-won");
  }

  @Test
  void an_outcome_needs_an_attempt_that_returned_it() {
    lines.removeIf(line -> line.kind() == Kind.START && line.task().equals(OTHER));
    found("wrong-outcome");
  }

  @Test
  void a_task_whose_handler_never_fails_cannot_fail() {
    change(Kind.OUTCOME, OTHER, line -> line.text("failed lost: a node died"));
    found("wrong-outcome");
  }

  @Test
  void unless_three_nodes_died_with_it() {
    start(OTHER, 2, "node-3");
    start(OTHER, 3, "node-1");
    change(Kind.OUTCOME, OTHER, line -> line.task(OTHER, 3).text(SET_ASIDE));
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(1, verdict().setAside());
  }

  @Test
  void and_not_if_fewer_did() {
    start(OTHER, 2, "node-3");
    change(Kind.OUTCOME, OTHER, line -> line.task(OTHER, 2).text(SET_ASIDE));
    found("wrong-outcome");
    assertEquals(0, verdict().setAside());
  }

  @Test
  void and_not_for_another_reason() {
    start(OTHER, 2, "node-3");
    start(OTHER, 3, "node-1");
    change(Kind.OUTCOME, OTHER, line -> line.task(OTHER, 3).text("failed lost: set aside"));
    found("wrong-outcome");
    assertEquals(0, verdict().setAside());
  }

  @Test
  void an_accepted_task_must_not_be_refused() {
    add("front", Kind.REFUSE).number(2).text("full");
    found("refused-after-accept");
  }

  @Test
  void a_newer_attempt_must_not_find_an_older_checkpoint() {
    change(Kind.RESUME, TASK, line -> line.number(1));
    found("checkpoint-back");
  }

  @Test
  void nor_none() {
    change(Kind.RESUME, TASK, line -> line.number(0));
    found("checkpoint-back");
  }

  @Test
  void an_old_attempt_must_not_save_once_a_newer_one_has_started() {
    save(TASK, 1, "node-1", 3);
    lines.removeIf(line -> line.kind() == Kind.RESUME);
    found("old-attempt-wrote");
  }

  @Test
  void a_checkpoint_that_was_asked_for_before_may_be_told_later() {
    long asked =
        lines.stream().filter(l -> l.kind() == Kind.FAULT).findAny().orElseThrow().micros();
    add("node-1", Kind.SAVE).task(TASK, 1).number(2).text("" + asked);
    assertEquals(0, verdict().exitCode(), verdict()::toString);
  }

  @Test
  void two_tasks_must_not_share_an_id() {
    add("node-3", Kind.ACCEPT).task(TASK, 0).number(9);
    found("one-id-for-two");
  }

  @Test
  void an_outcome_stays() {
    add("reader", Kind.MISSING).task(OTHER, 0).text("task b-task is not known");
    found("outcome-gone");
  }

  @Test
  void unless_its_copies_may_have_died() {
    change(Kind.FAULT, "", line -> line.number(1));
    add("reader", Kind.MISSING).task(OTHER, 0).text("task b-task is not known");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
  }

  @Test
  void a_node_that_ends_by_itself_is_no_fault_of_ours() {
    add("node-3", Kind.DOWN).text(Place.UNCALLED + "ended by itself, exit code 1");
    found("node-ended");
  }

  @Test
  void one_that_was_removed_during_a_pause_is() {
    add("node-3", Kind.FAULT).text("pause");
    add("node-3", Kind.THAW);
    add("node-3", Kind.DOWN).text("expelled after a pause");
    assertEquals(0, verdict().exitCode(), verdict()::toString);
    assertEquals(1, verdict().faults().get(FaultClass.PAUSE));
  }

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

  // ---------------------------------------------------------------- too little

  @Test
  void a_run_without_enough_tasks_proves_nothing() {
    change(Kind.RUN, "", line -> line.text(line.text().replace("tasks=2", "tasks=3")));
    tooLittle("2 tasks were accepted, of 3");
  }

  @Test
  void a_fault_without_effect_proves_nothing() {
    lines.removeIf(line -> line.kind() == Kind.DOWN);
    tooLittle("0 kills took effect, of 1");
  }

  @Test
  void kills_that_hit_nothing_prove_nothing() {
    lines.removeIf(line -> line.attempt() == 2 && line.kind() != Kind.OUTCOME);
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    outcome("reader", TASK, 1, "succeeded 1 node-1");
    tooLittle("no kill hit a task");
  }

  @Test
  void a_run_that_was_cut_short_proves_nothing() {
    lines.removeIf(line -> line.kind() == Kind.END);
    tooLittle("the run was cut short");
  }

  @Test
  void a_run_that_broke_off_lost_nothing_by_that() {
    lines.removeIf(line -> line.kind() == Kind.END || line.kind() == Kind.OUTCOME);
    add(Timeline.CLUSTER, Kind.BROKEN).text("node-1 is not back");
    tooLittle("the run broke off, with 2 tasks open: node-1 is not back");
    assertEquals(0, verdict().lost());
    assertEquals(0, verdict().finished());
  }

  @Test
  void but_what_it_had_broken_before_is_broken() {
    add("front", Kind.ACCEPT).task(TASK, 0).number(9);
    add(Timeline.CLUSTER, Kind.BROKEN).text("node-1 is not back");
    found("one-id-for-two");
  }

  @Test
  void an_empty_history_proves_nothing() {
    lines.clear();
    assertEquals(3, verdict().exitCode());
  }

  @Test
  void a_violation_counts_more_than_too_little() {
    lines.removeIf(line -> line.kind() == Kind.END || line.kind() == Kind.OUTCOME);
    assertFalse(verdict().tooLittle().isEmpty());
    assertEquals(1, verdict().exitCode());
  }

  // ---------------------------------------------------------------- tools

  private void found(String promise) {
    Verdict verdict = verdict();
    assertEquals(Set.of(promise), verdict.violations().keySet(), verdict::toString);
    assertEquals(1, verdict.exitCode());
    assertEquals(1, verdict.examples().size());
  }

  private void tooLittle(String why) {
    Verdict verdict = verdict();
    assertEquals(Map.of(), verdict.violations(), verdict::toString);
    assertEquals(List.of(why), verdict.tooLittle());
    assertEquals(3, verdict.exitCode());
  }

  /** As from a file: what cannot be written and read again is not checked either. */
  private Verdict verdict() {
    Checker checker = new Checker();
    lines.forEach(line -> checker.accept(Line.parse(line.json()).orElseThrow()));
    return checker.verdict();
  }

  private void submitted(String task, long number, String node) {
    add(node, Kind.SUBMIT).number(number);
    add(node, Kind.ACCEPT).task(task, 0).number(number);
  }

  private void start(String task, int attempt, String node) {
    add(node, Kind.START).task(task, attempt);
  }

  private void keyed(String task, long number) {
    add("front", Kind.SUBMIT).number(number);
    add("front", Kind.ACCEPT).task(task, 0).number(number).text("k");
  }

  private void succeeded(String task) {
    start(task, 1, "node-2");
    outcome("reader", task, 1, "succeeded 1 node-2");
  }

  /** Long after all faults. */
  private void cancelled(String task, int told) {
    now += 60_000_000;
    submitted(task, 3, "front");
    add("front", Kind.CANCEL).task(task, 0);
    add("front", Kind.CANCELLED).task(task, 0).number(told);
  }

  private void save(String task, int attempt, String node, int step) {
    long asked = now;
    add(node, Kind.SAVE).task(task, attempt).number(step).text(Long.toString(asked));
  }

  private void outcome(String node, String task, int attempt, String text) {
    add(node, Kind.OUTCOME).task(task, attempt).text(text);
  }

  private void change(Kind kind, String task, UnaryOperator<Line> change) {
    lines.replaceAll(
        line -> line.kind() == kind && line.task().equals(task) ? change.apply(line) : line);
  }

  /** The newest line, which can be told more; each is a millisecond later. */
  private Added add(String node, Kind kind) {
    now += 1_000;
    lines.add(new Line(now, node, kind, "", 0, 0, ""));
    return new Added(lines);
  }

  /** Tells the last line more. */
  private record Added(List<Line> lines) {
    Added task(String id, int attempt) {
      return change(line -> line.task(id, attempt));
    }

    Added number(long value) {
      return change(line -> line.number(value));
    }

    Added text(String value) {
      return change(line -> line.text(value));
    }

    private Added change(UnaryOperator<Line> change) {
      int last = lines.size() - 1;
      lines.set(last, change.apply(lines.get(last)));
      return this;
    }
  }
}
