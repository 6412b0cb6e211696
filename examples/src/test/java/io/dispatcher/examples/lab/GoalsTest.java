package io.dispatcher.examples.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The laboratory fails if a figure is bad. */
class GoalsTest {

  private static final Setup TEN = Setup.of(10, 4, 4, 0.7);

  @Test
  void bounds_are_enough() {
    assertTrue(Goal.atMost("", 1.15, 1.15).met());
    assertFalse(Goal.atMost("", 1.151, 1.15).met());
    assertTrue(Goal.atLeast("", 0.7, 0.7).met());
    assertFalse(Goal.atLeast("", 0.699, 0.7).met());
    assertTrue(Goal.near("", 97.1, 100, 0.03).met());
    assertFalse(Goal.near("", 96.9, 100, 0.03).met());
    assertFalse(Goal.near("", 103.1, 100, 0.03).met());
  }

  @Test
  void what_is_no_number_meets_nothing() {
    assertFalse(Goal.atMost("", Double.NaN, 1).met());
    assertFalse(Goal.atLeast("", Double.NaN, 1).met());
    assertFalse(Goal.near("", Double.NaN, 1, 1).met());
  }

  @Test
  void one_that_is_missed_is_enough_to_fail() {
    Goal met = Goal.atMost("", 1, 2);
    Goal missed = Goal.atMost("", 3, 2);
    assertEquals(0, Goal.exitCode(List.of(met, met)));
    assertEquals(1, Goal.exitCode(List.of(met, missed, met)));
    assertTrue(met.row().startsWith("met"), met.row());
    assertTrue(missed.row().startsWith("MISSED"), missed.row());
  }

  /** In turn is better than at random: a simulator that did so would be off. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void turns_are_not_chance(int check) {
    assertFalse(Check.all(10_000).get(check).run(Scenario.ours("round-robin")).met());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void one_choice_is_not_two(int check) {
    assertFalse(Check.all(5_000).get(check).run(Scenario.ours("random")).met());
  }

  // What scenarios ask for: figures at their bounds, and just beyond

  @ParameterizedTest
  @CsvSource({"1.15, 1.15, 0", "1.16, 1.15, 1", "1.3, 1.3, 0", "1.31, 1.3, 1"})
  void beside_the_exact_shortest_queue(double ours, double times, int missed) {
    Map<String, Figures> seen =
        Map.of(
            "exact shortest", figures(1, 0, 0, 0, 0), "least-requests", figures(ours, 0, 0, 0, 0));
    assertMissed(missed, Scenario.besideExact(seen, times));
  }

  @ParameterizedTest
  @CsvSource({"8, 0.03, 0", "8.1, 0.03, 1", "8, 0.031, 1", "8.1, 0.031, 2"})
  void a_slow_worker(double p99, double share, int missed) {
    Figures good = figures(1, 7, 0.01, 0, 0);
    Figures other = figures(1, p99, share, 0, 0);
    assertMissed(missed, Scenario.slowWorker(Map.of("least-requests", other, "latency", good)));
    assertMissed(missed, Scenario.slowWorker(Map.of("least-requests", good, "latency", other)));
  }

  @ParameterizedTest
  @CsvSource({"1.2, 0.7, 0", "1.21, 0.7, 1", "1.2, 0.69, 1"})
  void popular_keys(double mean, double first, int missed) {
    Figures ours = figures(mean, 0, 0, first, 0);
    assertMissed(missed, Scenario.popularKeys(Map.of("consistent-hash", ours)));
  }

  @ParameterizedTest
  @CsvSource({"0.7, 0.9, 0, 0", "0.69, 0.9, 0, 1", "0.7, 0.89, 0, 1", "0.7, 0.9, 1, 1"})
  void keys_while_workers_come_and_go(double first, double returned, long toGone, int missed) {
    Figures ours =
        new Figures(TEN, "any", 1, 0, 0, 0, 0, 0, 0, first, 0.5, 9, returned, 0, 0, 0, 0, toGone);
    assertMissed(missed, Scenario.keysThatMove(Map.of("consistent-hash", ours)));
  }

  @ParameterizedTest
  @CsvSource({"0.8, 1.3, 0", "0.79, 1.3, 1", "0.8, 1.31, 1"})
  void clients(double same, double spread, int missed) {
    Figures ours = new Figures(TEN, "any", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, same, spread, 0, 0, 0);
    assertMissed(missed, Scenario.clientsThatStay(Map.of("least-connections", ours)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "least-requests",
        "power-of-two",
        "latency",
        "least-connections",
        "weighted",
        "round-robin",
        "random"
      })
  void a_worker_that_is_gone(String rule) {
    Map<String, Figures> seen = new HashMap<>();
    for (Rule each : Scenario.all().get(0).rules()) {
      seen.put(each.name(), figures(1, 0, 0, 0, 0));
    }
    assertMissed(0, Scenario.goneWorker(seen));
    seen.put(rule, figures(1, 0, 0, 0, 1));
    assertMissed(1, Scenario.goneWorker(seen));
  }

  @ParameterizedTest
  @CsvSource({
    "10, 1.02, 1.05, 0, 0",
    "10, 1.03, 1.05, 0, 1",
    "10, 1.02, 1.06, 0, 1",
    "10, 1.02, 1.05, 1, 1",
    "100, 1.08, 1.6, 0, 0",
    "100, 1.09, 1.7, 2, 3"
  })
  void keys(int workers, double balance, double moved, int astray, int missed) {
    assertMissed(missed, new KeySpread(balance, moved, astray).goals(workers));
  }

  private static void assertMissed(int missed, List<Goal> goals) {
    assertEquals(missed, goals.stream().filter(goal -> !goal.met()).count());
  }

  private static Figures figures(
      double mean, double p99, double slowShare, double firstChoice, long toGone) {
    return new Figures(
        TEN, "any", mean, 0, p99, 0, 0, 0, slowShare, firstChoice, 0, 0, 0, 0, 0, 0, 0, toGone);
  }
}
