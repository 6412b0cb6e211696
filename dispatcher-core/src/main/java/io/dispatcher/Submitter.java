package io.dispatcher;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Somebody whose tasks belong together, such as one connection of a door: what the balancer {@code
 * least-connections} spreads over the workers. Made by {@link Dispatcher#submitter}; to be closed
 * when the connection is.
 */
public final class Submitter implements AutoCloseable {

  private final Consumer<Submitter> closing;

  // Confined to the front's loop.
  final List<Session> sessions = new ArrayList<>(2);
  boolean closed;

  Submitter(Consumer<Submitter> closing) {
    this.closing = closing;
  }

  /** Ends its sessions. Tasks go on. From any thread; a second call does nothing. */
  @Override
  public void close() {
    closing.accept(this);
  }
}
