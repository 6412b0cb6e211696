package io.dispatcher.cluster;

import java.util.concurrent.TimeUnit;

/**
 * What a loop measures of itself. Written by the loop, but for {@link #posted}; read by anyone, who
 * sees each figure as of some moment of late.
 */
final class LoopMeter {

  private static final long LATE = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long SPAN = TimeUnit.SECONDS.toNanos(30);

  private volatile long oldestPost;
  private volatile long lateWakeUps;
  private volatile long longest;
  private volatile long longestBefore;
  private long spanEnd = Long.MIN_VALUE;

  /** The loop was asleep and has something to do since now. By whoever woke it. */
  void posted(long now) {
    oldestPost = now;
  }

  /** A timer was due so many nanoseconds ago. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // only the loop writes it
  void wokeUp(long nanosAgo) {
    if (nanosAgo > LATE) {
      lateWakeUps++;
    }
  }

  /** Returns the end, which is the beginning of the next turn. */
  long turn(long began, long ended) {
    if (spanEnd == Long.MIN_VALUE || ended - spanEnd > 0) {
      longestBefore = longest;
      longest = 0;
      spanEnd = ended + SPAN;
    }
    long took = ended - began;
    if (took > longest) {
      longest = took;
    }
    return ended;
  }

  Loop.Load load(int depth, boolean awake, long now) {
    double waited = awake ? Math.max(0, now - oldestPost) / 1e9 : 0;
    return new Loop.Load(depth, waited, Math.max(longest, longestBefore) / 1e9, lateWakeUps);
  }
}
