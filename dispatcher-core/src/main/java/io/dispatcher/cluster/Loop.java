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

  /** A turn that has not run yet. */
  interface Timer {
    /** Gives the turn up; without effect once it ran. On the loop: it will not run. */
    void cancel();
  }
}
