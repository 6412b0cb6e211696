package io.dispatcher.node;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One round of throughput: each submitting thread keeps its part of the window outstanding and
 * submits the next task as a result comes in.
 */
final class ClosedLoop {
  private static final long STUCK_SECONDS = 60;

  private final Side side;
  private final BenchWork work;
  private final BenchTally tally;

  private ClosedLoop(Side side, BenchWork work, int nodes) {
    this.side = side;
    this.work = work;
    tally = new BenchTally(work, nodes);
  }

  /**
   * One round of one side.
   *
   * @param seconds from the first submit to the last result in hand
   */
  record Round(int tasks, double seconds, BenchTally.Counts counts) {
    double perSecond() {
      return tasks / seconds;
    }
  }

  /** Runs a round with this many submitting threads. */
  static Round run(Side side, BenchWork work, int nodes, int threads, int tasks, int window)
      throws InterruptedException, ExecutionException {
    ClosedLoop loop = new ClosedLoop(side, work, nodes);
    ExecutorService submitters = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> parts = new ArrayList<>();
      long start = System.nanoTime();
      for (int thread = 0; thread < threads; thread++) {
        int first = (int) ((long) tasks * thread / threads);
        int end = (int) ((long) tasks * (thread + 1) / threads);
        int part = Math.max(1, window / threads);
        parts.add(submitters.submit(() -> loop.submit(first, end, part)));
      }
      for (Future<?> part : parts) {
        part.get();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Round(tasks, seconds, loop.tally.counts());
    } finally {
      submitters.shutdownNow();
    }
  }

  /** Submits the tasks from first to end and waits for their results. */
  private void submit(int first, int end, int window) {
    Semaphore room = new Semaphore(window);
    int free = 0;
    for (int number = first; number < end; number++) {
      if (free == 0) {
        await(room);
        free = 1 + room.drainPermits();
      }
      free--;
      byte[] payload = work.payload(number);
      side.submit(
          number,
          payload,
          (result, error) -> {
            tally.add(payload, result, error);
            room.release();
          });
    }
    room.release(free);
    for (int i = 0; i < window; i++) {
      await(room);
    }
  }

  private static void await(Semaphore room) {
    try {
      if (!room.tryAcquire(STUCK_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no result came for " + STUCK_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
