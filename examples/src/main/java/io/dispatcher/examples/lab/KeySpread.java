package io.dispatcher.examples.lab;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * How evenly keys are spread, and how many of them move when a worker leaves.
 *
 * @param balance keys of the worker that has most, over the mean
 * @param moved keys that move when one worker leaves, over those that were on it
 * @param astray of those that move, how many were not on it
 */
record KeySpread(double balance, double moved, int astray) {

  static KeySpread of(Supplier<Placing> placing, int workers, int keys) {
    Placing place = placing.get();
    ToIntFunction<String> before = place.among(new IdleWorkers(workers, w -> 1));
    int[] owners = new int[keys];
    int[] counts = new int[workers];
    Arrays.setAll(owners, k -> before.applyAsInt("key-" + k));
    for (int owner : owners) {
      counts[owner]++;
    }
    int leaver = workers / 2;
    ToIntFunction<String> after = place.among(new IdleWorkers(workers, w -> 1, w -> w != leaver));
    int moved = 0;
    int astray = 0;
    for (int k = 0; k < keys; k++) {
      if (after.applyAsInt("key-" + k) != owners[k]) {
        moved++;
        astray += owners[k] == leaver ? 0 : 1;
      }
    }
    double most = Arrays.stream(counts).max().orElse(0);
    return new KeySpread(
        most * workers / keys, moved / (double) Math.max(1, counts[leaver]), astray);
  }

  /** What this has to be. Nothing is asked of more workers than a rendezvous is held among. */
  List<Goal> goals(int workers) {
    if (workers > 100) {
      return List.of();
    }
    String keys = "keys, " + workers + " workers: ";
    return List.of(
        Goal.atMost(keys + "max beside mean", balance, workers <= 10 ? 1.02 : 1.08),
        Goal.atMost(keys + "moved beside the optimum", moved, workers <= 10 ? 1.05 : 1.6),
        Goal.atMost(keys + "moved, and not the leaver's", astray, 0));
  }
}
