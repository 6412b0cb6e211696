package io.dispatcher.node.chaos;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Clocks that do not keep the process alive. */
final class Clocks {
  private Clocks() {}

  /**
   * One thread that runs what is scheduled.
   *
   * @param name of the thread
   */
  static ScheduledExecutorService daemon(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }
}
