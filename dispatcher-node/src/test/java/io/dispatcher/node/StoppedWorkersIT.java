package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The short form of {@link StoppedWorkersSoak}, with room for few tasks. */
class StoppedWorkersIT {
  private static final int UNFINISHED = 2_000;

  @Test
  void what_does_not_fit_is_refused_and_what_was_accepted_ends() throws Exception {
    try (SoakNodes nodes = new SoakNodes(1, SoakNodes.SHORT)) {
      StoppedWorkersRun.Report report =
          new StoppedWorkersRun(nodes, 1, 20_000).run("--unfinished=" + UNFINISHED);
      assertEquals(UNFINISHED, report.accepted(), report::toString);
      assertTrue(report.refusal().contains(UNFINISHED + " tasks are unfinished"), report::refusal);
      nodes.done();
    }
  }
}
