package io.dispatcher.task;

/**
 * The dispatcher or client was closed, before the call or while it was under way.
 *
 * <p>A task that was accepted goes on without it: {@link TaskClient#attach attach} to its id from
 * another client.
 */
public final class DispatcherClosed extends DispatcherException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception; {@code message} names the node or client and what to do. */
  public DispatcherClosed(String message) {
    super(message);
  }
}
