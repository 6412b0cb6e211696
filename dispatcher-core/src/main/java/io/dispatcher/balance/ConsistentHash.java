package io.dispatcher.balance;

/**
 * {@code consistent-hash}: a key always prefers the same workers in the same order, and goes to the
 * first in its order that has room. What every keyed task uses.
 *
 * <p>The order is by weighted rendezvous: each pair of key and worker name has a pseudo-random u in
 * (0, 1], and the highest -weight / ln(u) comes first. It depends on nothing but the key, the names
 * and the weights, so all fronts agree without talking. When a worker leaves, its keys move and no
 * others; when one joins, keys move only to it; each gets keys in proportion to its weight.
 *
 * <p>A worker has room while its load is below the larger of its slots and ceil(1.5 · (T + 1) · w /
 * W), where T and W are the load and the weight of all candidates. So a popular key cannot swamp
 * its worker, and a key does not leave a worker that has idle threads. A closed or excluded worker
 * is passed over like a full one: its keys come back to it.
 *
 * <p>O(n). A task without a key goes by {@link LeastRequests}.
 *
 * @see <a href="https://doi.org/10.1109/90.663936">Thaler, Ravishankar: Using name-based mappings
 *     to increase hit rates, 1998</a>
 * @see <a href="https://arxiv.org/abs/1608.01350">Mirrokni, Thorup, Zadimoghaddam: Consistent
 *     hashing with bounded loads, 2016</a>
 */
final class ConsistentHash implements Balancer {

  static final String NAME = "consistent-hash";
  static final double BOUND = 1.5;

  private final Balancer keyless = new LeastRequests();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Picker picker(Workers workers) {
    Picker withKey = new Rendezvous(workers);
    Picker withoutKey = keyless.picker(workers);
    return pick -> (pick.hasKey() ? withKey : withoutKey).pick(pick);
  }

  private static final class Rendezvous extends CandidatePicker {

    private final long[] hashes = new long[weights.length];
    private final int[] candidates = new int[weights.length];
    private final double[] us = new double[weights.length];

    Rendezvous(Workers workers) {
      super(workers);
      for (int i = 0; i < hashes.length; i++) {
        hashes[i] = workers.nameHash(i);
      }
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      long key = pick.keyHash();
      int count = 0;
      long load = 0;
      double weight = 0;
      int primary = -1;
      double highest = 0;
      for (int i = 0; i < weights.length; i++) {
        if (candidate(i, pick, exclude)) {
          double u = ((XxHash64.mix(key ^ hashes[i]) >>> 11) + 1) * 0x1p-53;
          us[count] = u;
          candidates[count++] = i;
          load += workers.load(i);
          weight += weights[i];
          if (primary < 0 || before(u, weights[i], highest, weights[primary])) {
            primary = i;
            highest = u;
          }
        }
      }
      if (count <= 1 || hasRoom(primary, load, weight)) {
        return primary;
      }
      return firstWithRoom(count, load, weight);
    }

    private int firstWithRoom(int count, long load, double weight) {
      int chosen = -1;
      double highest = 0;
      for (int k = 0; k < count; k++) {
        int i = candidates[k];
        double u = us[k];
        if ((chosen < 0 || before(u, weights[i], highest, weights[chosen]))
            && hasRoom(i, load, weight)) {
          chosen = i;
          highest = u;
        }
      }
      return chosen >= 0 ? chosen : leastFull(count, load, weight);
    }

    /** Whether -w / ln(u) is higher than that of the other. */
    private static boolean before(double u, double w, double otherU, double otherW) {
      if (w == otherW) {
        return u > otherU;
      }
      // With v = 1 - u: 2v / (2 - v) <= -ln(u) <= v (2 - v) / 2u. That decides nearly all cases.
      double v = 1 - u;
      double otherV = 1 - otherU;
      if (4 * v * otherU * otherW >= otherV * (2 - otherV) * (2 - v) * w) {
        return false;
      }
      if (v * (2 - v) * (2 - otherV) * otherW < 4 * otherV * u * w) {
        return true;
      }
      // StrictMath: all machines must get the same bits.
      return StrictMath.log(u) / w > StrictMath.log(otherU) / otherW;
    }

    private boolean hasRoom(int i, long load, double weight) {
      return workers.load(i) < cap(i, load, weight);
    }

    private double cap(int i, long load, double weight) {
      return Math.max(workers.slots(i), Math.ceil(BOUND * (load + 1.0) * weights[i] / weight));
    }

    /** Someone always has room, by arithmetic without rounding; this is for the rest. */
    private int leastFull(int count, long load, double weight) {
      int chosen = candidates[0];
      double lowest = Double.POSITIVE_INFINITY;
      for (int k = 0; k < count; k++) {
        int i = candidates[k];
        double full = workers.load(i) / cap(i, load, weight);
        if (full < lowest) {
          lowest = full;
          chosen = i;
        }
      }
      return chosen;
    }
  }
}
