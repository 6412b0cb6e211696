package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.FakeWorkers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** As Envoy's zone aware routing, which the formula is from. */
class ZonesTest {

  private static final int PICKS = 20_000;

  private final Pick pick = new Pick(new SplittableRandom(5));

  /** So many workers in zone a, then in b, then in c. */
  private static FakeWorkers workers(int a, int b, int c) {
    FakeWorkers workers = FakeWorkers.sized(a + b + c);
    for (int i = 0; i < a + b + c; i++) {
      workers.zone(i, i < a ? "a" : i < a + b ? "b" : "c");
    }
    return workers;
  }

  private static Zones.Fronts fronts(String own, int a, int b, int c) {
    Map<String, Integer> count = new TreeMap<>(Map.of("a", a, "b", b, "c", c));
    count.values().removeIf(n -> n == 0);
    return new Zones.Fronts(own, count);
  }

  /** The share of each zone. */
  private Map<String, Double> shares(FakeWorkers workers, Zones.Fronts fronts) {
    Zones zones = Objects.requireNonNull(Zones.of(workers, fronts));
    Picker picker = Balancers.random().picker(workers);
    Map<String, Double> shares = new TreeMap<>();
    for (int i = 0; i < PICKS; i++) {
      pick.clearExclusions();
      assertTrue(zones.restrict(pick));
      int chosen = picker.pick(pick);
      assertFalse(pick.excluded(chosen));
      shares.merge(workers.zone(chosen), 1.0 / PICKS, Double::sum);
    }
    return shares;
  }

  @Test
  void all_stay_where_the_zone_has_its_share() {
    assertEquals(1, shares(workers(2, 2, 2), fronts("a", 1, 1, 1)).get("a"), 1e-6);
    assertEquals(1, shares(workers(4, 2, 0), fronts("a", 1, 1, 0)).get("a"), 1e-6);
  }

  /** A third of the workers for half of the fronts: two thirds stay, the rest goes to c. */
  @Test
  void of_a_zone_with_too_few_workers_the_rest_goes_where_there_are_too_many() {
    Map<String, Double> shares = shares(workers(2, 2, 2), fronts("a", 2, 1, 1));
    assertEquals(2 / 3.0, shares.get("a"), 0.02);
    assertEquals(1 / 6.0, shares.get("b"), 0.02);
    assertEquals(1 / 6.0, shares.get("c"), 0.02);
    Map<String, Double> toC = shares(workers(2, 3, 3), fronts("a", 2, 2, 0));
    assertEquals(0.5, toC.get("a"), 0.02);
    assertEquals(0.5, toC.get("c"), 0.02);
    assertNull(toC.get("b"), "it has less than its own fronts need");
  }

  /** Weights count, not heads. */
  @Test
  void a_heavy_worker_is_worth_several() {
    FakeWorkers workers = workers(2, 4, 0).weight(0, 3).weight(1, 3);
    workers.weight(2, 0.5).weight(3, 0.5).weight(4, 0.5).weight(5, 0.5);
    assertEquals(1, shares(workers, fronts("a", 3, 1, 0)).get("a"), 1e-6);
  }

  @Test
  void it_is_off_where_it_would_do_harm() {
    Zones.Fronts even = fronts("a", 1, 1, 0);
    assertNotNull(Zones.of(workers(3, 3, 0), even));
    assertNull(Zones.of(workers(3, 2, 0), even), "too few");
    assertNull(Zones.of(workers(3, 3, 0).zone(4, null), even), "one does not say its zone");
    assertNull(Zones.of(workers(3, 3, 0), new Zones.Fronts(null, even.count())), "I do not");
    assertNull(Zones.of(workers(3, 3, 0), new Zones.Fronts("a", Map.of("a", 1, "", 1))), "a front");
    assertNull(Zones.of(workers(0, 3, 3), even), "nobody is here");
    assertNull(Zones.of(workers(6, 0, 0), even), "there is no other");
  }

  @Test
  void with_one_open_worker_in_the_zone_all_are_looked_at() {
    FakeWorkers workers = workers(3, 3, 0).open(0, false);
    Zones zones = Objects.requireNonNull(Zones.of(workers, fronts("a", 1, 1, 0)));
    assertTrue(zones.restrict(pick));
    workers.open(1, false);
    assertFalse(zones.restrict(pick.clearExclusions()));
    assertFalse(pick.hasExclusions());
  }
}
