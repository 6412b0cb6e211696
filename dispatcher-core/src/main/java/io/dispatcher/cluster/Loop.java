package io.dispatcher.cluster;

import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The one thread of a role, and its only source of time and chance. Implementations MUST:
 *
 * <ol>
 *   <li>run everything posted one at a time, in the order it was posted by each thread, each turn
 *       seeing what earlier turns wrote;
 *   <li>never run anything inside {@link #execute}, {@link #after} or their callers' frames;
 *   <li>treat an exception that escapes a turn as the end of the node: a living member must not own
 *       tasks that nobody drives.
 * </ol>
 */
public interface Loop extends Executor {

  /** Posts a turn. From any thread; never blocks. */
  @Override
  void execute(Runnable turn);

  /**
   * Posts a turn once this time has passed. From any thread.
   *
   * @param nanos from now; 0 or less: at once
   */
  Timer after(long nanos, Runnable turn);

  /** Monotonic nanoseconds; only differences mean something. */
  long now();

  /** Wall-clock milliseconds since 1970; may jump. */
  long wallMillis();

  /** This loop's random numbers; only for use on the loop. */
  RandomGenerator random();

  /** How busy this loop is. From any thread; for metrics, not for decisions. */
  default Load load() {
    return Load.NONE;
  }

  /**
   * How busy a loop is.
   *
   * @param depth turns that wait
   * @param oldestSeconds how long the oldest of them has waited, roughly
   * @param longestSeconds the longest turn of the last half minute to minute
   * @param lateWakeUps timers found late by more than 100 ms, since the loop began: the thread, or
   *     the whole process, did not get to run
   */
  record Load(int depth, double oldestSeconds, double longestSeconds, long lateWakeUps) {
    /** Of a loop that measures nothing. */
    public static final Load NONE = new Load(0, 0, 0, 0);
  }

  /** A turn that has not run yet. */
  interface Timer {
    /** Gives the turn up; without effect once it ran. On the loop: it will not run. */
    void cancel();
  }
}
