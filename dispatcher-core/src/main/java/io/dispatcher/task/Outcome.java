package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a task ended. There is exactly one recorded outcome per task, whoever asks and whenever.
 *
 * @param <R> result
 */
public sealed interface Outcome<R extends @Nullable Object> {
  /** Returns the id of the task. */
  TaskId id();

  /** Returns the final state that this outcome is. */
  TaskState state();

  /**
   * Returns the result of a task that succeeded.
   *
   * @throws TaskFailed if it failed
   * @throws TaskCancelled if it was cancelled
   * @throws TaskExpired if its deadline passed
   */
  R orThrow();

  /**
   * The handler returned a value.
   *
   * @param value the result; null only if its codec is {@link Codec#nothing()}
   * @param attempts number of the attempt that succeeded, from 1
   */
  record Succeeded<R extends @Nullable Object>(TaskId id, R value, int attempts)
      implements Outcome<R> {
    /** Checks that there is an id. */
    public Succeeded {
      requireNonNull(id, "id");
    }

    @Override
    public TaskState state() {
      return TaskState.SUCCEEDED;
    }

    @Override
    public R orThrow() {
      return value;
    }
  }

  /**
   * The last attempt failed and no retry was left or wanted.
   *
   * @param failure what the last attempt failed with
   * @param attempts number of the last attempt, from 1; 0 if there was none
   */
  record Failed<R extends @Nullable Object>(TaskId id, Failure failure, int attempts)
      implements Outcome<R> {
    /** Checks that there is an id and a failure. */
    public Failed {
      requireNonNull(id, "id");
      requireNonNull(failure, "failure");
    }

    @Override
    public TaskState state() {
      return TaskState.FAILED;
    }

    @Override
    public R orThrow() {
      throw new TaskFailed(id, failure);
    }
  }

  /** Somebody cancelled the task. */
  record Cancelled<R extends @Nullable Object>(TaskId id) implements Outcome<R> {
    /** Checks that there is an id. */
    public Cancelled {
      requireNonNull(id, "id");
    }

    @Override
    public TaskState state() {
      return TaskState.CANCELLED;
    }

    @Override
    public R orThrow() {
      throw new TaskCancelled(id);
    }
  }

  /** The deadline passed before there was another outcome. */
  record Expired<R extends @Nullable Object>(TaskId id) implements Outcome<R> {
    /** Checks that there is an id. */
    public Expired {
      requireNonNull(id, "id");
    }

    @Override
    public TaskState state() {
      return TaskState.EXPIRED;
    }

    @Override
    public R orThrow() {
      throw new TaskExpired(id);
    }
  }
}
