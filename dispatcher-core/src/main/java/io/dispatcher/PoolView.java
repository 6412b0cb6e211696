package io.dispatcher;

import io.dispatcher.balance.Workers;

/**
 * A front's view of one pool of a worker: what the loads and weights of the types that run in it
 * are made of. Confined to the front's loop.
 *
 * <p>A pick may look at all workers, some hundred times for each change of one: what it asks for is
 * kept ready, and stands together.
 */
final class PoolView {

  int slots;
  private int inFlight;
  private int others;
  private int failed;
  private boolean open;
  private long openLoad = Workers.CLOSED;
  private long openHeld = Workers.CLOSED;
  private long heardAt;

  /** What {@link Owned#drift} finds of {@link #inFlight} in the table of tasks. */
  int found;

  PoolView(int slots) {
    this.slots = slots;
  }

  /** Attempts of this front that the worker has, running and waiting. */
  int inFlight() {
    return inFlight;
  }

  void inFlight(int count) {
    inFlight = count;
    changed();
  }

  /** Those of other fronts. */
  int others() {
    return others;
  }

  /**
   * A worker tells how much it has of other fronts, and not for which pools: each gets its part.
   *
   * @param all the slots of all pools
   * @param at loop time
   */
  void others(int total, int all, long at) {
    others = slots >= all ? total : (int) Math.round((double) total * slots / all);
    heardAt = at;
    changed();
  }

  /** Attempts that failed sooner than others end, until those would have ended. */
  int failed() {
    return failed;
  }

  void failed(int count) {
    failed = count;
    changed();
  }

  /** Whether its worker can be chosen. */
  void open(boolean is) {
    open = is;
    changed();
  }

  /** All attempts that the worker has, those of others as they were last told. */
  long held() {
    return (long) inFlight + others;
  }

  /** The same, or {@link Workers#CLOSED}. */
  long openHeld() {
    return openHeld;
  }

  /** What it has, and what failed early. */
  long load() {
    return held() + failed;
  }

  /** The same, or {@link Workers#CLOSED}. */
  long openLoad() {
    return openLoad;
  }

  /** Loop time at which its worker was last heard of. */
  long heardAt() {
    return heardAt;
  }

  private void changed() {
    openLoad = open ? load() : Workers.CLOSED;
    openHeld = open ? held() : Workers.CLOSED;
  }
}
