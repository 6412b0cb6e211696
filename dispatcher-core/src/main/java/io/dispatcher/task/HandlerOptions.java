package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What running a handler needs, set where it is registered. Immutable.
 *
 * @param pool name of the pool it runs in, 1 to {@value TaskLimits#MAX_POOL_CHARS} characters;
 *     null: the pool {@code default}
 * @param timeLimit longest run of one attempt, 1 ms to 24 h; null: the task's alone holds. Where
 *     both are set the smaller one holds
 * @param noRetry errors after which a task is not run again, subclasses included
 */
public record HandlerOptions(
    @Nullable String pool, @Nullable Duration timeLimit, List<Class<? extends Throwable>> noRetry) {
  /** The default pool, the task's time limit, a retry after any error. */
  public static final HandlerOptions DEFAULT = new HandlerOptions(null, null, List.of());

  /**
   * Checks the ranges and copies the list.
   *
   * @throws IllegalArgumentException if an option is out of its range
   */
  public HandlerOptions {
    if (pool != null && (pool.isBlank() || pool.length() > TaskLimits.MAX_POOL_CHARS)) {
      throw new IllegalArgumentException(
          "pool "
              + Text.quote(pool)
              + " has "
              + pool.length()
              + " characters, but must have 1 to "
              + TaskLimits.MAX_POOL_CHARS
              + ", not all blank");
    }
    TaskOptions.checkTime("timeLimit", timeLimit, TaskLimits.MIN_TIME, TaskLimits.MAX_TIME_LIMIT);
    noRetry = List.copyOf(noRetry);
  }

  /** Returns these options with another pool. */
  public HandlerOptions pool(String pool) {
    return new HandlerOptions(requireNonNull(pool, "pool"), timeLimit, noRetry);
  }

  /** Returns these options with another longest run of one attempt, 1 ms to 24 h. */
  public HandlerOptions timeLimit(Duration timeLimit) {
    return new HandlerOptions(pool, requireNonNull(timeLimit, "timeLimit"), noRetry);
  }

  /** Returns these options with other errors after which a task is not run again. */
  @SafeVarargs
  @SuppressWarnings("varargs") // List.of(array) copies it
  public final HandlerOptions noRetry(Class<? extends Throwable>... errors) {
    return new HandlerOptions(pool, timeLimit, List.of(errors));
  }

  /**
   * Returns true if a task may be run again after this error. For a {@code CompletionException} or
   * {@code ExecutionException} with a cause, the cause decides.
   */
  public boolean retryable(Throwable error) {
    Throwable cause = Failure.unwrap(error);
    return noRetry.stream().noneMatch(type -> type.isInstance(cause));
  }
}
