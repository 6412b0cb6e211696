package io.dispatcher.node.chaos;

import io.dispatcher.node.RunFailed;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Which nodes came and went, as the front of this process sees it. Its calls have to come in order.
 * Thread-safe.
 */
final class Presence extends Heard {
  private final Set<String> here = new HashSet<>();

  Presence(String node, Consumer<Line> history) {
    super(node, history);
  }

  @Override
  public synchronized void workerJoined(String node) {
    here.add(node);
    notifyAll();
  }

  @Override
  public synchronized void workerLeft(String node) {
    here.remove(node);
  }

  /** Whether a node of this name is here now. */
  synchronized boolean here(String node) {
    return here.contains(node);
  }

  /** The front is gone: what it saw counts no more. */
  synchronized void forget() {
    here.clear();
  }

  /** A node is gone, which the front has not noticed yet. */
  synchronized void forget(String node) {
    here.remove(node);
  }

  /** Waits until a node of this name is here. */
  synchronized void await(String node, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!here.contains(node)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new RunFailed(
            node + " is up, but no front has seen it after " + atMost.toSeconds() + " s");
      }
      wait(left);
    }
  }
}
