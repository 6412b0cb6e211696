package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

  @Test
  void lengths_are_taken_in_turn() {
    Lengths lengths = Plan.pauses(List.of(Duration.ofSeconds(2), Duration.ofSeconds(8)));
    Random random = new Random(1);
    assertEquals(Duration.ofSeconds(2), lengths.of(0, random));
    assertEquals(Duration.ofSeconds(8), lengths.of(1, random));
    assertEquals(Duration.ofSeconds(2), lengths.of(2, random));
    assertEquals("2000,8000", lengths.text());
    assertEquals(2 + 8 + 2 + 3 * 4, lengths.seconds(3, 12, 4), 1e-6);
  }

  @Test
  void or_chance_decides() {
    Lengths lengths = Plan.cuts(List.of());
    assertTrue(lengths.of(0, new Random(1)).compareTo(Duration.ofSeconds(15)) < 0);
    assertEquals("0", lengths.text());
    assertEquals(3 * 14, lengths.seconds(3, 14, 4), 1e-6);
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
        Plan.pauses(List.of()),
        Plan.cuts(List.of()),
        List.of());
  }
}
