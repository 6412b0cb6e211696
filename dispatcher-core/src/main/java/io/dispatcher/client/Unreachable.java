package io.dispatcher.client;

import org.jspecify.annotations.Nullable;

/** A call has certainly not reached a front: there was no connection, or nobody to send it to. */
public final class Unreachable extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates the exception; {@code message} says who was tried. */
  public Unreachable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
