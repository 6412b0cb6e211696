package io.dispatcher;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.function.Consumer;

/** Asks nodes to leave on purpose, this one too. Confined to the front's loop. */
final class DrainCalls {

  private final Peer self;
  private final Departure departure;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Consumer<Boolean> drainAsked;

  /**
   * @param drainAsked told, off the loop, that this node is to leave, and whether its process is to
   *     stay
   */
  DrainCalls(
      Peer self,
      Departure departure,
      Channels channels,
      Callbacks callbacks,
      Consumer<Boolean> drainAsked) {
    this.self = self;
    this.departure = departure;
    this.channels = channels;
    this.callbacks = callbacks;
    this.drainAsked = drainAsked;
  }

  /** Asks a node; false if none of this name is known. */
  boolean ask(String node, boolean stay) {
    boolean asked = false;
    for (Member member : departure.known(node)) {
      Role role = Front.drives(member) ? Role.FRONT : Role.WORKER;
      if (member.peer().equals(self)) {
        asked(stay);
      } else {
        channels.to(member.peer(), role).send(new Message.Drain(stay));
      }
      asked = true;
    }
    return asked;
  }

  /** This node is asked. */
  void asked(boolean stay) {
    callbacks.add(() -> drainAsked.accept(stay));
  }
}
