package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** One rolling restart; {@link RollingSoak} does many, and stops of the whole cluster. */
class RollingIT {

  @Test
  void a_rolling_restart_under_load_loses_nothing_and_hardly_anybody_notices() throws Exception {
    RollingRun.Figures figures;
    try (RollingRun run = new RollingRun()) {
      figures = run.run(1);
    }
    SoakReport.say("rolling restart: %s", figures);

    assertTrue(figures.submitted() > 500, "too little was done: " + figures);
    assertEquals(List.of(), figures.errors());
    assertEquals(figures.submitted(), figures.succeeded());
    // A node that just ends, without a drain, has up to one in a thousand started again.
    assertEquals(0, figures.startedAgain(), figures::toString);
  }
}
