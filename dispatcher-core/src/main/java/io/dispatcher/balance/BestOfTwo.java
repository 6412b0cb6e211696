package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * The better of two random candidates. Of two that are as good it takes the one it did not take for
 * longer: on an idle cluster, where all tie, two random choices would otherwise be no better than
 * one.
 *
 * <p>O(1) while most workers are candidates.
 */
abstract class BestOfTwo extends CandidatePicker {

  /** For each worker, the number of the last pick that chose it. */
  private final long[] chosenAt;

  private long picks;

  /**
   * @param last made for the snapshot before, if there was one
   */
  BestOfTwo(Workers workers, @Nullable BestOfTwo last) {
    super(workers);
    chosenAt = new long[weights.length];
    if (last != null) {
      picks = last.picks;
      int j = 0;
      for (int i = 0; i < chosenAt.length; i++) {
        while (j < last.chosenAt.length && last.workers.name(j).compareTo(workers.name(i)) < 0) {
          j++;
        }
        if (j < last.chosenAt.length && last.workers.name(j).equals(workers.name(i))) {
          chosenAt[i] = last.chosenAt[j];
        }
      }
    }
  }

  /** Below 0 if a is better, above if b is. */
  abstract int compare(int a, int b);

  @Override
  final int choose(Pick pick, boolean exclude) {
    int first = first(0, pick, exclude);
    if (first < 0 || first(first + 1, pick, exclude) < 0) {
      return first;
    }
    int a = sample(-1, pick, exclude);
    int b = sample(a, pick, exclude);
    pick.drew(a);
    pick.drew(b);
    int order = compare(a, b);
    if (order == 0) {
      // Which of the two was drawn first is random already.
      order = chosenAt[a] <= chosenAt[b] ? -1 : 1;
    }
    int chosen = order < 0 ? a : b;
    chosenAt[chosen] = ++picks;
    return chosen;
  }
}
