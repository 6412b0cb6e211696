package io.dispatcher.client;

/** Bounds what waits in a client for an answer. Thread-safe. */
final class Room {
  private final int maxTasks;
  private final long maxBytes;
  private int tasks;
  private long bytes;

  Room(int maxTasks, long maxBytes) {
    this.maxTasks = maxTasks;
    this.maxBytes = maxBytes;
  }

  /** Takes room, however much if nobody else has any; false if there is not enough. */
  synchronized boolean enter(int moreTasks, long moreBytes) {
    if (tasks > 0 && (tasks + moreTasks > maxTasks || bytes + moreBytes > maxBytes)) {
      return false;
    }
    tasks += moreTasks;
    bytes += moreBytes;
    return true;
  }

  synchronized void leave(int fewerTasks, long fewerBytes) {
    tasks -= fewerTasks;
    bytes -= fewerBytes;
  }

  synchronized int tasks() {
    return tasks;
  }
}
