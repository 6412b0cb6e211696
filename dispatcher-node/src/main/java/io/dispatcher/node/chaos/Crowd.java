package io.dispatcher.node.chaos;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * When more tasks were open than the nodes run within a few seconds: whoever waits then may wait
 * for no other reason.
 *
 * @param most that may be open
 */
record Crowd(int most) {
  private static final int FEW_SECONDS_MILLIS = 3_000;
  private static final int USUAL_TASK_MILLIS = 50;

  /**
   * Of a run.
   *
   * @param taskMillis what most tasks take; 0 if nobody knows
   */
  static Crowd of(long nodes, long taskMillis) {
    double each = ChaosWork.MEAN_LENGTH * (taskMillis > 0 ? taskMillis : USUAL_TASK_MILLIS);
    double slots = nodes * Plan.SLOTS;
    return new Crowd((int) Math.max(slots, slots * FEW_SECONDS_MILLIS / each));
  }

  /**
   * Finds these times.
   *
   * @param accepted when tasks were
   * @param ended when they were, in any order
   * @param crowded gets from when to when
   */
  void find(long[] accepted, long[] ended, BiConsumer<Long, Long> crowded) {
    Arrays.sort(accepted);
    Arrays.sort(ended);
    long since = -1;
    int open = 0;
    int out = 0;
    for (long now : accepted) {
      while (out < ended.length && ended[out] <= now) {
        open--;
        if (since >= 0 && open <= most) {
          crowded.accept(since, ended[out]);
          since = -1;
        }
        out++;
      }
      open++;
      since = since < 0 && open > most ? now : since;
    }
    if (since >= 0) {
      int left = out + open - most - 1;
      crowded.accept(since, left < ended.length ? ended[left] : Long.MAX_VALUE);
    }
  }
}
