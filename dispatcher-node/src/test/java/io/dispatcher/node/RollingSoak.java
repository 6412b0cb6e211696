package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Rolling restarts under load, {@code -Dsoak.rounds} of them, on one cluster; and a full stop with
 * export and import.
 */
class RollingSoak {
  /** So many that they are not done before the command to stop is there. */
  private static final int TASKS = 6_000;

  private static final int ROUNDS = Integer.getInteger("soak.rounds", 50);

  @Test
  void a_stop_of_the_whole_cluster_in_the_middle_of_its_work() throws Exception {
    RollingRun.Stopped stopped;
    try (RollingRun run = new RollingRun()) {
      stopped = run.stop(TASKS);
    }
    SoakReport.say("full stop: %s", stopped);

    assertEquals(stopped.tasks(), stopped.succeeded(), stopped::toString);
    assertEquals(0, stopped.startedAgain(), stopped::toString);
    assertEquals(0, stopped.raised(), stopped::toString);
    assertFalse(stopped.said().get(0).contains(": 0 tasks without"), "all had ended before");
    assertTrue(stopped.said().get(2).startsWith("0 tasks and 0 outcomes"), stopped::toString);
  }

  @Test
  void rolling_restarts() throws Exception {
    RollingRun.Figures figures;
    try (RollingRun run = new RollingRun()) {
      figures = run.run(ROUNDS);
    }
    SoakReport.write("rolling-soak", figures);
    SoakReport.say(
        "%d rolling restarts: %d tasks, %d client errors, %d started again; a leave took p50 %d, p99"
            + " %d ms",
        figures.rounds(),
        figures.submitted(),
        figures.errors().size(),
        figures.startedAgain(),
        SoakReport.percentile(figures.leaveMillis(), 50),
        SoakReport.percentile(figures.leaveMillis(), 99));

    double permille = figures.submitted() / 1000.0;
    assertEquals(figures.submitted(), figures.succeeded() + figures.errors().size());
    assertTrue(figures.errors().size() < permille, figures.errors()::toString);
    assertTrue(figures.startedAgain() < permille, figures::toString);
  }
}
