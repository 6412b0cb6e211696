package io.dispatcher.cluster;

import io.dispatcher.ledger.Peer;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries frames between the roles of peers. Frames to one address arrive in the order they were
 * sent while a link lives; they may be lost with it. Implementations MUST drop a frame addressed to
 * another incarnation, bound what waits unsent, and never block or throw. Thread-safe.
 */
public interface Transport {

  /** Where a frame comes from or goes to. */
  record Address(Peer peer, Role role) {
    // Written out, as in Peer.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Address that && role == that.role && peer.equals(that.peer);
    }

    @Override
    public int hashCode() {
      return 31 * peer.hashCode() + role.hashCode();
    }

    @Override
    public String toString() {
      return peer + ":" + role;
    }
  }

  /**
   * Sends a frame; a frame that cannot be sent now is dropped and the sender's channel sends it
   * again.
   */
  void send(Address from, Address to, Frame frame);

  /**
   * Delivers the frames that arrive for a role of this node, each as a turn of the executor, with
   * their sender.
   */
  void receive(Role role, Executor executor, BiConsumer<Address, Frame> receiver);

  /** Calls back when the last link to a peer closed: a hint to stop choosing it. */
  void onClose(Executor executor, Consumer<Peer> listener);
}
