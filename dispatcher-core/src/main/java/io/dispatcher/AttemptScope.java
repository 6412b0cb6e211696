package io.dispatcher;

import io.dispatcher.task.TaskId;

/**
 * Goes around every attempt that runs on this node, on the handler's thread: what a log context
 * needs.
 */
@FunctionalInterface
public interface AttemptScope {

  /**
   * Called before an attempt. What it returns is closed on the same thread when the handler has
   * returned or thrown; an async handler's stage may complete later. Must not block. What either
   * throws is logged, and the attempt goes on without.
   */
  AutoCloseable open(TaskId id, String type, int attempt);
}
