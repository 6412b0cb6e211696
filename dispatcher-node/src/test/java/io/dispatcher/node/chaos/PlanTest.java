package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanTest {
  @Test
  void does_all_its_faults_in_an_order_of_the_seed() {
    List<FaultClass> faults = plan(1, 20_000).faults();
    assertEquals(29, faults.size());
    assertEquals(20, Collections.frequency(faults, FaultClass.KILL));
    assertEquals(3, Collections.frequency(faults, FaultClass.PAUSE));
    assertEquals(4, Collections.frequency(faults, FaultClass.CUT));
    assertEquals(25, plan(1, 20_000).without(FaultClass.CUT, "cuts").faults().size());
    assertEquals(faults, plan(1, 20_000).faults());
    assertTrue(!faults.equals(plan(2, 20_000).faults()));
  }

  @Test
  void submits_no_more_than_the_nodes_bear_and_waits_longer_between_faults_instead() {
    Plan little = plan(1, 100);
    Plan much = plan(1, 1_000_000);
    assertEquals(little.gap(), little.between());
    assertTrue(much.between().compareTo(much.gap()) > 0);
    double bearable = (3 - 1) * Plan.SLOTS / (0.050 * ChaosWork.MEAN_LENGTH);
    assertTrue(much.rate() < bearable, "" + much.rate());
    assertTrue(little.rate() > bearable / 10, "" + little.rate());
  }

  @Test
  void a_history_tells_what_was_skipped() {
    Plan plan = plan(1, 100).without(FaultClass.CUT, "network cuts, 4 wanted: nobody is root");
    Checker checker = new Checker();
    checker.accept(plan.line());
    assertEquals(List.of("network cuts, 4 wanted: nobody is root"), checker.verdict().skipped());
  }

  private static Plan plan(long seed, int tasks) {
    Map<FaultClass, Integer> counts =
        Map.of(FaultClass.KILL, 20, FaultClass.PAUSE, 3, FaultClass.LEAVE, 2, FaultClass.CUT, 4);
    return new Plan(
        3,
        tasks,
        50,
        counts,
        seed,
        Duration.ofSeconds(3),
        Duration.ZERO,
        Duration.ZERO,
        List.of());
  }
}
