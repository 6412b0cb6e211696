package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Submits without end while all workers are stopped, with default settings. {@code -Dsoak.submits}
 * says how many, {@code -Dsoak.heap} how small the heaps are, {@code -Dsoak.payload} how small the
 * payloads; {@code -Dsoak.unfinished} sets another bound than the default one.
 */
class StoppedWorkersSoak {
  private static final int SUBMITS = Integer.getInteger("soak.submits", 1_000_000);
  private static final int STORES = 3;

  @Test
  void what_does_not_fit_is_refused_and_what_was_accepted_ends() throws Exception {
    try (SoakNodes nodes = new SoakNodes(STORES, "-Xmx" + System.getProperty("soak.heap", "1g"))) {
      StoppedWorkersRun.Report report =
          new StoppedWorkersRun(nodes, STORES, SUBMITS)
              .run(
                  "--unfinished=" + Integer.getInteger("soak.unfinished", 0),
                  "--payload=" + Integer.getInteger("soak.payload", 256));
      SoakReport.say(
          "%,d of %,d accepted, all done %.1f s after the workers' start; \"%s\"; since the first refusal the fullest node grew to %.3f times",
          report.accepted(),
          report.submits(),
          report.secondsToFinish(),
          report.refusal(),
          report.growth());
      SoakReport.write("stopped-workers-soak", report);
      assertTrue(report.growth() <= 1.1, report::toString);
      nodes.done();
    }
  }
}
