package io.dispatcher.examples.lab;

/**
 * What a front still believes of a report as it grows old: all of it for as long as a task usually
 * takes, then ever less, and nothing after five times that. The bounds are the dispatcher's own, in
 * its time, of which a mean task takes {@link Simulation#TASK}: that is longer than its least, 50
 * ms, so here tasks decide how long a report is fresh.
 */
final class Fading {

  private static final long LEAST = 50_000_000L;
  private static final long MOST = 10_000_000_000L;

  /** While no task has ended yet. */
  private static final long UNKNOWN = 1_000_000_000L;

  /** exp(-x) for x from 0 to 4, in the dispatcher's steps. */
  private static final double[] LEFT = new double[64];

  static {
    for (int step = 0; step < LEFT.length; step++) {
      LEFT[step] = Math.exp(-4.0 * step / LEFT.length);
    }
  }

  private long fresh = UNKNOWN;

  /**
   * @param nanos what tasks take on most workers; 0 if that is not known
   */
  void usual(long nanos) {
    fresh = nanos == 0 ? UNKNOWN : Math.max(LEAST, Math.min(nanos, MOST));
  }

  /** What is left of a number that was heard so many nanoseconds ago. */
  long of(int said, long age) {
    long stale = age - fresh;
    if (stale <= 0) {
      return said;
    }
    long step = stale * LEFT.length / (4 * fresh);
    return step >= LEFT.length ? 0 : Math.round(said * LEFT[(int) step]);
  }
}
