package io.dispatcher.node;

import org.jspecify.annotations.Nullable;

/** The command could not do its work; the message is for the user. */
public final class RunFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With what the user is told. */
  public RunFailed(String message) {
    super(message);
  }

  /** With what the user is told, and why. */
  public RunFailed(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
