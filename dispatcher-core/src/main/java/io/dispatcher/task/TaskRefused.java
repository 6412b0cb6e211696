package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The task was not accepted and will not run. Nothing was recorded, so it is safe to submit it
 * again once the reason is gone.
 */
public final class TaskRefused extends DispatcherException {
  private static final long serialVersionUID = 1L;

  /** Why a task was refused, and what the caller can do. */
  public enum Reason {
    /** No room: too many unfinished tasks or too many bytes. Come back after {@code retryAfter}. */
    OVERLOADED,
    /** No node handles this type or has declared it. Check the name, or start a node for it. */
    UNKNOWN_TYPE,
    /** A payload or a block is over its limit. Send less, or a reference to the data. */
    TOO_LARGE,
    /** This side of the cluster cannot record safely now. Come back after {@code retryAfter}. */
    NO_QUORUM,
    /** The idempotency key was used for other content. Use another key. */
    CONFLICT,
    /** An option or the payload is not valid. Repeating it as it is will not help. */
    INVALID,
    /** The dispatcher is closed or draining. Submit through another node. */
    CLOSED
  }

  private final Reason reason;
  private final @Nullable Duration retryAfter;

  /**
   * Creates a refusal.
   *
   * @param message what was wrong and what to do
   * @param retryAfter when it is worth trying again, or null if waiting alone does not help
   */
  public TaskRefused(Reason reason, String message, @Nullable Duration retryAfter) {
    this(reason, message, retryAfter, null);
  }

  /** As {@link #TaskRefused(Reason, String, Duration)}, with the error that caused the refusal. */
  public TaskRefused(
      Reason reason, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason");
    this.retryAfter = retryAfter;
  }

  /** Returns why the task was refused. */
  public Reason reason() {
    return reason;
  }

  /** Returns how long to wait before the next try; empty if waiting alone does not help. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
