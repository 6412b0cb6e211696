package io.dispatcher.task;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The task may or may not have been accepted: the answer was lost, or did not come in time.
 *
 * <p>Submit the same content again with the same idempotency key: if the first try was accepted,
 * the second one gets its id and its outcome, and the task is not run for it a second time. Without
 * a key a repeat may run the task twice.
 */
public final class AcceptUnknown extends DispatcherException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String idempotencyKey;

  /**
   * Creates the exception.
   *
   * @param message what happened and where
   * @param idempotencyKey the key the task was sent with, or null if it had none
   * @param cause the error that hid the answer, or null
   */
  public AcceptUnknown(String message, @Nullable String idempotencyKey, @Nullable Throwable cause) {
    super(message, cause);
    this.idempotencyKey = idempotencyKey;
  }

  /**
   * Returns the idempotency key to repeat the submission with: the user's, or the one the client
   * made for this call. Empty if the task was sent without one.
   */
  public Optional<String> idempotencyKey() {
    return Optional.ofNullable(idempotencyKey);
  }
}
