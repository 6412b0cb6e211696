package io.dispatcher;

import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;

/**
 * Hears what this node does, as it does it. Called on the callback executor, never on a loop; calls
 * about one task come in order only if that executor has one thread. What a listener throws is
 * logged and ignored.
 */
public interface DispatchListener {

  /** The task is recorded on every replica. */
  default void accepted(TaskId id, String type) {}

  /** This node's worker starts an attempt. */
  default void started(TaskId id, int attempt, String node) {}

  /** A task of this front is final. */
  default void settled(TaskId id, int attempt, TaskState state) {}

  /** The task's own code failed; it runs again. */
  default void retried(TaskId id, int nextAttempt, Failure cause) {}

  /** A worker was lost, or gave the task back; it runs again elsewhere. */
  default void reissued(TaskId id, int nextAttempt, String lostNode) {}

  /** The ledger refused a write of a stale attempt of this node's worker. */
  default void fenced(TaskId id, int attempt) {}

  /**
   * A task was not accepted. When more submits wait than may, and more are refused than this can
   * keep up with, some are only counted.
   */
  default void refused(String type, TaskRefused refusal) {}

  /** A worker can be chosen by this front. */
  default void workerJoined(String node) {}

  /** A worker left the cluster. */
  default void workerLeft(String node) {}
}
