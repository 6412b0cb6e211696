package io.dispatcher.examples.lab;

import org.jspecify.annotations.Nullable;

/** A task on its way through the simulation. */
final class SimTask {

  /** For the key of a task that has none. */
  static final int NO_KEY = -1;

  final int front;

  /** In mean task times. */
  final double size;

  final long arrivedAt;

  /** Its number, or {@link #NO_KEY}. */
  final int key;

  final boolean measured;

  /** Who submitted it; null if nobody knows. */
  final @Nullable SimClient client;

  /** Of its client on the worker that has it; null while none has it. */
  @Nullable SimSession session;

  /** Where it was last sent. */
  int worker = -1;

  long assignedAt;

  SimTask(
      int front,
      double size,
      long arrivedAt,
      int key,
      @Nullable SimClient client,
      boolean measured) {
    this.front = front;
    this.size = size;
    this.arrivedAt = arrivedAt;
    this.key = key;
    this.client = client;
    this.measured = measured;
  }
}
