package io.dispatcher.node;

import org.jspecify.annotations.Nullable;

/** The command could not do its work; the message is for the user. */
final class RunFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  RunFailed(String message) {
    super(message);
  }

  RunFailed(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
