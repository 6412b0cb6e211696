package io.dispatcher;

/**
 * Two sums over the time just past: over one to two spans of it, which costs no more than two
 * counters for each. Confined to one loop.
 */
final class Recent {

  private final long span;
  private boolean begun;
  private long turnedAt;
  private long first;
  private long second;
  private long firstBefore;
  private long secondBefore;

  /**
   * @param span nanoseconds
   */
  Recent(long span) {
    this.span = span;
  }

  void add(long toFirst, long toSecond, long now) {
    turn(now);
    first += toFirst;
    second += toSecond;
  }

  /** Forgets what is too old by now. */
  void turn(long now) {
    if (!begun) {
      begun = true;
      turnedAt = now;
    }
    if (now - turnedAt < span) {
      return;
    }
    boolean longAgo = now - turnedAt >= 2 * span;
    firstBefore = longAgo ? 0 : first;
    secondBefore = longAgo ? 0 : second;
    first = 0;
    second = 0;
    turnedAt = now;
  }

  void clear() {
    first = 0;
    second = 0;
    firstBefore = 0;
    secondBefore = 0;
  }

  /** As of the last {@link #turn}. */
  long first() {
    return first + firstBefore;
  }

  /** As of the last {@link #turn}. */
  long second() {
    return second + secondBefore;
  }
}
