package io.dispatcher.node;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where handles complete. The node's own and not the dispatcher's, because the doors must not close
 * before the last callers were told. Thread-safe.
 */
final class NodeCallbacks implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NodeCallbacks.class);
  private static final int THREADS = 2;
  private static final long KEEP_ALIVE_SECONDS = 30;
  private static final long TOLD_SECONDS = 5;

  private final ThreadPoolExecutor executor;

  NodeCallbacks() {
    AtomicInteger count = new AtomicInteger();
    // What waits is bounded by what is unfinished: one entry for each block.
    executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "dispatcher-callback-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  Executor executor() {
    return executor;
  }

  /** Waits until everybody has been told what was to be told before this call. Blocks. */
  void awaitTold() {
    // One step for each thread, and none goes on before all are there: nothing older still runs.
    CountDownLatch there = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      executor.execute(
          () -> {
            there.countDown();
            await(there);
          });
    }
    if (!await(there)) {
      log.warn("some callers were not told in time how their tasks ended");
    }
  }

  private static boolean await(CountDownLatch there) {
    try {
      return there.await(TOLD_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
