package io.dispatcher.balance;

/**
 * How long tasks take on one worker, as one front sees it: what its {@link Workers#latencyNanos}
 * are made of. Confined to one thread, like the balancer.
 *
 * <p>It rises to any longer time at once, and follows shorter ones over 10 seconds, or over 10
 * times its own length if that is more. It does not fall while tasks are out, and is never below
 * the mean age of those that are: else a worker that is stuck would look better the longer it is
 * stuck. Once nothing is out, it goes back to what is usual elsewhere, so that the worker is tried
 * again.
 *
 * <p>A task that failed counts as one of 5 seconds, but takes no more weight than any other: a
 * worker that fails fast does not attract work, and an odd failure does not shut it out.
 *
 * <p>All times are in nanoseconds, of one clock.
 *
 * @see <a
 *     href="https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-peak-ewma">
 *     Finagle: Power of two choices, peak EWMA</a>
 */
public final class PeakEwma {

  private static final double SHORTEST_DECAY = 10e9;
  private static final double LENGTHS_OF_DECAY = 10;
  private static final double PENALTY = 5e9;

  /** What a mean age of at most 4096 tasks can be summed in, for 70 years. */
  private static final long MICRO = 1000;

  private double estimate;
  private long estimatedAt;
  private boolean known;
  private int out;

  /** Sum of the start times of what is out, in microseconds since {@link #origin}. */
  private long starts;

  private long origin;

  /**
   * A task was handed out.
   *
   * @param usual what tasks take on the other workers; 0 if that is not known
   */
  public void began(long now, long usual) {
    if (out == 0) {
      if (!known || usual > 0) {
        estimate = idle(now, usual);
        estimatedAt = now;
      }
      origin = now;
      starts = 0;
    }
    out++;
    starts += (now - origin) / MICRO;
  }

  /** A task has succeeded. */
  public void succeeded(long began, long now) {
    dropped(began);
    observe((double) Math.max(0, now - began), now, true);
  }

  /** A task has failed, or was not taken. */
  public void failed(long began, long now) {
    dropped(began);
    observe(Math.max(PENALTY, (double) (now - began)), now, false);
  }

  /** A task is no longer out, and that says nothing of the worker. */
  public void dropped(long began) {
    out--;
    starts -= (began - origin) / MICRO;
  }

  private void observe(double took, long now, boolean peaks) {
    if (!known) {
      known = true;
      estimate = peaks || estimate == 0 ? took : estimate;
    }
    if (took > estimate && peaks) {
      estimate = took;
    } else {
      double old = decayed(now);
      estimate = estimate * old + took * (1 - old);
    }
    estimatedAt = now;
  }

  /** What of the estimate is left. */
  private double decayed(long now) {
    double times = (now - estimatedAt) / Math.max(SHORTEST_DECAY, LENGTHS_OF_DECAY * estimate);
    // Under load that is nearly all, and exponentials are dear.
    return times < 1e-5 ? 1 - times : Math.exp(-times);
  }

  /**
   * How long a task is expected to take; 0 = not known.
   *
   * @param usual what tasks take on the other workers; 0 if that is not known
   */
  public long nanos(long now, long usual) {
    if (out == 0) {
      return (long) idle(now, usual);
    }
    double age = (double) (now - origin) - (double) starts / out * MICRO;
    return (long) Math.max(known ? estimate : usual, age);
  }

  /** Whether any task has ended here. */
  public boolean known() {
    return known;
  }

  private double idle(long now, long usual) {
    if (!known || usual <= 0) {
      return known ? estimate : usual;
    }
    return usual + (estimate - usual) * decayed(now);
  }
}
