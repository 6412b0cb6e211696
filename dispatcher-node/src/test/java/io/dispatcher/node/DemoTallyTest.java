package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.DemoTally.Start;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoTallyTest {
  private static final TaskId A = TaskId.of("a");
  private static final TaskId B = TaskId.of("b");

  private final DemoTally tally = new DemoTally(3);

  @Test
  void times_restarts_from_the_kill() {
    start(0, A, 1, 100);
    start(0, B, 1, 110);
    assertEquals(2, tally.running(0));
    tally.killed(0, 200);
    tally.reissued(A, 2, "node-1");
    tally.reissued(B, 2, "node-1");
    start(1, A, 2, 500);
    start(2, B, 2, 700);
    DemoTally.Totals totals = tally.totals();
    assertEquals(2, totals.startedTwice());
    assertEquals(300, totals.restartFirst());
    assertEquals(500, totals.restartLast());
    assertEquals(0, tally.running(0));
  }

  @Test
  void follows_what_becomes_of_the_tasks_of_a_killed_node() {
    start(0, A, 1, 100);
    start(1, B, 1, 110);
    tally.killed(0, 200);
    assertEquals(new DemoTally.Aftermath(-1, -1, -1, 0, 0), tally.aftermath());
    tally.reissued(A, 2, "node-1");
    assertEquals(1, tally.aftermath().open());
    start(2, A, 2, 500);
    assertEquals(new DemoTally.Aftermath(-1, 300, 300, 1, 0), tally.aftermath());
    assertEquals(
        List.of(
            new DemoTally.PerNode(0, 1, 0),
            new DemoTally.PerNode(1, 1, 0),
            new DemoTally.PerNode(2, 0, 1)),
        tally.perNode());
    tally.workerLeft("node-2");
    assertEquals(-1, tally.aftermath().left());
    tally.workerLeft("node-1");
    assertTrue(tally.aftermath().left() > 0);
  }

  @Test
  void watches_each_kill_anew() {
    start(0, A, 1, 100);
    tally.killed(0, 200);
    tally.reissued(A, 2, "node-1");
    start(1, A, 2, 500);
    tally.killed(1, 1000);
    assertEquals(new DemoTally.Aftermath(-1, -1, -1, 0, 0), tally.aftermath());
    tally.settled(A, 2, TaskState.SUCCEEDED);
    tally.forgetEndedBefore(Long.MAX_VALUE);
    assertEquals(0, tally.totals().startedTwice());
  }

  @Test
  void a_retry_of_other_tasks_is_no_restart() {
    tally.killed(0, 200);
    start(1, A, 1, 300);
    start(1, A, 2, 400);
    assertEquals(-1, tally.totals().restartFirst());
  }

  @Test
  void lost_and_wrong_and_recorded_twice_are_failures() {
    tally.accepted();
    assertEquals(1, tally.totals().lost());
    assertFalse(DemoReport.good(tally.totals()));

    Outcome<String> outcome = new Outcome.Succeeded<>(A, "x", 1);
    tally.settled(A, 1, TaskState.SUCCEEDED);
    tally.done(outcome, true);
    tally.verified(outcome, outcome);
    assertTrue(DemoReport.good(tally.totals()));

    tally.settled(A, 2, TaskState.SUCCEEDED);
    assertEquals(1, tally.totals().recordedTwice());
    assertFalse(DemoReport.good(tally.totals()));
  }

  @Test
  void an_outcome_that_changes_is_recorded_twice() {
    tally.verified(new Outcome.Succeeded<>(A, "x", 1), new Outcome.Succeeded<>(A, "y", 2));
    assertEquals(1, tally.totals().recordedTwice());
  }

  @Test
  void a_wrong_value_is_shown() {
    tally.accepted();
    Outcome<String> outcome = new Outcome.Succeeded<>(A, "x", 1);
    tally.done(outcome, false);
    tally.verified(outcome, outcome);
    assertEquals(1, tally.totals().wrong());
    assertTrue(String.valueOf(tally.totals().firstWrong()).contains("x"));
    assertFalse(DemoReport.good(tally.totals()));
  }

  private void start(int node, TaskId id, int attempt, long millis) {
    tally.started(node, Start.of(new Start(id.text(), attempt, millis).text()));
  }
}
