package io.dispatcher;

/**
 * A front's view of one pool of a worker: what the loads and weights of the types that run in it
 * are made of. Confined to the front's loop.
 */
final class PoolView {

  int slots;

  /** Attempts of this front that the worker has, running and waiting. */
  int inFlight;

  /** Those of other fronts. */
  int others;

  /** Attempts that failed sooner than others end, until those would have ended. */
  int failed;

  /** What {@link Owned#drift} finds of {@link #inFlight} in the table of tasks. */
  int found;

  PoolView(int slots) {
    this.slots = slots;
  }

  /**
   * A worker tells how much it has of other fronts, and not for which pools: each gets its part.
   *
   * @param all the slots of all pools
   */
  void others(int total, int all) {
    others = slots >= all ? total : (int) Math.round((double) total * slots / all);
  }
}
