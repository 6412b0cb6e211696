package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The short form of {@link MemorySoak}, with a budget for outcomes that it outgrows at once. */
class MemoryIT {
  private static final int TASKS = 100_000;
  private static final long BUDGET = 512 << 10;

  @Test
  void outcomes_that_outgrow_their_budget_are_forgotten_and_nothing_else() throws Exception {
    try (SoakNodes nodes = new SoakNodes(3, SoakNodes.SHORT)) {
      MemoryRun.Report report =
          new MemoryRun(nodes, TASKS, 2, Duration.ofSeconds(1)).run("--outcome-bytes=" + BUDGET);
      assertTrue(report.tasks() >= TASKS, report::toString);
      for (MemoryRun.Step step : report.steps()) {
        step.retained().values().forEach(kept -> assertTrue(kept < 4 * BUDGET, report::toString));
      }
      nodes.done();
    }
  }
}
