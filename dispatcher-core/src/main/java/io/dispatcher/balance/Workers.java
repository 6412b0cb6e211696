package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * The workers that may run tasks of one type, as one front sees them at the moment.
 *
 * <p>Who is in it, and each one's name, weight, zone and slots, is fixed: a change makes a new
 * snapshot. {@link #load}, {@link #open}, {@link #sessions} and {@link #latencyNanos} are live.
 * Workers are numbered from 0 in the natural order of their names, so that every front with the
 * same workers has the same numbers.
 */
public interface Workers {

  /** For {@link #openLoads}: more than any load. */
  long CLOSED = Long.MAX_VALUE;

  /** How many there are; may be 0. */
  int size();

  /** The configured name, which outlives restarts. */
  String name(int i);

  /** {@link Balancers#hash} of the name. */
  long nameHash(int i);

  /** The share of the work this worker should get, relative to the others; 0 = no new tasks. */
  double weight(int i);

  /** Where the worker runs, or null if nobody said. */
  @Nullable String zone(int i);

  /** How many tasks the worker can run at the same time in the pool that runs this type. */
  int slots(int i);

  /**
   * Tasks assigned to the worker and not finished, as this front sees it, of all types that run in
   * the same pool as this one, like its {@link #slots}: its own, counted from the moment it hands
   * them out, and what the worker last reported of the other fronts. A worker with several pools
   * does not report for which of them that is; each is taken to have it in proportion to its slots.
   * For tasks without a key, an attempt that failed counts for as long as one that succeeds takes:
   * a worker that fails fast is not to look as if it had little to do.
   */
  long load(int i);

  /** Whether the worker has credit left and is not suspected, ejected or draining. */
  boolean open(int i);

  /**
   * The loads of several workers in one call, for rules that look at all; {@link #CLOSED} of one
   * that is not open.
   *
   * @param of their numbers
   * @param into their loads, in the same places
   */
  default void openLoads(int[] of, long[] into) {
    for (int p = 0; p < of.length; p++) {
      into[p] = open(of[p]) ? load(of[p]) : CLOSED;
    }
  }

  /**
   * Client sessions open on the worker: a submitter that had a task there lately is one. A front
   * that does not count them gives the load.
   */
  default long sessions(int i) {
    return load(i);
  }

  /**
   * How long a task of this type is expected to take on the worker, in nanoseconds, from when it is
   * handed out to when its end is known here; 0 = not known. See {@link PeakEwma}.
   */
  default long latencyNanos(int i) {
    return 0;
  }
}
