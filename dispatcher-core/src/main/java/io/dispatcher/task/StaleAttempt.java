package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

/**
 * This attempt no longer owns its task, so its write was refused: the task was started again
 * elsewhere, was cancelled, or has an outcome. The handler should stop; whatever it returns is
 * dropped.
 */
public final class StaleAttempt extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final TaskId id;
  private final String node;
  private final int attempt;

  /**
   * Creates the exception.
   *
   * @param node the node on which the stale attempt runs
   * @param attempt the number of the stale attempt, from 1
   */
  public StaleAttempt(TaskId id, String node, int attempt) {
    super(
        "Attempt "
            + attempt
            + " of task "
            + requireNonNull(id, "id")
            + " on node "
            + requireNonNull(node, "node")
            + " no longer owns the task; stop working on it, its writes are refused");
    this.id = id;
    this.node = node;
    this.attempt = attempt;
  }

  /** Returns the id of the task. */
  public TaskId id() {
    return id;
  }

  /** Returns the node on which the stale attempt runs. */
  public String node() {
    return node;
  }

  /** Returns the number of the stale attempt, from 1. */
  public int attempt() {
    return attempt;
  }
}
