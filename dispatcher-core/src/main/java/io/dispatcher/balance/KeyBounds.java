package io.dispatcher.balance;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of {@link Balancers#consistentHash} at one moment, in words: for people, not for
 * picks. Not thread-safe: made and asked on the thread that the workers' loads belong to.
 */
public final class KeyBounds {

  private final Workers workers;

  /** Who may take the task, unless its load is too high. */
  private final boolean[] candidates;

  /** Of all candidates. */
  private final long load;

  private final double weight;

  private KeyBounds(Workers workers, boolean[] candidates) {
    this.workers = workers;
    this.candidates = candidates;
    long loads = 0;
    double weights = 0;
    for (int i = 0; i < candidates.length; i++) {
      loads += candidates[i] ? workers.load(i) : 0;
      weights += candidates[i] ? workers.weight(i) : 0;
    }
    this.load = loads;
    this.weight = weights;
  }

  /**
   * Those of the workers as they are now, for one more task.
   *
   * @param excluded whom the task avoids if it can
   */
  public static KeyBounds of(Workers workers, IntPredicate excluded) {
    boolean[] candidates = candidates(workers, excluded);
    if (count(candidates) == 0) {
      candidates = candidates(workers, i -> false);
    }
    if (count(candidates) == 1) {
      // The only one takes it whatever it has.
      Arrays.fill(candidates, false);
    }
    return new KeyBounds(workers, candidates);
  }

  private static boolean[] candidates(Workers workers, IntPredicate excluded) {
    boolean[] candidates = new boolean[workers.size()];
    for (int i = 0; i < candidates.length; i++) {
      candidates[i] = workers.weight(i) > 0 && workers.open(i) && !excluded.test(i);
    }
    return candidates;
  }

  private static long count(boolean[] candidates) {
    return IntStream.range(0, candidates.length).filter(i -> candidates[i]).count();
  }

  /** Why a worker that could take the task is passed over for its load; null if it is not. */
  public @Nullable String passed(int i) {
    if (!candidates[i]) {
      return null;
    }
    double own = workers.weight(i);
    long bound = ConsistentHash.bound(load, own, weight);
    int slots = workers.slots(i);
    if (workers.load(i) < Math.max(slots, bound)) {
      return null;
    }
    String mean = String.format(Locale.ROOT, "%.1f", (load + 1.0) * own / weight);
    return bound >= slots
        ? "over its bound of " + bound + ": 1.5 × the mean load of " + mean
        : "over its bound of " + slots + ": its slots, as 1.5 × the mean load is only " + bound;
  }
}
