package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * {@code latency}: of two distinct random candidates the one with the smaller expected time to
 * finish one more task, latency · (load + 1) / weight; if that ties, the one that was not chosen
 * for longer. While the latency of one of them is not known, only the loads count.
 *
 * <p>O(1) while most workers are candidates. Finds slow workers without being told; see {@link
 * PeakEwma} for what the latency is.
 *
 * @see <a
 *     href="https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-peak-ewma">
 *     Finagle: Power of two choices, peak EWMA</a>
 */
final class Latency implements Balancer {

  static final String NAME = "latency";

  private @Nullable ByTime last;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "of two random workers the one with the lower latency × (load + 1) / weight";
  }

  @Override
  public Picker picker(Workers workers) {
    last = new ByTime(workers, last);
    return last;
  }

  private static final class ByTime extends BestOfTwo {

    ByTime(Workers workers, @Nullable BestOfTwo last) {
      super(workers, last);
    }

    @Override
    int compare(int a, int b) {
      double costA = (workers.load(a) + 1.0) * weights[b];
      double costB = (workers.load(b) + 1.0) * weights[a];
      long latencyA = workers.latencyNanos(a);
      long latencyB = workers.latencyNanos(b);
      return latencyA > 0 && latencyB > 0
          ? Double.compare(costA * latencyA, costB * latencyB)
          : Double.compare(costA, costB);
    }
  }
}
