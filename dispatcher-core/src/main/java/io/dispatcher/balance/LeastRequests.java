package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * {@code least-requests}: the candidate with the smallest (load + 1) / weight, which is its load
 * per unit of weight after it has got the task. Ties are broken at random, each with the same
 * probability; that matters as much as the rule while the cluster is mostly idle.
 *
 * <p>O(n) up to 128 workers. Above, as {@link PowerOfTwo}: O(1) while most workers are candidates.
 *
 * <p>A front's own count is exact and includes what is still on its way, so fronts do not herd on
 * the worker that looked idle a moment ago.
 *
 * @see <a href="https://arxiv.org/abs/2003.02368">Vargaftik, Keslassy, Orda: LSQ: load balancing in
 *     large-scale heterogeneous systems with multiple dispatchers, 2020</a>
 */
final class LeastRequests implements Balancer {

  static final String NAME = "least-requests";
  static final int SCAN_LIMIT = 128;

  private PowerOfTwo.@Nullable ByLoad last;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Picker picker(Workers workers) {
    if (workers.size() <= SCAN_LIMIT) {
      return new Scan(workers);
    }
    last = new PowerOfTwo.ByLoad(workers, last);
    return last;
  }

  static final class Scan extends CandidatePicker {

    private final int[] ties = new int[weights.length];

    Scan(Workers workers) {
      super(workers);
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      int count = even ? fewest(pick, exclude) : lightest(pick, exclude);
      if (count <= 1) {
        return count == 0 ? -1 : ties[0];
      }
      return ties[pick.random().nextInt(count)];
    }

    /** Finds those with the smallest load. */
    private int fewest(Pick pick, boolean exclude) {
      int count = 0;
      long least = Long.MAX_VALUE;
      for (int i = 0; i < ties.length; i++) {
        if (workers.open(i) && !(exclude && pick.excluded(i))) {
          long load = workers.load(i);
          if (load < least) {
            count = 0;
            least = load;
          }
          if (load <= least) {
            ties[count++] = i;
          }
        }
      }
      return count;
    }

    /** Finds those with the smallest load per unit of weight. */
    private int lightest(Pick pick, boolean exclude) {
      int count = 0;
      long least = 0;
      double weight = 0;
      for (int i = 0; i < weights.length; i++) {
        if (candidate(i, pick, exclude)) {
          // (load + 1) / weight of both, without dividing; in the form that makes the fastest scan.
          long load = workers.load(i);
          int order =
              count == 0 ? -1 : Double.compare((load + 1.0) * weight, (least + 1.0) * weights[i]);
          if (order < 0) {
            count = 0;
            least = load;
            weight = weights[i];
          }
          if (order <= 0) {
            ties[count++] = i;
          }
        }
      }
      return count;
    }
  }
}
