package io.dispatcher;

/**
 * How long attempts of one type take here at the least, as far as the last two minutes or so tell:
 * with less time left none is started. The worker's loop tells it what ran; the threads of the
 * pools read.
 */
final class ShortestRun {

  private static final long SPAN = 30_000_000_000L;

  /** Of fewer nothing can be told: the first ones are slow. */
  private static final int ENOUGH = 10;

  /** So much older may be what the pools know. */
  private static final long STALE = 1_000_000_000L;

  /**
   * What the pools know.
   *
   * @param nanos 0 if too few have run
   * @param at loop time
   */
  private record Known(long nanos, long at) {}

  // Confined to the worker's loop.
  private long turnedAt;
  private int count;
  private int countBefore;
  private long shortest = Long.MAX_VALUE;
  private long shortestBefore = Long.MAX_VALUE;

  private volatile Known known = new Known(0, 0);
  private volatile boolean saves;

  /** An attempt has ended by itself; what failed tells nothing. On the worker's loop. */
  void ran(Start start) {
    AttemptEnd end = start.end();
    if (end == null || end.failure() != null) {
      return;
    }
    long now = start.stoppedAt();
    turn(now);
    count++;
    shortest = Math.min(shortest, start.ranNanos());
    long nanos = count + countBefore < ENOUGH ? 0 : Math.min(shortest, shortestBefore);
    Known told = known;
    if (nanos != told.nanos || now - told.at >= STALE) {
      known = new Known(nanos, now);
    }
  }

  /** It tells of one to two spans. */
  private void turn(long now) {
    if (count > 0 && now - turnedAt < SPAN) {
      return;
    }
    boolean longAgo = now - turnedAt >= 2 * SPAN;
    countBefore = longAgo ? 0 : count;
    shortestBefore = longAgo ? Long.MAX_VALUE : shortest;
    count = 0;
    shortest = Long.MAX_VALUE;
    turnedAt = now;
  }

  /** Its tasks keep checkpoints: a later attempt may have little left to do. From any thread. */
  void saves() {
    if (!saves) {
      saves = true;
    }
  }

  /** Nanoseconds; 0 if that is not known of such an attempt. From any thread. */
  long of(Start start, long now) {
    Known last = known;
    boolean goesOn = start.attempt() > 1 && saves;
    return goesOn || now - last.at > 2 * SPAN ? 0 : last.nanos;
  }
}
