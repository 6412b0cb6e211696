package io.dispatcher.hazelcast;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Measures for how long the threads of this process did not get to run, by one that only waits. */
final class StallMeter implements AutoCloseable {

  private static final long STEP = TimeUnit.MILLISECONDS.toNanos(20);

  private final CountDownLatch closed = new CountDownLatch(1);
  private long due = System.nanoTime() + STEP;
  private long late;

  StallMeter() {
    Thread thread = new Thread(this::run, "stall-meter");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (!closed.await(STEP, TimeUnit.NANOSECONDS)) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void step() {
    late += overdue();
    due = System.nanoTime() + STEP;
  }

  private long overdue() {
    return Math.max(0, System.nanoTime() - due);
  }

  /** Since it was made, with a stall that has just ended. */
  synchronized long millis() {
    return TimeUnit.NANOSECONDS.toMillis(late + overdue());
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
