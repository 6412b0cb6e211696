package io.dispatcher;

/**
 * How fast tasks of one type run on this worker, over the last 10 to 20 seconds. Confined to the
 * worker's loop.
 */
final class Speed {

  private static final long SPAN = 10_000_000_000L;

  /** Of fewer nothing can be told. */
  private static final int ENOUGH = 20;

  /** What was known longer ago does not count any more. */
  private static final long FORGOTTEN = 180_000_000_000L;

  private int count;
  private long nanos;
  private int countBefore;
  private long nanosBefore;
  private long turnedAt;
  private long lastAt;
  private double mean;

  /** An attempt has ended by itself. */
  void ran(long length, long now) {
    turn(now);
    count++;
    nanos += Math.max(1, length);
    lastAt = now;
  }

  private void turn(long now) {
    if (now - turnedAt < SPAN) {
      return;
    }
    boolean longAgo = now - turnedAt >= 2 * SPAN;
    countBefore = longAgo ? 0 : count;
    nanosBefore = longAgo ? 0 : nanos;
    count = 0;
    nanos = 0;
    turnedAt = now;
  }

  /** Tasks per second with so many slots busy; 0 if that is not known. */
  double perSecond(int slots, long now) {
    turn(now);
    int known = count + countBefore;
    if (known >= ENOUGH) {
      mean = (nanos + nanosBefore) / (double) known;
    } else if (now - lastAt > FORGOTTEN) {
      mean = 0;
    }
    return mean == 0 ? 0 : slots * 1e9 / mean;
  }
}
