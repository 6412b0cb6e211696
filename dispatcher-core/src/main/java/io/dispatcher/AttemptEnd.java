package io.dispatcher;

import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** How an attempt ended: exactly one of result and failure is set. */
record AttemptEnd(byte @Nullable [] result, @Nullable Failure failure, boolean retryAllowed) {

  /** Its handler returned this. */
  static AttemptEnd returned(byte @Nullable [] result, AttemptFacts attempt) {
    if (result == null) {
      return threw(new NullPointerException("the codec of the result returned null"), attempt);
    }
    if (result.length > TaskLimits.MAX_VALUE_BYTES) {
      return threw(
          new TaskRefused(
              TaskRefused.Reason.TOO_LARGE,
              "the result has "
                  + result.length
                  + " bytes, at most "
                  + TaskLimits.MAX_VALUE_BYTES
                  + " are allowed; return a reference to it instead",
              null),
          attempt);
    }
    return new AttemptEnd(result, null, false);
  }

  /** Its handler's stage completed so. */
  static AttemptEnd completed(
      byte @Nullable [] result, @Nullable Throwable error, AttemptFacts attempt) {
    if (error == null) {
      return returned(result, attempt);
    }
    Throwable cause = error.getCause();
    return threw(error instanceof CompletionException && cause != null ? cause : error, attempt);
  }

  /** Its handler threw this. */
  static AttemptEnd threw(Throwable thrown, AttemptFacts attempt) {
    boolean retry =
        !(thrown instanceof TaskRefused) && attempt.registration().options().retryable(thrown);
    return new AttemptEnd(null, Failure.of(thrown, attempt.node(), attempt.attempt()), retry);
  }

  /** It ran for longer than it may. */
  static AttemptEnd overTime(long limitNanos, AttemptFacts attempt) {
    Failure failure =
        new Failure(
            TimeoutException.class.getName(),
            "over its time limit of " + limitNanos / 1_000_000 + " ms",
            "",
            attempt.node(),
            attempt.attempt());
    return new AttemptEnd(null, failure, true);
  }
}
