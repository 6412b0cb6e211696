package io.dispatcher;

import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Peer;

/**
 * What a worker still takes from each front: as much as its credit allows, and nothing new once it
 * is to go. Confined to the worker's loop.
 */
final class Window {

  private final FrontChannels channels;
  private final HeldStarts held;
  private final Credit credit;
  private boolean leaving;
  private boolean closing;

  Window(FrontChannels channels, HeldStarts held, Credit credit) {
    this.channels = channels;
    this.held = held;
    this.credit = credit;
  }

  /** Takes nothing new from the fronts of other nodes; its own may still have to end its tasks. */
  void leave() {
    leaving = true;
  }

  /** Takes nothing new from anybody. */
  void close() {
    closing = true;
  }

  boolean closed() {
    return closing;
  }

  boolean refuses(Peer front) {
    return closing || (leaving && !front.equals(channels.self().peer()));
  }

  Message.Room room(Peer front) {
    return new Message.Room(
        refuses(front) ? 0 : credit.of(Math.max(1, held.owners())), held.size(), held.of(front));
  }
}
