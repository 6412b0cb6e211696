package io.dispatcher.node;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.DataFormatException;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Latency at a fixed rate. Each task has a scheduled time and is measured from it, so that a stall
 * counts for every task it delayed, and not only for the one that met it.
 */
final class OpenLoop {
  private static final int LEAD_IN_SECONDS = 3;
  private static final long STUCK_SECONDS = 60;
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * A parked thread wakes up about 0.1 ms late, which is not the dispatcher's doing: the end of
   * each wait is spun.
   */
  private static final long SPUN_NANOS = 200_000;

  private OpenLoop() {}

  /**
   * Latency from the scheduled time to the result in hand, in milliseconds.
   *
   * @param histogram all of it, in nanoseconds, as HdrHistogram compresses it, in Base64
   */
  record Latency(
      long tasks, double p50, double p99, double max, String histogram, BenchTally.Counts counts) {}

  /** The whole distribution. */
  static Histogram decoded(Latency latency) {
    try {
      return Histogram.decodeFromCompressedByteBuffer(
          ByteBuffer.wrap(Base64.getDecoder().decode(latency.histogram())), 0);
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("no histogram: " + e.getMessage(), e);
    }
  }

  private static String encoded(Histogram histogram) {
    ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int length = histogram.encodeIntoCompressedByteBuffer(bytes);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
  }

  /** As {@link #run(Side, BenchWork, int, int, int, long)}, with payloads from 0 on. */
  static Latency run(Side side, BenchWork work, int nodes, int rate, int seconds)
      throws InterruptedException {
    return run(side, work, nodes, rate, seconds, 0);
  }

  /**
   * Submits at this rate, first for a lead-in that is not measured.
   *
   * @param first number of the first payload
   */
  static Latency run(Side side, BenchWork work, int nodes, int rate, int seconds, long first)
      throws InterruptedException {
    Histogram histogram = new ConcurrentHistogram(TimeUnit.HOURS.toNanos(1), 3);
    BenchTally tally = new BenchTally(work, nodes);
    BenchTally leadInTally = new BenchTally(work, nodes);
    int leadIn = rate * Math.min(LEAD_IN_SECONDS, seconds);
    int tasks = leadIn + rate * seconds;
    CountDownLatch open = new CountDownLatch(tasks);
    double interval = 1e9 / rate;
    long start = System.nanoTime();
    for (int number = 0; number < tasks; number++) {
      long scheduled = start + (long) (number * interval);
      awaitTime(scheduled);
      byte[] payload = work.payload(first + number);
      boolean measured = number >= leadIn;
      side.submit(
          number,
          payload,
          (result, error) -> {
            if (measured) {
              histogram.recordValue(System.nanoTime() - scheduled);
            }
            if (measured) {
              tally.add(payload, result, error);
            } else {
              leadInTally.add(payload, result, error);
            }
            open.countDown();
          });
    }
    if (!open.await(STUCK_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(open.getCount() + " of " + tasks + " tasks have no result");
    }
    return new Latency(
        histogram.getTotalCount(),
        histogram.getValueAtPercentile(50) / NANOS_PER_MILLI,
        histogram.getValueAtPercentile(99) / NANOS_PER_MILLI,
        histogram.getMaxValue() / NANOS_PER_MILLI,
        encoded(histogram),
        tally.counts().withFaultsOf(leadInTally.counts()));
  }

  private static void awaitTime(long scheduled) {
    for (long wait = scheduled - System.nanoTime();
        wait > 0;
        wait = scheduled - System.nanoTime()) {
      if (wait > SPUN_NANOS) {
        LockSupport.parkNanos(wait - SPUN_NANOS);
      } else {
        Thread.onSpinWait();
      }
    }
  }
}
