package io.dispatcher;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations in buckets that grow by a quarter of an octave from 1 microsecond to about 3 hours:
 * quantiles are right within 19 %. Recording is one atomic increment. Thread-safe.
 */
final class Histogram {

  private static final int STEPS = 4;

  /** How many there are. */
  static final int BUCKETS = 34 * STEPS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  /** Records a duration and tells its bucket. */
  int record(long nanos) {
    int bucket = bucket(nanos);
    counts.incrementAndGet(bucket);
    return bucket;
  }

  private static int bucket(long nanos) {
    long micros = Math.max(1, nanos / 1000);
    int octave = 63 - Long.numberOfLeadingZeros(micros);
    long within = octave >= 2 ? (micros >>> (octave - 2)) & 3 : (micros << (2 - octave)) & 3;
    return Math.min(BUCKETS - 1, octave * STEPS + (int) within);
  }

  Stats.Durations snapshot() {
    long[] copy = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      copy[i] = counts.get(i);
    }
    return brief(copy);
  }

  /** What is in buckets, in brief. */
  static Stats.Durations brief(long[] counts) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return new Stats.Durations(
        total,
        quantile(counts, total, 0.5),
        quantile(counts, total, 0.99),
        quantile(counts, total, 1));
  }

  private static double quantile(long[] counts, long total, double q) {
    if (total == 0) {
      return 0;
    }
    long rank = Math.max(1, (long) Math.ceil(q * total));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.scalb(1 + (i % STEPS + 1) / (double) STEPS, i / STEPS) / 1000;
      }
    }
    throw new IllegalStateException("a rank beyond the total");
  }
}
