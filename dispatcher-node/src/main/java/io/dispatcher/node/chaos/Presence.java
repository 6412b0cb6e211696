package io.dispatcher.node.chaos;

import io.dispatcher.node.RunFailed;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Which nodes came and went, as the front of this process sees it. Thread-safe. */
final class Presence extends Heard {
  private final Map<String, Integer> joins = new HashMap<>();
  private final Map<String, Integer> leaves = new HashMap<>();

  Presence(String node, Consumer<Line> history) {
    super(node, history);
  }

  @Override
  public synchronized void workerJoined(String node) {
    joins.merge(node, 1, Integer::sum);
    notifyAll();
  }

  @Override
  public synchronized void workerLeft(String node) {
    leaves.merge(node, 1, Integer::sum);
  }

  /** How often a node of this name has come. */
  synchronized int joins(String node) {
    return joins.getOrDefault(node, 0);
  }

  /** How often one has gone. */
  synchronized int leaves(String node) {
    return leaves.getOrDefault(node, 0);
  }

  /** Waits until a node of this name has come more often. */
  synchronized void awaitJoin(String node, int before, Duration atMost)
      throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (joins(node) <= before) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new RunFailed(
            node + " is up, but no front has seen it after " + atMost.toSeconds() + " s");
      }
      wait(left);
    }
  }
}
