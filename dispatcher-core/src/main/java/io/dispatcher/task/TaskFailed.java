package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

/**
 * The task has failed for good: its last attempt failed and no retry was left or wanted.
 *
 * <p>The error of the remote handler is data, see {@link #failure()}; it is never deserialised into
 * an exception of its own class.
 */
public final class TaskFailed extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final TaskId id;
  private final Failure failure;

  /** Creates the exception for a task whose last attempt ended with {@code failure}. */
  public TaskFailed(TaskId id, Failure failure) {
    super(message(id, failure));
    this.id = id;
    this.failure = failure;
  }

  private static String message(TaskId id, Failure failure) {
    requireNonNull(id, "id");
    requireNonNull(failure, "failure");
    return "Task "
        + id
        + " failed on node "
        + failure.node()
        + " at attempt "
        + failure.attempt()
        + ": "
        + failure.summary();
  }

  /** Returns the id of the task. */
  public TaskId id() {
    return id;
  }

  /** Returns what the last attempt failed with, and where. */
  public Failure failure() {
    return failure;
  }
}
