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
  private boolean sampled;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    String lowest = "the lowest (load + 1) / weight; ties at random";
    return sampled ? PowerOfTwo.RULE : lowest;
  }

  @Override
  public Picker picker(Workers workers) {
    sampled = workers.size() > SCAN_LIMIT;
    if (!sampled) {
      return new Scan(workers);
    }
    last = new PowerOfTwo.ByLoad(workers, last);
    return last;
  }

  static final class Scan extends CandidatePicker {

    private final ByWeight groups = new ByWeight(weights);
    private final long[] loads = new long[groups.order.length];
    private final int[] ties = new int[groups.order.length];

    Scan(Workers workers) {
      super(workers);
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      openLoads(groups.order, loads, pick, exclude);
      int count = 0;
      long least = 0;
      double weight = 0;
      for (int group = 0; group < groups.weights.length; group++) {
        int begin = groups.begin[group];
        int end = groups.begin[group + 1];
        long fewest = fewest(begin, end);
        if (fewest == Workers.CLOSED) {
          continue;
        }
        int order = count == 0 ? -1 : compare(fewest, groups.weights[group], least, weight);
        if (order < 0) {
          count = 0;
          least = fewest;
          weight = groups.weights[group];
        }
        for (int p = begin; p < end && order <= 0; p++) {
          if (loads[p] == fewest) {
            ties[count++] = groups.order[p];
          }
        }
      }
      if (count <= 1) {
        return count == 0 ? -1 : ties[0];
      }
      return ties[pick.random().nextInt(count)];
    }

    private long fewest(int begin, int end) {
      long fewest = Workers.CLOSED;
      for (int p = begin; p < end; p++) {
        fewest = Math.min(fewest, loads[p]);
      }
      return fewest;
    }
  }
}
