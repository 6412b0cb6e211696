package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Many tasks through small heaps, with default settings. {@code -Dsoak.tasks} says how many, {@code
 * -Dsoak.heap} how small.
 */
class MemorySoak {
  private static final int TASKS = Integer.getInteger("soak.tasks", 10_000_000);
  private static final int STEPS = 10;
  private static final int NODES = 3;

  /** What the dispatcher grants an outcome that its submitter has. */
  private static final Duration KEPT = Duration.ofSeconds(10);

  @Test
  void memory_is_flat_and_no_outcome_is_lost_before_its_time() throws Exception {
    try (SoakNodes nodes = new SoakNodes(NODES, "-Xmx" + System.getProperty("soak.heap", "512m"))) {
      MemoryRun.Report report = new MemoryRun(nodes, TASKS, STEPS, KEPT).run();
      SoakReport.say(
          "%,d outcomes read again, %d missing, %d not kept over the budget; at rest the last half holds %.3f times the first",
          report.readAgain(), report.missing(), report.overBudget(), report.restGrowth());
      SoakReport.write("memory-soak", report);
      assertEquals(0, report.missing(), report::toString);
      assertTrue(report.readAgain() > 0, report::toString);
      MemoryRun.assertFlat(report);
      nodes.done();
    }
  }
}
