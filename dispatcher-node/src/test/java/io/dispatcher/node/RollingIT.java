package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One rolling restart, and a stop of the whole cluster with an export; {@link RollingSoak} does
 * many rolling restarts.
 */
class RollingIT {

  @Test
  void restarts_and_a_full_stop_under_load_lose_nothing_and_hardly_anybody_notices() throws Exception {
    RollingRun.Figures figures;
    RollingRun.Stopped stopped;
    try (RollingRun run = new RollingRun()) {
      figures = run.run(1);
      stopped = run.stop(1_500);
    }
    SoakReport.say("rolling restart: %s%nfull stop: %s", figures, stopped);

    assertTrue(figures.submitted() > 500, "too little was done: " + figures);
    assertEquals(List.of(), figures.errors());
    assertEquals(figures.submitted(), figures.succeeded());
    assertTrue(figures.startedAgain() < figures.submitted() / 1000.0, figures::toString);

    assertEquals(stopped.tasks(), stopped.succeeded(), stopped::toString);
    assertEquals(0, stopped.startedAgain(), stopped::toString);
    assertTrue(stopped.said().get(2).startsWith("0 tasks and 0 outcomes"), stopped::toString);
  }
}
