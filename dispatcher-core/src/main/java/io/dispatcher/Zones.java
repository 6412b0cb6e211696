package io.dispatcher;

import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Workers;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps tasks in the zone of their front: all of them while the zone has at least as large a share
 * of the workers as of the fronts, else as many as it can take; the rest goes to the zones that
 * have more workers than fronts. Made for one snapshot; confined to the front's loop.
 *
 * <p>Off where it would do harm: with fewer than six workers or fewer than two that are open in the
 * own zone, where somebody does not say its zone, and while so many workers are ejected that nobody
 * is choosy.
 */
final class Zones {

  private static final int FEWEST_WORKERS = 6;
  private static final int FEWEST_OPEN = 2;

  /**
   * Where the fronts are.
   *
   * @param own zone of this one; null if it does not say
   * @param count of all, by zone; a front that does not say is in the zone with the empty name
   */
  record Fronts(@Nullable String own, Map<String, Integer> count) {

    static final Fronts UNKNOWN = new Fronts(null, Map.of());

    static Fronts of(@Nullable String own, List<Member> members) {
      Map<String, Integer> count = new HashMap<>();
      for (Member member : members) {
        if (member.is(Role.FRONT)) {
          count.merge(Objects.requireNonNullElse(member.zone(), ""), 1, Integer::sum);
        }
      }
      return new Fronts(own, count);
    }

    private double share(String zone) {
      int all = count.values().stream().mapToInt(Integer::intValue).sum();
      return all == 0 ? 0 : count.getOrDefault(zone, 0) / (double) all;
    }
  }

  private final Workers workers;
  private final int[] zoneOf;
  private final int own;

  /** The probability that a task stays. */
  private final double local;

  /** What is left of each zone for others, added up. */
  private final double[] left;

  /** Where the last task was to go. */
  private int last;

  private Zones(Workers workers, int[] zoneOf, int own, double local, double[] left) {
    this.workers = workers;
    this.zoneOf = zoneOf;
    this.own = own;
    this.local = local;
    this.left = left;
  }

  /** Null if zones do not matter. */
  static @Nullable Zones of(Workers workers, Fronts fronts) {
    int n = workers.size();
    String own = fronts.own();
    if (own == null || n < FEWEST_WORKERS || fronts.count().containsKey("")) {
      return null;
    }
    Map<String, Double> weights = new TreeMap<>();
    double all = 0;
    for (int i = 0; i < n; i++) {
      String zone = workers.zone(i);
      if (zone == null) {
        return null;
      }
      weights.merge(zone, workers.weight(i), Double::sum);
      all += workers.weight(i);
    }
    double share = fronts.share(own);
    if (weights.size() < 2 || !weights.containsKey(own) || all <= 0 || share <= 0) {
      return null;
    }
    List<String> names = List.copyOf(weights.keySet());
    double[] left = new double[names.size()];
    double sum = 0;
    for (int z = 0; z < left.length; z++) {
      String zone = names.get(z);
      sum += Math.max(0, weights.getOrDefault(zone, 0.0) / all - fronts.share(zone));
      left[z] = sum;
    }
    int[] zoneOf = new int[n];
    for (int i = 0; i < n; i++) {
      zoneOf[i] = names.indexOf(workers.zone(i));
    }
    double local = Math.min(1, weights.getOrDefault(own, 0.0) / all / share);
    return new Zones(workers, zoneOf, names.indexOf(own), local, left);
  }

  /**
   * Excludes the workers of all zones but one.
   *
   * @return whether it did
   */
  boolean restrict(Pick pick) {
    int open = 0;
    for (int i = 0; i < zoneOf.length && open < FEWEST_OPEN; i++) {
      open += zoneOf[i] == own && workers.open(i) && !pick.excluded(i) ? 1 : 0;
    }
    if (open < FEWEST_OPEN) {
      return false;
    }
    int zone = local >= 1 || pick.random().nextDouble() < local ? own : other(pick);
    last = zone;
    for (int i = 0; i < zoneOf.length; i++) {
      if (zoneOf[i] != zone) {
        pick.exclude(i);
      }
    }
    return true;
  }

  /** Whether the worker was not looked at for the last task that was restricted to a zone. */
  boolean left(int i) {
    return zoneOf[i] != last;
  }

  private int other(Pick pick) {
    double drawn = pick.random().nextDouble() * left[left.length - 1];
    for (int z = 0; z < left.length; z++) {
      if (drawn < left[z]) {
        return z;
      }
    }
    return own;
  }
}
