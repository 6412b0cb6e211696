package io.dispatcher.task;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What {@link TaskHandle#await} needs beside the wait itself. */
final class Waits {
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  private Waits() {}

  /** Returns the nanoseconds of a wait: none if it is negative, as many as fit if it is huge. */
  static long nanos(Duration atMost) {
    if (atMost.isNegative()) {
      return 0;
    }
    return atMost.compareTo(FOREVER) > 0 ? Long.MAX_VALUE : atMost.toNanos();
  }

  /** Returns the error that a stage failed with, ready to be thrown. */
  static DispatcherException asDispatcherException(Throwable error) {
    Throwable cause = Failure.unwrap(error);
    if (cause instanceof DispatcherException known) {
      return known;
    }
    return new DispatcherException("Waiting for a task failed: " + cause, cause);
  }

  /** Returns the task's id if it is accepted by now. */
  static @Nullable TaskId idNow(TaskHandle<?> handle) {
    CompletableFuture<TaskId> accepted = handle.accepted().toCompletableFuture();
    return accepted.isDone() && !accepted.isCompletedExceptionally() ? accepted.join() : null;
  }

  static String nameNow(TaskHandle<?> handle) {
    TaskId id = idNow(handle);
    return id == null ? "a task that is not accepted yet" : "task " + id;
  }
}
