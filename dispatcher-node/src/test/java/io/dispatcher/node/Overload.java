package io.dispatcher.node;

import io.dispatcher.task.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Offers tasks to one door at a fixed rate, whatever it answers, in phases: what is usual, too
 * much, what is usual. Every time is taken from when the task was to be offered, so that a door
 * that holds its callers up is not flattered. Thread-safe but for {@link #offer}.
 */
final class Overload {
  /** What takes longer to its outcome was held up by others. */
  static final Duration USUAL = Duration.ofSeconds(1);

  private static final double NANOS_PER_MILLI = 1e6;

  /** A way in. */
  interface Door {
    /** Submits one task; never blocks. */
    void submit(Offer offer);
  }

  private final Door door;
  private final List<Phase> phases = new ArrayList<>();
  private final AtomicLong ended = new AtomicLong();

  Overload(Door door) {
    this.door = door;
  }

  /**
   * What came of one phase; times in milliseconds.
   *
   * @param endedPerSecond outcomes of whatever phase that came within this one
   * @param lost accepted and without an outcome so far
   * @param calmAfter from the begin of the phase to the last task that was refused, or took longer
   *     than {@link #USUAL}
   * @param takingAfter from the begin of the phase to the last task that was refused
   */
  record Figures(
      String phase,
      long offered,
      long accepted,
      long refused,
      long withoutRetryAfter,
      long failed,
      long ended,
      long lost,
      double endedPerSecond,
      double acceptP50,
      double acceptP99,
      double acceptMax,
      double refuseP99,
      double endP50,
      double endP99,
      double takingAfter,
      double calmAfter,
      @Nullable String firstFault) {}

  /** Offers so many tasks a second. */
  void offer(String name, int rate, int seconds) {
    long begin = System.nanoTime();
    long endedBefore = ended.get();
    Phase phase = new Phase(name, begin);
    phases.add(phase);
    int tasks = rate * seconds;
    double interval = 1e9 / rate;
    for (int number = 0; number < tasks; number++) {
      long at = begin + (long) (number * interval);
      for (long wait = at - System.nanoTime(); wait > 0; wait = at - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      phase.offered++;
      door.submit(new Offer(phase, at));
    }
    double took = (System.nanoTime() - begin) / 1e9;
    phase.endedPerSecond = (ended.get() - endedBefore) / took;
  }

  /** Warm-up with too much, what is usual, too much, and what is usual again. */
  void phases(int usual, int usualSeconds, int much, int muchSeconds) {
    offer("warm-up", much, usualSeconds);
    offer("usual", usual, usualSeconds);
    offer("overload", much, muchSeconds);
    offer("after", usual, usualSeconds);
  }

  /** Whether everything offered was answered, and everything accepted has ended. */
  boolean settled() {
    return phases.stream().allMatch(Phase::settled);
  }

  List<Figures> figures() {
    return phases.stream().map(Phase::figures).toList();
  }

  /** One task that is offered. */
  final class Offer {
    private final Phase phase;
    private final long at;

    private Offer(Phase phase, long at) {
      this.phase = phase;
      this.at = at;
    }

    void accepted() {
      phase.accepts.recordValue(since());
      phase.accepted.incrementAndGet();
    }

    void refused(boolean retryAfter) {
      phase.refusals.recordValue(since());
      phase.refused.incrementAndGet();
      phase.lastRefused.accumulateAndGet(at - phase.begin, Math::max);
      if (!retryAfter) {
        phase.withoutRetryAfter.incrementAndGet();
      }
    }

    /** Neither accepted nor refused, or ended otherwise than well. */
    void failed(String what) {
      phase.failed.incrementAndGet();
      phase.firstFault.compareAndSet(null, what);
    }

    void ended(@Nullable Outcome<?> outcome, @Nullable Throwable error) {
      if (!(outcome instanceof Outcome.Succeeded<?>)) {
        failed(String.valueOf(outcome == null ? error : outcome));
        return;
      }
      long took = since();
      phase.ends.recordValue(took);
      phase.ended.incrementAndGet();
      ended.incrementAndGet();
      if (took > USUAL.toNanos()) {
        phase.lastSlow.accumulateAndGet(at - phase.begin, Math::max);
      }
    }

    private long since() {
      return Math.max(0, System.nanoTime() - at);
    }
  }

  private static final class Phase {
    private final String name;
    private final long begin;
    private final Histogram accepts = histogram();
    private final Histogram refusals = histogram();
    private final Histogram ends = histogram();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong withoutRetryAfter = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private final AtomicLong lastRefused = new AtomicLong();
    private final AtomicLong lastSlow = new AtomicLong();
    private final AtomicReference<@Nullable String> firstFault = new AtomicReference<>();
    private volatile long offered;
    private volatile double endedPerSecond;

    private Phase(String name, long begin) {
      this.name = name;
      this.begin = begin;
    }

    private static Histogram histogram() {
      return new ConcurrentHistogram(TimeUnit.HOURS.toNanos(1), 3);
    }

    private boolean settled() {
      return accepted.get() + refused.get() + failed.get() >= offered
          && ended.get() + failed.get() >= accepted.get();
    }

    private Figures figures() {
      return new Figures(
          name,
          offered,
          accepted.get(),
          refused.get(),
          withoutRetryAfter.get(),
          failed.get(),
          ended.get(),
          accepted.get() - ended.get(),
          endedPerSecond,
          millis(accepts, 50),
          millis(accepts, 99),
          millis(accepts, 100),
          millis(refusals, 99),
          millis(ends, 50),
          millis(ends, 99),
          lastRefused.get() / NANOS_PER_MILLI,
          Math.max(lastRefused.get(), lastSlow.get()) / NANOS_PER_MILLI,
          firstFault.get());
    }

    private static double millis(Histogram histogram, double percent) {
      return Math.round(histogram.getValueAtPercentile(percent) / NANOS_PER_MILLI * 100) / 100.0;
    }
  }
}
