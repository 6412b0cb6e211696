package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * {@code power-of-two}: of two distinct random candidates the one with the smaller (load + 1) /
 * weight; if that ties, the one that was not chosen for longer.
 *
 * <p>O(1) while most workers are candidates. Cannot herd: what it knows of the others' tasks may be
 * old without harm. With n tasks on n workers the fullest has about ln ln n, where one random
 * choice leaves ln n / ln ln n.
 *
 * @see <a href="https://doi.org/10.1109/71.963420">Mitzenmacher: The power of two choices in
 *     randomized load balancing, 2001</a>
 */
final class PowerOfTwo implements Balancer {

  static final String NAME = "power-of-two";
  static final String RULE = "of two random workers the one with the lower (load + 1) / weight";

  private @Nullable ByLoad last;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return RULE;
  }

  @Override
  public Picker picker(Workers workers) {
    last = new ByLoad(workers, last);
    return last;
  }

  /** Fewest tasks per unit of weight. */
  static final class ByLoad extends BestOfTwo {

    ByLoad(Workers workers, @Nullable BestOfTwo last) {
      super(workers, last);
    }

    @Override
    int compare(int a, int b) {
      return compare(workers.load(a), weights[a], workers.load(b), weights[b]);
    }
  }
}
