package io.dispatcher.task;

import org.jspecify.annotations.Nullable;

/**
 * Root of everything Dispatcher throws or completes a stage with. Unchecked.
 *
 * <p>The subclasses say what can be done about it; an instance of this very class means that the
 * wait was interrupted, that a result could not be decoded, or an error nobody foresaw, with the
 * cause attached.
 */
public class DispatcherException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; {@code message} says what was wrong and what to do. */
  public DispatcherException(String message) {
    super(message);
  }

  /** Creates an exception with the error that caused it, if one is known. */
  public DispatcherException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
