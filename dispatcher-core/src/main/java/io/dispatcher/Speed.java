package io.dispatcher;

/**
 * How fast tasks of one type run on this worker, over the last 10 to 20 seconds. The first 10
 * seconds of all say nothing, for a JVM is slow at first. Confined to the worker's loop.
 */
final class Speed {

  private static final long SPAN = 10_000_000_000L;

  /** Of fewer nothing can be told. */
  private static final int ENOUGH = 20;

  /** What was known longer ago does not count any more. */
  private static final long FORGOTTEN = 180_000_000_000L;

  /** Attempts, and how long they took. */
  private final Recent runs = new Recent(SPAN);

  private boolean begun;
  private long firstAt;
  private long lastAt;
  private double mean;

  /** An attempt has succeeded. */
  void ran(long length, long now) {
    if (!begun) {
      begun = true;
      firstAt = now;
    }
    if (now - firstAt < SPAN) {
      return;
    }
    runs.add(1, Math.max(1, length), now);
    lastAt = now;
  }

  /** Tasks per second with so many slots busy; 0 if that is not known. */
  double perSecond(int slots, long now) {
    runs.turn(now);
    long known = runs.first();
    if (known >= ENOUGH) {
      mean = runs.second() / (double) known;
    } else if (now - lastAt > FORGOTTEN) {
      mean = 0;
    }
    return mean == 0 ? 0 : slots * 1e9 / mean;
  }
}
