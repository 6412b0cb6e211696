package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What those may be told who ask how a task stands, with each promise broken once. */
class StatusRuleTest extends WrittenHistory {

  private static final String ASKED = "c-task";
  private static final long SECOND = 1_000_000;

  @Test
  void what_is_told_in_its_order_breaks_no_promise() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "waiting all-full");
    told(ASKED, 1, "waiting");
    told(ASKED, 1, "running");
    succeeded(ASKED);
    told(ASKED, 1, "succeeded");
    right();
  }

  @Test
  void what_has_ended_is_never_open_again() {
    submitted(ASKED, 3, "front");
    succeeded(ASKED);
    told(ASKED, 1, "running");
    found("status-back");
  }

  @Test
  void what_somebody_was_told_as_ended_is_not_open_either() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "succeeded");
    told(ASKED, 1, "waiting all-full");
    succeeded(ASKED);
    found("status-back");
  }

  @Test
  void who_asked_before_the_end_may_be_told_late() {
    submitted(ASKED, 3, "front");
    long asked = now;
    succeeded(ASKED);
    add("http", Kind.STATUS).task(ASKED, 1).number(asked).text("running");
    right();
  }

  @Test
  void an_old_answer_that_says_so_is_none() {
    submitted(ASKED, 3, "front");
    succeeded(ASKED);
    told(ASKED, 1, "stale running");
    right();
  }

  @Test
  void an_owner_that_was_cut_off_cannot_know() {
    submitted(ASKED, 3, "front");
    add("node-2", Kind.FAULT).text("cut node-2");
    succeeded(ASKED);
    told(ASKED, 1, "running");
    add("node-2", Kind.THAW);
    right();
  }

  @Test
  void what_was_accepted_is_known() {
    submitted(ASKED, 3, "front");
    told(ASKED, 0, "unknown");
    succeeded(ASKED);
    found("forgotten");
  }

  @Test
  void and_stays_known() {
    submitted(ASKED, 3, "front");
    succeeded(ASKED);
    told(ASKED, 0, "removed");
    found("forgotten");
  }

  @Test
  void a_fault_inside_rereplication_may_take_it_along() {
    submitted(ASKED, 3, "front");
    add("node-2", Kind.FAULT).number(1).text("kill");
    add("node-2", Kind.DOWN).text("killed");
    told(ASKED, 0, "unknown");
    right();
  }

  @Test
  void what_was_told_before_such_a_fault_stays_judged() {
    submitted(ASKED, 3, "front");
    told(ASKED, 0, "unknown");
    beyond();
    succeeded(ASKED);
    found("forgotten");
  }

  @Test
  void so_does_what_was_told_as_open_again() {
    submitted(ASKED, 3, "front");
    succeeded(ASKED);
    told(ASKED, 1, "running");
    beyond();
    found("status-back");
  }

  @Test
  void and_what_differed() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "failed");
    succeeded(ASKED);
    beyond();
    found("status-differs");
  }

  @Test
  void and_what_was_told_to_wait_for_nothing() {
    waitsFor(25 * SECOND);
    beyond();
    succeeded(ASKED);
    assertEquals(Set.of("stuck", "waits-for-nothing"), verdict().violations().keySet());
  }

  @Test
  void and_what_was_left_lying() {
    submitted(ASKED, 3, "front");
    now += 30 * SECOND;
    beyond();
    succeeded(ASKED);
    found("stuck");
  }

  @Test
  void after_it_nothing_is() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "failed");
    beyond();
    told(ASKED, 1, "running");
    told(ASKED, 0, "removed");
    now += 30 * SECOND;
    told(ASKED, 1, "cancelled");
    succeeded(ASKED);
    right();
  }

  /** For no reason that is told. */
  private void waitsFor(long micros) {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "waiting");
    now += micros;
    told(ASKED, 1, "waiting");
  }

  private void beyond() {
    add("node-2", Kind.FAULT).number(1).text("kill");
    add("node-2", Kind.DOWN).text("killed");
  }

  @Test
  void it_ends_as_it_was_told() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "failed");
    succeeded(ASKED);
    found("status-differs");
  }

  @Test
  void and_as_everybody_else_was_told() {
    submitted(ASKED, 3, "front");
    told(ASKED, 1, "succeeded");
    told(ASKED, 1, "cancelled");
    succeeded(ASKED);
    found("status-differs");
  }

  @Test
  void long_tasks_take_long() {
    change(Kind.RUN, "", line -> line.text(line.text() + " task-ms=60000"));
    submitted(ASKED, 3, "front");
    now += 600 * SECOND;
    succeeded(ASKED);
    right();
  }

  @Test
  void an_owner_that_was_cut_off_long_ago_has_heard_meanwhile() {
    submitted(ASKED, 3, "front");
    succeeded(ASKED);
    add("node-2", Kind.FAULT).text("cut node-2");
    now += 5 * SECOND;
    add("node-2", Kind.THAW);
    now += 60 * SECOND;
    told(ASKED, 1, "running");
    found("status-back");
  }

  @Test
  void what_waits_says_for_what() {
    waitsFor(25 * SECOND);
    succeeded(ASKED);
    assertEquals(Set.of("stuck", "waits-for-nothing"), verdict().violations().keySet());
  }

  @Test
  void a_reason_between_or_another_attempt_begins_the_wait_anew() {
    submitted(ASKED, 3, "front");
    for (int i = 0; i < 3; i++) {
      told(ASKED, 1, "waiting");
      now += 15 * SECOND;
      told(ASKED, 1, "waiting no-handler");
    }
    told(ASKED, 1, "waiting");
    now += 15 * SECOND;
    told(ASKED, 2, "waiting");
    now += 15 * SECOND;
    told(ASKED, 2, "waiting");
    start(ASKED, 2, "node-2");
    outcome("reader", ASKED, 2, "succeeded 2 node-2");
    assertEquals(Map.of("stuck", 1L), verdict().violations());
  }

  @Test
  void none_is_left_lying() {
    submitted(ASKED, 3, "front");
    now += 30 * SECOND;
    succeeded(ASKED);
    found("stuck");
  }

  @Test
  void not_even_between_faults_as_they_come_in_an_ordinary_run() {
    submitted(ASKED, 3, "front");
    kills(8, 8);
    succeeded(ASKED);
    found("stuck");
  }

  @Test
  void but_for_faults_one_after_the_other() {
    submitted(ASKED, 3, "front");
    kills(20, 5);
    succeeded(ASKED);
    right();
  }

  private void kills(int times, int seconds) {
    for (int i = 0; i < times; i++) {
      add("node-2", Kind.FAULT).text("kill");
      add("node-2", Kind.DOWN).text("killed");
      now += seconds * SECOND;
    }
  }

  @Test
  void after_a_split_nodes_have_fifteen_seconds() {
    submitted(ASKED, 3, "front");
    add("node-2", Kind.FAULT).text("cut node-2 | the rest");
    now += 30 * SECOND;
    add("node-2", Kind.THAW);
    now += 25 * SECOND;
    succeeded(ASKED);
    right();
  }

  @Test
  void nor_longer_than_that_and_a_little() {
    submitted(ASKED, 3, "front");
    add("node-2", Kind.FAULT).text("cut node-2 | the rest");
    now += 30 * SECOND;
    add("node-2", Kind.THAW);
    now += 40 * SECOND;
    succeeded(ASKED);
    found("stuck");
  }

  @Test
  void where_very_many_wait_so_may_this_one() {
    submitted(ASKED, 3, "front");
    for (int i = 0; i < 1_100; i++) {
      submitted("more-" + i, 10 + i, "front");
    }
    now += 20 * SECOND;
    for (int i = 0; i < 1_100; i++) {
      succeeded("more-" + i);
    }
    succeeded(ASKED);
    right();
  }

  @Test
  void what_only_the_last_look_finds_may_have_ended_long_before() {
    lines.removeIf(line -> line.kind() == Kind.END);
    submitted(ASKED, 3, "front");
    start(ASKED, 1, "node-2");
    now += 60 * SECOND;
    add("front", Kind.END);
    outcome("reader", ASKED, 1, "succeeded 1 node-2");
    right();
  }

  @Test
  void the_end_of_a_run_tells_of_what_was_left_lying_until_then() {
    lines.removeIf(line -> line.kind() == Kind.END);
    submitted(ASKED, 3, "front");
    now += 30 * SECOND;
    succeeded(ASKED);
    now += SECOND;
    add("front", Kind.END);
    found("stuck");
  }

  @Test
  void and_for_one_that_lasts() {
    submitted(ASKED, 3, "front");
    add("node-2", Kind.FAULT).text("pause");
    now += 70 * SECOND;
    add("node-2", Kind.THAW);
    succeeded(ASKED);
    right();
  }

  private void told(String task, int attempt, String text) {
    long asked = now + 1;
    add("http", Kind.STATUS).task(task, attempt).number(asked).text(text);
  }

  private void right() {
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
    assertTrue(verdict().accepted() >= 3, verdict()::toString);
  }
}
