package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

/**
 * The task's deadline passed before it had an outcome. It may have been started; it will not be
 * started again, and a result that comes later is dropped.
 */
public final class TaskExpired extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final TaskId id;

  /** Creates the exception for the expired task. */
  public TaskExpired(TaskId id) {
    super(
        "Task "
            + requireNonNull(id, "id")
            + " had no outcome before its deadline; give it a longer one, or more workers");
    this.id = id;
  }

  /** Returns the id of the task. */
  public TaskId id() {
    return id;
  }
}
