package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Submits on behalf of a campaign, inside a node process, and keeps the books: what was accepted,
 * what came of it, and whether it can be read again while it has to be kept. Thread-safe.
 */
final class SoakSubmitter {
  /** One outcome of so many is read again. */
  private static final int SAMPLE = 500;

  private static final long STUCK_SECONDS = 120;

  private final Dispatcher dispatcher;
  private final BenchWork work;
  private final long outcomeBudget;
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong withoutRetryAfter = new AtomicLong();
  private final AtomicLong toRead = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong missing = new AtomicLong();
  private final AtomicLong overBudget = new AtomicLong();
  private final AtomicLong mostRetained = new AtomicLong();
  private final AtomicLong lastOverBudget = new AtomicLong(System.nanoTime());
  private final AtomicReference<@Nullable String> firstFault = new AtomicReference<>();
  private final AtomicReference<@Nullable String> firstRefusal = new AtomicReference<>();

  SoakSubmitter(Dispatcher dispatcher, BenchWork work, long outcomeBudget) {
    this.dispatcher = dispatcher;
    this.work = work;
    this.outcomeBudget = outcomeBudget;
  }

  /**
   * What is known so far.
   *
   * @param wrong tasks that ended otherwise than with the right result, or were not known to be
   *     accepted or refused
   * @param toRead outcomes whose second reading is still to come
   * @param read outcomes that were read a second time, and were the same
   * @param missing outcomes that were gone, or others, though they were to be kept
   * @param overBudget outcomes that were not read again: their front could not keep them all
   * @param mostRetained the most bytes of outcomes that the front was seen to keep
   */
  record Books(
      long accepted,
      long done,
      long wrong,
      long refused,
      long withoutRetryAfter,
      long toRead,
      long read,
      long missing,
      long overBudget,
      long mostRetained,
      @Nullable String firstFault,
      @Nullable String firstRefusal) {}

  Books books() {
    return new Books(
        accepted.get(),
        done.get(),
        wrong.get(),
        refused.get(),
        withoutRetryAfter.get(),
        toRead.get(),
        read.get(),
        missing.get(),
        overBudget.get(),
        mostRetained.get(),
        firstFault.get(),
        firstRefusal.get());
  }

  /**
   * Keeps so many tasks outstanding until all have ended.
   *
   * @param keptMillis for which outcomes are to be kept
   */
  Books submit(int tasks, int window, int keptMillis) throws InterruptedException {
    Semaphore room = new Semaphore(window);
    Duration kept = Duration.ofMillis(keptMillis);
    for (int i = 0; i < tasks; i++) {
      acquire(room, 1);
      byte[] payload = work.payload(numbers.getAndIncrement());
      boolean sample = i % SAMPLE == 0;
      dispatcher
          .submit(SoakNode.QUICK.task(payload).retention(kept))
          .outcome()
          .whenComplete(
              (outcome, error) -> {
                ended(payload, outcome, error);
                if (sample && outcome != null) {
                  readLater(outcome, kept);
                }
                room.release();
              });
    }
    acquire(room, window);
    return books();
  }

  /** Submits without patience for room, with so many unanswered submits at the most. */
  Books flood(int tasks, int window) throws InterruptedException {
    Semaphore room = new Semaphore(window);
    for (int i = 0; i < tasks; i++) {
      acquire(room, 1);
      byte[] payload = work.payload(numbers.getAndIncrement());
      TaskHandle<byte[]> handle =
          dispatcher.submit(SoakNode.QUICK.task(payload).admission(Duration.ZERO));
      handle
          .accepted()
          .whenComplete(
              (id, error) -> {
                answered(error);
                room.release();
                if (error == null) {
                  handle.outcome().whenComplete((outcome, lost) -> ended(payload, outcome, lost));
                }
              });
    }
    acquire(room, window);
    return books();
  }

  private void answered(@Nullable Throwable thrown) {
    Throwable error = unwrap(thrown);
    if (error == null) {
      accepted.incrementAndGet();
    } else if (error instanceof TaskRefused refusal
        && refusal.reason() == TaskRefused.Reason.OVERLOADED) {
      refused.incrementAndGet();
      firstRefusal.compareAndSet(null, refusal.getMessage());
      if (refusal.retryAfter().isEmpty()) {
        withoutRetryAfter.incrementAndGet();
      }
    } else {
      fault(wrong, error.toString());
    }
  }

  private void ended(byte[] payload, @Nullable Outcome<byte[]> outcome, @Nullable Throwable error) {
    boolean right =
        outcome instanceof Outcome.Succeeded<byte[]> succeeded
            && work.nodeIfRight(payload, succeeded.value()) >= 0;
    if (right) {
      done.incrementAndGet();
    } else {
      fault(wrong, String.valueOf(outcome == null ? error : outcome));
    }
  }

  /** Half-way to the end of its retention the outcome must still be there. */
  private void readLater(Outcome<byte[]> outcome, Duration kept) {
    long ended = System.nanoTime();
    toRead.incrementAndGet();
    seeBudget();
    Executor halfWay =
        CompletableFuture.delayedExecutor(kept.toMillis() / 2, TimeUnit.MILLISECONDS);
    CompletableFuture.runAsync(() -> read(outcome, ended, kept), halfWay);
  }

  /** A budget that is nearly used up may be used up between two looks. */
  private void seeBudget() {
    long retained = dispatcher.stats().retainedBytes();
    mostRetained.accumulateAndGet(retained, Math::max);
    if (retained > 0.8 * outcomeBudget) {
      lastOverBudget.set(System.nanoTime());
    }
  }

  private void read(Outcome<byte[]> outcome, long ended, Duration kept) {
    seeBudget();
    if (lastOverBudget.get() - ended >= 0) {
      overBudget.incrementAndGet();
      toRead.decrementAndGet();
      return;
    }
    TaskId id = outcome.id();
    dispatcher
        .attach(id, SoakNode.QUICK)
        .result()
        .whenComplete(
            (value, error) -> {
              if (error == null && Arrays.equals(value, outcome.orThrow())) {
                read.incrementAndGet();
              } else if (System.nanoTime() - ended < kept.toNanos()) {
                fault(missing, "read again: " + (error == null ? "another value" : error));
              }
              toRead.decrementAndGet();
            });
  }

  /** Stages that depend on another wrap its error. */
  static @Nullable Throwable unwrap(@Nullable Throwable thrown) {
    return thrown instanceof CompletionException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
  }

  private void fault(AtomicLong counter, String what) {
    counter.incrementAndGet();
    firstFault.compareAndSet(null, what);
  }

  private static void acquire(Semaphore room, int permits) throws InterruptedException {
    if (!room.tryAcquire(permits, STUCK_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no answer came for " + STUCK_SECONDS + " s");
    }
  }
}
