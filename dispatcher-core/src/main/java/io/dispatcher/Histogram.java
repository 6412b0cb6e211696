package io.dispatcher;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * Durations in buckets that grow by a quarter of an octave from 1 microsecond to about 3 hours:
 * quantiles are right within 19 %. Recording is one atomic increment. Thread-safe.
 */
final class Histogram {

  private static final int STEPS = 4;

  /** How many there are. */
  static final int BUCKETS = 34 * STEPS;

  /**
   * Of the coarse buckets that are shown outside: about a quarter of a millisecond to 18 minutes.
   */
  private static final int FIRST_OCTAVE = 8;

  private static final int LAST_OCTAVE = 30;

  /** Where the coarse buckets end, in seconds: powers of two microseconds, so that none is cut. */
  static final List<Double> BOUNDS =
      IntStream.rangeClosed(FIRST_OCTAVE, LAST_OCTAVE)
          .mapToObj(octave -> Math.scalb(1.0, octave) / 1e6)
          .toList();

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
    return brief(copy());
  }

  Figures.Distribution distribution() {
    return new Figures.Distribution(copy());
  }

  private long[] copy() {
    long[] copy = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      copy[i] = counts.get(i);
    }
    return copy;
  }

  /** The fine buckets added up to those of {@link #BOUNDS}, and one more for what is beyond. */
  static List<Long> within(long[] fine) {
    long[] coarse = new long[BOUNDS.size() + 1];
    for (int i = 0; i < fine.length; i++) {
      int bucket = Math.max(0, i / STEPS - FIRST_OCTAVE + 1);
      coarse[Math.min(coarse.length - 1, bucket)] += fine[i];
    }
    return Arrays.stream(coarse).boxed().toList();
  }

  /** All durations together, in seconds. */
  static double sum(long[] fine) {
    double micros = 0;
    for (int i = 0; i < fine.length; i++) {
      micros += fine[i] * Math.scalb(1 + (i % STEPS + 0.5) / STEPS, i / STEPS);
    }
    return micros / 1e6;
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
