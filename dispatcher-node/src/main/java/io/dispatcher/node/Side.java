package io.dispatcher.node;

import org.jspecify.annotations.Nullable;

/**
 * What {@code bench} measures: something that takes payloads and gives results back. Thread-safe.
 */
interface Side {

  /** Called once per task, on a thread of the side's choice. */
  @FunctionalInterface
  interface Done {
    void done(byte @Nullable [] result, @Nullable Throwable error);
  }

  /**
   * Submits one task.
   *
   * @param number counts the tasks of a round
   */
  void submit(long number, byte[] payload, Done done);
}
