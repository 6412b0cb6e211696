package io.dispatcher;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** The channels of one role to all others. Confined to the role's loop. */
final class Channels {

  private static final int MOST_REMEMBERED = 10_000;

  private final Loop loop;
  private final Transport transport;
  private final Address self;
  private final BiConsumer<Address, Message> handler;
  private final Map<Address, Channel> open = new HashMap<>();
  private final Set<Peer> gone = new LinkedHashSet<>();

  Channels(Loop loop, Transport transport, Address self, BiConsumer<Address, Message> handler) {
    this.loop = loop;
    this.transport = transport;
    this.self = self;
    this.handler = handler;
  }

  /** Starts to hear the others. */
  void start() {
    transport.receive(self.role(), loop, this::receive);
  }

  private void receive(Address from, Frame frame) {
    if (!gone.contains(from.peer())) {
      to(from).receive(frame);
    }
  }

  Channel to(Peer peer, Role role) {
    return to(new Address(peer, role));
  }

  private Channel to(Address remote) {
    if (gone.contains(remote.peer())) {
      Channel dead = channel(remote);
      dead.close();
      return dead;
    }
    return open.computeIfAbsent(remote, this::channel);
  }

  private Channel channel(Address remote) {
    return new Channel(loop, transport, self, remote, message -> handler.accept(remote, message));
  }

  /** The peer left the cluster and will never be heard of again. */
  void forget(Peer peer) {
    gone.add(peer);
    if (gone.size() > MOST_REMEMBERED) {
      // Whoever left this long ago has no frame under way any more.
      gone.remove(gone.iterator().next());
    }
    open.entrySet()
        .removeIf(
            entry -> {
              boolean lost = entry.getKey().peer().equals(peer);
              if (lost) {
                entry.getValue().close();
              }
              return lost;
            });
  }

  boolean settled() {
    return open.values().stream().allMatch(Channel::settled);
  }

  void close() {
    open.values().forEach(Channel::close);
  }
}
