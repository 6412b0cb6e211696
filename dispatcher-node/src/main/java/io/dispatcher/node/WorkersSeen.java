package io.dispatcher.node;

import io.dispatcher.DispatchListener;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits until this node can choose among all workers of the run. */
class WorkersSeen implements DispatchListener {
  private static final long SECONDS = 60;

  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final CountDownLatch missing;

  WorkersSeen(int workers) {
    missing = new CountDownLatch(workers);
  }

  @Override
  public void workerJoined(String node) {
    if (seen.add(node)) {
      missing.countDown();
    }
  }

  void await() throws InterruptedException {
    if (!missing.await(SECONDS, TimeUnit.SECONDS)) {
      throw new RunFailed("after " + SECONDS + " s only these workers are there: " + seen);
    }
  }
}
