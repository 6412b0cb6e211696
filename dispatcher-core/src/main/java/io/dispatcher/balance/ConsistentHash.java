package io.dispatcher.balance;

import java.util.Arrays;
import java.util.BitSet;
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

  private static final Pick NOBODY = new Pick(() -> 0);

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
    BitSet told = new BitSet();
    IntStream.Builder order = IntStream.builder();
    for (int i = rendezvous.first(keyHash); i >= 0; ) {
      told.set(i);
      order.add(i);
      i = rendezvous.firstOf((worker, group) -> !told.get(worker));
    }
    return order.build().toArray();
  }

  private final class Keyed extends CandidatePicker implements Rendezvous.Fit {

    private final Rendezvous rendezvous;

    /** The weight of all, candidates or not. */
    private final double total;

    /** Null if rendezvous decides, or nobody has a weight. */
    private final @Nullable Maglev maglev;

    /** The bound of each group of the same weight, for the pick under way. */
    private final long[] caps;

    private final Rendezvous.Fit open = (i, group) -> fit(i, this.pick, this.exclude);
    private final Rendezvous.Fit idle = (i, group) -> fitsNow(i);
    private Pick pick = NOBODY;
    private boolean exclude;

    Keyed(Workers workers) {
      super(workers);
      rendezvous = new Rendezvous(workers, weights);
      caps = new long[rendezvous.groups()];
      total = Arrays.stream(weights).sum();
      maglev =
          weights.length > RENDEZVOUS_LIMIT && caps.length > 0 ? maglev(workers, weights) : null;
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      if (caps.length == 0) {
        return -1;
      }
      int first = maglev == null ? rendezvous.first(pick.keyHash()) : maglev.worker(pick.keyHash());
      if (candidate(first, pick, exclude) && workers.load(first) < workers.slots(first)) {
        return first;
      }
      return withinBound(first, pick, exclude);
    }

    private int withinBound(int first, Pick pick, boolean exclude) {
      boolean eligible = candidate(first, pick, exclude);
      long enough = eligible ? enough(first) : Long.MAX_VALUE;
      int count = 0;
      long load = 0;
      double weight = 0;
      for (int group = 0; group < caps.length; group++) {
        int before = count;
        for (int p = rendezvous.begin(group), end = rendezvous.begin(group + 1); p < end; p++) {
          int i = rendezvous.worker(p);
          long own = workers.openLoad(i);
          if (own >= 0 && !(exclude && pick.excluded(i))) {
            count++;
            load += own;
            if (load >= enough) {
              return first;
            }
          }
        }
        weight += (count - before) * rendezvous.weight(group);
      }
      this.pick = pick;
      this.exclude = exclude;
      if (count <= 1) {
        return anyCandidate();
      }
      int groupOfFirst = eligible ? rendezvous.group(weights[first]) : -1;
      for (int group = 0; group < caps.length; group++) {
        caps[group] = bound(load, rendezvous.weight(group), weight);
      }
      if (groupOfFirst >= 0 && fits(first, groupOfFirst)) {
        return first;
      }
      if (maglev != null) {
        rendezvous.first(pick.keyHash());
      }
      if (groupOfFirst < 0) {
        int instead = rendezvous.firstOf(open);
        if (fits(instead, rendezvous.group(weights[instead]))) {
          return instead;
        }
      }
      int next = rendezvous.firstOf(idle);
      if (next < 0) {
        next = rendezvous.firstOf(this);
      }
      return next >= 0 ? next : leastFull();
    }

    /**
     * So many tasks of all candidates tell that a worker has room: those that are not counted yet
     * only raise its bound, and so does the weight of those that are no candidates.
     */
    private long enough(int worker) {
      return (long) (workers.load(worker) * total / (BOUND * weights[worker])) + 1;
    }

    private int anyCandidate() {
      int i = weights.length - 1;
      while (i >= 0 && !candidate(i, pick, exclude)) {
        i--;
      }
      return i;
    }

    /** A candidate, as whoever has a place has a weight. */
    private boolean fit(int i, Pick pick, boolean exclude) {
      return workers.open(i) && !(exclude && pick.excluded(i));
    }

    /** Whether it could start the task at once. */
    private boolean fitsNow(int i) {
      return fit(i, pick, exclude) && workers.load(i) < workers.slots(i);
    }

    @Override
    public boolean fits(int i, int group) {
      return fit(i, pick, exclude) && workers.load(i) < Math.max(workers.slots(i), caps[group]);
    }

    /** Someone always has room, by arithmetic without rounding; this is for the rest. */
    private int leastFull() {
      int chosen = -1;
      double lowest = Double.POSITIVE_INFINITY;
      for (int group = 0; group < caps.length; group++) {
        for (int p = rendezvous.begin(group); p < rendezvous.begin(group + 1); p++) {
          int i = rendezvous.worker(p);
          double full = workers.load(i) / (double) Math.max(workers.slots(i), caps[group]);
          if (candidate(i, pick, exclude) && full < lowest) {
            lowest = full;
            chosen = i;
          }
        }
      }
      return chosen;
    }
  }
}
