package io.dispatcher.balance;

/** The part that all rules share: who is a candidate, and what to do if exclusions leave none. */
abstract class CandidatePicker implements Picker {

  /** After so many misses it is cheaper to count the candidates than to draw again. */
  private static final int DRAWS = 8;

  final Workers workers;
  final double[] weights;

  CandidatePicker(Workers workers) {
    this.workers = workers;
    this.weights = new double[workers.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = workers.weight(i);
    }
  }

  @Override
  public final int pick(Pick pick) {
    if (pick.hasExclusions()) {
      int chosen = choose(pick, true);
      if (chosen >= 0) {
        return chosen;
      }
    }
    return choose(pick, false);
  }

  /** Applies the rule to the candidates, or returns -1 if there are none. */
  abstract int choose(Pick pick, boolean exclude);

  final boolean candidate(int i, Pick pick, boolean exclude) {
    return weights[i] > 0 && workers.open(i) && !(exclude && pick.excluded(i));
  }

  /**
   * Reads the loads of the candidates among these, which have weights; {@link Workers#CLOSED} of
   * the others. Apart from the choice: without branches several are under way at the same time.
   */
  final void openLoads(int[] of, long[] into, Pick pick, boolean exclude) {
    workers.openLoads(of, into);
    if (exclude) {
      for (int p = 0; p < of.length; p++) {
        into[p] = pick.excluded(of[p]) ? Workers.CLOSED : into[p];
      }
    }
  }

  /** Compares (a + 1) / weightOfA and (b + 1) / weightOfB without dividing. */
  static int compare(long a, double weightOfA, long b, double weightOfB) {
    double left = (a + 1.0) * weightOfB;
    double right = (b + 1.0) * weightOfA;
    // Double.compare is slow where they are equal.
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** The first candidate from here to the last worker, or -1. */
  final int first(int from, Pick pick, boolean exclude) {
    for (int i = from; i < weights.length; i++) {
      if (candidate(i, pick, exclude)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * A candidate other than {@code not}, each with the same probability; there must be one. Drawing
   * until one fits takes few draws while most workers are candidates.
   */
  final int sample(int not, Pick pick, boolean exclude) {
    for (int draw = 0; draw < DRAWS; draw++) {
      int i = pick.random().nextInt(weights.length);
      if (i != not && candidate(i, pick, exclude)) {
        return i;
      }
    }
    int count = 0;
    for (int i = 0; i < weights.length; i++) {
      if (i != not && candidate(i, pick, exclude)) {
        count++;
      }
    }
    int skip = pick.random().nextInt(count);
    for (int i = 0; ; i++) {
      if (i != not && candidate(i, pick, exclude) && skip-- == 0) {
        return i;
      }
    }
  }
}
