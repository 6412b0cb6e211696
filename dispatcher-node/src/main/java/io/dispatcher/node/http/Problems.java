package io.dispatcher.node.http;

import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the dispatcher's errors and the ends of tasks are in HTTP. */
public final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  private static final Duration SOON = Duration.ofSeconds(1);

  private Problems() {}

  /** What a call failed with; null, which no stage should give, is a fault of ours. */
  public static Problem of(@Nullable Throwable thrown) {
    Throwable error =
        thrown == null ? new IllegalStateException("no value and no error") : unwrapped(thrown);
    if (error instanceof Refused refused) {
      return refused.problem();
    }
    if (error instanceof TaskRefused refused) {
      return of(refused);
    }
    if (error instanceof AcceptUnknown unknown) {
      return acceptUnknown(unknown.idempotencyKey().orElse(null));
    }
    if (error instanceof DispatcherClosed) {
      return closed(text(error));
    }
    if (error instanceof DispatcherException) {
      return Problem.of(503, "unavailable", "Not possible here now", text(error)).retryAfter(SOON);
    }
    LOG.error("a request met an unexpected error", error);
    return Problem.of(
        500, "internal", "Unexpected error", "this is a fault of the node; its log says more");
  }

  public static Throwable unwrapped(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return thrown instanceof CompletionException && cause != null ? cause : thrown;
  }

  private static String text(Throwable error) {
    String message = error.getMessage();
    return message == null ? error.getClass().getSimpleName() : message;
  }

  private static Problem of(TaskRefused refused) {
    String detail = text(refused);
    Duration after = refused.retryAfter().orElse(SOON);
    return switch (refused.reason()) {
      case OVERLOADED -> Problem.overloaded(detail, after);
      case UNKNOWN_TYPE -> Problem.of(422, "unknown-type", "Nobody handles this type", detail);
      case TOO_LARGE -> Problem.tooLarge(detail);
      case NO_QUORUM ->
          Problem.of(503, "no-quorum", "Nothing can be recorded safely", detail).retryAfter(after);
      case CONFLICT ->
          Problem.of(422, "conflict", "The idempotency key stands for another task", detail);
      case INVALID -> Problem.invalid(detail);
      case CLOSED -> closed(detail).retryAfter(after);
    };
  }

  public static Problem closed(String detail) {
    return Problem.of(503, "closed", "This node takes no tasks", detail).retryAfter(SOON);
  }

  static Problem acceptUnknown(@Nullable String idempotencyKey) {
    return Problem.of(
            503,
            "accept-unknown",
            "Not known whether it was accepted",
            "the task may have been accepted; repeat with the same idempotency key")
        .retryAfter(SOON)
        .about(new Problem.About(null, null, null, idempotencyKey));
  }

  public static Problem unknownTask(String id) {
    return Problem.of(
        404,
        "unknown-task",
        "No such task",
        "task " + Quote.of(id) + " is not known: this cluster has never accepted it");
  }

  public static Problem of(Outcome<?> outcome) {
    Failure failure = outcome instanceof Outcome.Failed<?> failed ? failed.failure() : null;
    return ended(outcome.id().text(), outcome.state(), failure);
  }

  /** A task that ended without a result. */
  public static Problem ended(String id, TaskState state, @Nullable Failure failure) {
    Problem problem =
        switch (state) {
          case FAILED ->
              Problem.of(
                  502,
                  "task-failed",
                  "The task failed",
                  "task " + id + " failed: " + (failure == null ? "unknown" : failure.summary()));
          case CANCELLED ->
              Problem.of(
                  409,
                  "task-cancelled",
                  "The task was cancelled",
                  "task " + id + " was cancelled; submit it again if it is wanted");
          case EXPIRED ->
              Problem.of(
                  504,
                  "task-expired",
                  "The task's deadline passed",
                  "task " + id + " had no outcome before its deadline; give it a longer one");
          case REMOVED ->
              Problem.of(
                  410,
                  "removed",
                  "The outcome is no longer kept",
                  "task "
                      + id
                      + " was accepted once, and nothing of it is kept: it has ended and its"
                      + " retention is over, or it went with more nodes than there are backups");
          case WAITING, RUNNING, SUCCEEDED ->
              throw new IllegalArgumentException("no problem: " + state);
        };
    return problem.about(new Problem.About(id, state, failure, null));
  }
}
