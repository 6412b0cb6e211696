package io.dispatcher.balance;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code consistent-hash}: a key always prefers the same workers in the same order, and goes to the
 * first in its order that has room. What every keyed task uses.
 *
 * <p>Up to 128 workers the order is by weighted {@link Rendezvous}: when a worker leaves, its keys
 * move and no others; when one joins, keys move only to it; each gets keys in proportion to its
 * weight. Above, the first comes from a {@link Maglev} table in O(1), and the rest of the order is
 * by rendezvous. Both depend on nothing but the key, the names and the weights, so all fronts agree
 * without talking.
 *
 * <p>A worker has room while its load is below the larger of its slots and ceil(1.5 · (T + 1) · w /
 * W), where T and W are the load and the weight of all candidates. So a popular key cannot swamp
 * its worker, and a key does not leave a worker that has idle threads. One that leaves goes to the
 * next that has a free slot, and does not wait on another for what its own would have given it; if
 * nobody has one, to the next that has room. A closed or excluded worker is passed over like a full
 * one and not removed: its keys come back to it.
 *
 * <p>A task without a key goes by {@link LeastRequests}.
 *
 * @see <a href="https://doi.org/10.1109/90.663936">Thaler, Ravishankar: Using name-based mappings
 *     to increase hit rates, 1998</a>
 * @see <a href="https://research.google/pubs/pub44824/">Eisenbud et al.: Maglev: a fast and
 *     reliable software network load balancer, 2016</a>
 * @see <a href="https://arxiv.org/abs/1608.01350">Mirrokni, Thorup, Zadimoghaddam: Consistent
 *     hashing with bounded loads, 2016</a>
 */
final class ConsistentHash implements Balancer {

  static final String NAME = "consistent-hash";
  static final int RENDEZVOUS_LIMIT = 128;
  private static final double BOUND = 1.5;

  private final Balancer keyless = new LeastRequests();
  private @Nullable Table last;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "the first in the key's order; if that is over its bound of 1.5 × the mean load, the next"
        + " with a free slot";
  }

  @Override
  public Picker picker(Workers workers) {
    Picker withKey = new Keyed(workers);
    Picker withoutKey = keyless.picker(workers);
    return pick -> (pick.hasKey() ? withKey : withoutKey).pick(pick);
  }

  /** A table and what it was made from: most new snapshots do not need another one. */
  private record Table(Maglev maglev, String[] names, double[] weights) {}

  private Maglev maglev(Workers workers, double[] weights) {
    String[] names = new String[weights.length];
    Arrays.setAll(names, workers::name);
    Table made = last;
    if (made == null
        || !Arrays.equals(made.names, names)
        || !Arrays.equals(made.weights, weights)) {
      made = new Table(new Maglev(names, weights, Maglev.size(names.length)), names, weights);
      last = made;
    }
    return made.maglev;
  }

  /**
   * How many tasks a worker may have before it is passed over, unless its slots are more.
   *
   * @param load of all candidates
   * @param weight its own
   * @param all the weight of all candidates
   */
  static long bound(long load, double weight, double all) {
    return (long) Math.ceil(BOUND * (load + 1.0) * weight / all);
  }

  static int[] preference(Workers workers, long keyHash) {
    double[] weights = new double[workers.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = workers.weight(i);
    }
    if (weights.length > RENDEZVOUS_LIMIT) {
      return new int[0];
    }
    Rendezvous rendezvous = new Rendezvous(workers, weights);
    long[] told = new long[rendezvous.size()];
    long[] once = new long[rendezvous.size()];
    Arrays.fill(once, 1);
    IntStream.Builder order = IntStream.builder();
    for (int p = rendezvous.first(keyHash); p >= 0; p = rendezvous.firstBelow(told, once)) {
      told[p] = 1;
      order.add(rendezvous.worker(p));
    }
    return order.build().toArray();
  }

  /** All by their places in the rendezvous. */
  private final class Keyed extends CandidatePicker {

    private final Rendezvous rendezvous;

    /** Null if rendezvous decides, or nobody has a weight. */
    private final @Nullable Maglev maglev;

    /** The workers. */
    private final int[] order;

    /** Below which one can start a task at once. */
    private final long[] slots;

    /** Below which every candidate is. */
    private final long[] any;

    /** The weight of all. */
    private final double whole;

    /** Below which one has room, for the pick under way. */
    private final long[] bounds;

    /** For the pick under way. */
    private final long[] loads;

    Keyed(Workers workers) {
      super(workers);
      rendezvous = new Rendezvous(workers, weights);
      order = IntStream.range(0, rendezvous.size()).map(rendezvous::worker).toArray();
      slots = IntStream.of(order).mapToLong(workers::slots).toArray();
      any = new long[order.length];
      Arrays.fill(any, Workers.CLOSED);
      whole = rendezvous.weight();
      loads = new long[order.length];
      bounds = new long[order.length];
      maglev =
          weights.length > RENDEZVOUS_LIMIT && order.length > 0 ? maglev(workers, weights) : null;
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      if (order.length == 0) {
        return -1;
      }
      int first =
          maglev == null
              ? rendezvous.first(pick.keyHash())
              : rendezvous.place(maglev.worker(pick.keyHash()));
      if (candidate(order[first], pick, exclude) && workers.load(order[first]) < slots[first]) {
        return order[first];
      }
      int chosen = withinBound(first, pick, exclude);
      return chosen < 0 ? -1 : order[chosen];
    }

    private int withinBound(int first, Pick pick, boolean exclude) {
      openLoads(order, loads, pick, exclude);
      long load = 0;
      long bits = 0;
      for (long own : loads) {
        load += own;
        bits |= own;
      }
      double weight = whole;
      if (bits == Workers.CLOSED) {
        // Not all are candidates.
        load = 0;
        weight = 0;
        int count = 0;
        for (int group = 0; group < rendezvous.groups(); group++) {
          int before = count;
          for (int p = rendezvous.begin(group), end = rendezvous.begin(group + 1); p < end; p++) {
            long own = loads[p];
            if (own != Workers.CLOSED) {
              load += own;
              count++;
            }
          }
          weight += (count - before) * rendezvous.weight(group);
        }
        if (count <= 1) {
          return count == 0 ? -1 : rendezvous.firstBelow(loads, any);
        }
      }
      boolean eligible = loads[first] != Workers.CLOSED;
      if (eligible && loads[first] < bound(first, load, weight)) {
        return first;
      }
      if (maglev != null) {
        rendezvous.draw(pick.keyHash());
      }
      if (!eligible) {
        int instead = rendezvous.firstBelow(loads, any);
        if (loads[instead] < bound(instead, load, weight)) {
          return instead;
        }
      }
      int next = rendezvous.firstBelow(loads, slots);
      if (next < 0) {
        for (int p = 0; p < order.length; p++) {
          bounds[p] = bound(p, load, weight);
        }
        next = rendezvous.firstBelow(loads, bounds);
      }
      return next >= 0 ? next : leastFull();
    }

    private long bound(int p, long load, double weight) {
      return Math.max(slots[p], ConsistentHash.bound(load, weights[order[p]], weight));
    }

    /** Someone always has room, by arithmetic without rounding; this is for the rest. */
    private int leastFull() {
      int chosen = -1;
      double lowest = Double.POSITIVE_INFINITY;
      for (int p = 0; p < order.length; p++) {
        double full = loads[p] / (double) bounds[p];
        if (loads[p] != Workers.CLOSED && full < lowest) {
          lowest = full;
          chosen = p;
        }
      }
      return chosen;
    }
  }
}
