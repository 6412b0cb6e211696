package io.dispatcher.task;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The time a caller gave to {@link TaskHandle#await} is over. This says nothing about the task: it
 * goes on, and the handle can be asked again.
 */
public final class TaskWaitTimeout extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final @Nullable TaskId id;

  /**
   * Creates the exception.
   *
   * @param id the task, or null if it was not accepted yet
   * @param waited how long the caller was ready to wait
   */
  public TaskWaitTimeout(@Nullable TaskId id, Duration waited) {
    super(
        (id == null
                ? "The task was not accepted within "
                : "Task " + id + " had no outcome within ")
            + Text.duration(waited)
            + "; it goes on, so wait again, or cancel it");
    this.id = id;
  }

  /** Returns the id of the task; empty if it was not accepted yet. */
  public Optional<TaskId> id() {
    return Optional.ofNullable(id);
  }
}
