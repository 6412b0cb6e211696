package io.dispatcher;

import io.dispatcher.task.TaskState;

/** What one front counted of one type. Confined to the front's loop. */
final class TypeTally {

  private static final int SECONDS = 10;

  /** Recorded, since the start. */
  long accepted;

  long succeeded;
  long failed;
  long cancelled;
  long expired;

  /** No longer in the ledger. */
  long lost;

  /** Of the unfinished: not due yet. */
  int delayed;

  /** Of the unfinished: wait for a retry. */
  int backoff;

  private final long[] queueing = new long[Histogram.BUCKETS];
  private final long[] total = new long[Histogram.BUCKETS];

  /** When, and how many had ended then; one a second, the oldest where the next one goes. */
  private final long[] sampledAt = new long[SECONDS + 1];

  private final long[] sampled = new long[SECONDS + 1];
  private int samples;

  /** A task was handed to a worker. */
  void queued(int bucket) {
    queueing[bucket]++;
  }

  /** A task has its outcome. */
  void ended(TaskState state, int bucket) {
    total[bucket]++;
    switch (state) {
      case SUCCEEDED -> succeeded++;
      case FAILED -> failed++;
      case CANCELLED -> cancelled++;
      case EXPIRED -> expired++;
      // How it ended nobody kept.
      case REMOVED -> accepted--;
      default -> throw new IllegalStateException("a task cannot end as " + state);
    }
  }

  private long ended() {
    return succeeded + failed + cancelled + expired;
  }

  /** Accepted and without an outcome. */
  long unfinished() {
    return accepted - ended() - lost;
  }

  /** To be called about once a second. */
  void sample(long now) {
    int at = samples++ % sampled.length;
    sampledAt[at] = now;
    sampled[at] = ended();
  }

  /** Tasks that ended per second, over the last ten seconds or as long as it was counted. */
  double endedPerSecond(long now) {
    if (samples == 0) {
      return 0;
    }
    int oldest = samples < sampled.length ? 0 : samples % sampled.length;
    long nanos = now - sampledAt[oldest];
    return nanos <= 0 ? 0 : (ended() - sampled[oldest]) * 1e9 / Math.max(1_000_000_000L, nanos);
  }

  long[] queueing() {
    return queueing.clone();
  }

  long[] total() {
    return total.clone();
  }
}
