package io.dispatcher.balance;

/**
 * {@code random}: any candidate, each with the same probability. Weights matter only in that 0
 * means no tasks.
 *
 * <p>O(1) while most workers are candidates, else O(n). It needs no loads and cannot herd, but some
 * workers queue while others idle: with n tasks on n workers the fullest has about ln n / ln ln n.
 * A baseline to compare with.
 *
 * @see <a href="https://doi.org/10.1137/S0097539795288490">Azar, Broder, Karlin, Upfal: Balanced
 *     allocations, 1999</a>
 */
final class Uniform implements Balancer {

  static final String NAME = "random";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "any worker, each with the same probability";
  }

  @Override
  public Picker picker(Workers workers) {
    return new CandidatePicker(workers) {
      @Override
      int choose(Pick pick, boolean exclude) {
        int first = first(0, pick, exclude);
        if (first < 0 || first(first + 1, pick, exclude) < 0) {
          return first;
        }
        return sample(-1, pick, exclude);
      }
    };
  }
}
