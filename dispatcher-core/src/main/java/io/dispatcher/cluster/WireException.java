package io.dispatcher.cluster;

/**
 * Bytes that are no frame, or a frame that must not become bytes. The message says what is wrong
 * and where.
 */
public final class WireException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WireException(String message) {
    super(message);
  }
}
