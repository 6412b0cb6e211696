package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

/** The task was cancelled before it finished. It has no result and will not be started again. */
public final class TaskCancelled extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final TaskId id;

  /** Creates the exception for the cancelled task. */
  public TaskCancelled(TaskId id) {
    super("Task " + requireNonNull(id, "id") + " was cancelled; submit it again if it is wanted");
    this.id = id;
  }

  /** Returns the id of the task. */
  public TaskId id() {
    return id;
  }
}
