package io.dispatcher;

/**
 * How many unsettled tasks a worker takes from each front: enough that its slots never wait for the
 * next delivery, and not more, because what waits at a dead worker starts late. A window of {@code
 * slots x max(2, 1 + 2 x cycle / service)}, where the cycle is the time in which a result is
 * settled and replaced. Confined to the worker's loop.
 */
final class Credit {

  private static final int MOST = 4096;
  private static final double QUICK_NANOS = 30_000;
  private static final double LONGEST_CYCLE_NANOS = 100e6;
  private static final double SMOOTHING = 1.0 / 64;

  private final int slots;
  private double serviceNanos = 1e9;
  private double cycleNanos = 1e6;
  private boolean measured;
  private volatile boolean quick;

  Credit(int slots) {
    this.slots = slots;
  }

  void ran(long nanos) {
    double sample = Math.max(1_000, nanos);
    serviceNanos = measured ? serviceNanos + SMOOTHING * (sample - serviceNanos) : sample;
    measured = true;
    boolean now = serviceNanos < QUICK_NANOS;
    if (now != quick) {
      quick = now;
    }
  }

  /** Whether waking a thread takes longer than a task. From any thread. */
  boolean quick() {
    return quick;
  }

  /** A settle was answered after this time. */
  void settleTook(long nanos) {
    // A ledger that waits for a copy says nothing about how much is to lie here.
    double sample = Math.min(2.0 * nanos, LONGEST_CYCLE_NANOS);
    cycleNanos += SMOOTHING * (sample - cycleNanos);
  }

  /** The window of one front while so many have tasks here. */
  int of(int fronts) {
    double window = slots * Math.max(2, 1 + 2 * cycleNanos / serviceNanos);
    return (int) Math.max(slots, Math.min(MOST, window) / fronts);
  }
}
