package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A checker that has never found anything proves nothing: here each promise is broken once. */
class CheckerTest extends WrittenHistory {

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
  void a_fault_beyond_the_backups_may_lose_what_was_accepted_before() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    secondDeath("node-2");
    Verdict verdict = verdict();
    assertEquals(1, verdict.lost());
    assertEquals(1, verdict.lostBeyond());
    assertEquals(1, verdict.rereplicating());
    assertEquals(1, verdict.beyondBackups());
    assertEquals(0, verdict.exitCode());
  }

  @Test
  void but_not_one_that_the_backups_of_five_nodes_outlive() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    change(Kind.RUN, "", line -> line.text(line.text().replace("nodes=3", "nodes=5")));
    secondDeath("node-2");
    found("lost");
    assertEquals(1, verdict().rereplicating());
    assertEquals(0, verdict().beyondBackups());
  }

  @Test
  void nor_the_first_that_all_copies_were_there_before() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    add("node-2", Kind.FAULT).text("kill");
    add("node-2", Kind.DOWN).text("killed");
    found("lost");
  }

  /** While the copies of the first one are still made. */
  private void secondDeath(String node) {
    add(node, Kind.FAULT).number(1).text("kill");
    add(node, Kind.DOWN).text("killed");
  }

  @Test
  void but_not_what_had_been_left_lying_before() {
    submitted("c-task", 3, "front");
    now += 25_000_000;
    secondDeath("node-3");
    assertEquals(1, verdict().beyondBackups());
    found("lost");
  }

  @Test
  void faults_may_have_kept_it_open_for_as_long_as_they_lasted() {
    submitted("c-task", 3, "front");
    add("node-2", Kind.FAULT).text("pause");
    now += 60_000_000;
    add("node-2", Kind.THAW);
    now += 10_000_000;
    secondDeath("node-3");
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
    assertEquals(1, verdict().lostBeyond());
  }

  @Test
  void and_an_outcome_may_go_long_after() {
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    now += 120_000_000;
    secondDeath("node-3");
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
    assertEquals(1, verdict().lostBeyond());
  }

  @Test
  void but_not_what_was_accepted_after_it() {
    secondDeath("node-2");
    submitted("c-task", 3, "node-3");
    assertEquals(1, verdict().beyondBackups());
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
  void what_an_owner_has_recorded_stays_the_outcome() {
    submitted("c-task", 3, "front");
    start("c-task", 1, "node-1");
    add("front", Kind.SETTLE).task("c-task", 1).text("succeeded");
    start("c-task", 2, "node-2");
    outcome("reader", "c-task", 2, "succeeded 2 node-2");
    found("committed-twice");
    assertEquals(1, verdict().committedTwice());
  }

  @Test
  void in_its_state_too() {
    submitted("c-task", 3, "front");
    add("front", Kind.CANCEL).task("c-task", 0);
    add("front", Kind.SETTLE).task("c-task", 1).text("cancelled");
    succeeded("c-task");
    found("committed-twice");
  }

  @Test
  void whoever_cancelled_or_ended_it_and_however_often_they_tell() {
    submitted("c-task", 3, "front");
    add("front", Kind.CANCEL).task("c-task", 0);
    add("front", Kind.SETTLE).task("c-task", 2).text("cancelled");
    outcome("reader", "c-task", 0, "cancelled");
    add("front", Kind.SETTLE).task(OTHER, 1).text("succeeded");
    add("node-3", Kind.SETTLE).task(OTHER, 1).text("removed");
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
  }

  @Test
  void unless_all_copies_of_that_may_have_died() {
    submitted("c-task", 3, "front");
    start("c-task", 1, "node-1");
    add("front", Kind.SETTLE).task("c-task", 1).text("succeeded");
    secondDeath("node-2");
    start("c-task", 2, "node-3");
    outcome("reader", "c-task", 2, "succeeded 2 node-3");
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
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
  void nor_for_three_starts_with_another_reason() {
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
  void until_its_copies_may_have_died() {
    add("reader", Kind.MISSING).task(OTHER, 0).text("task b-task is not known");
    secondDeath("node-2");
    found("outcome-gone");
  }

  @Test
  void unless_its_copies_may_have_died() {
    secondDeath("node-2");
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
}
