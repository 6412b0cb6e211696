package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The fronts that a worker knows, and its channels to them, as the peer that this node is now.
 * Confined to the worker's loop; who this node is may be asked from any thread.
 */
final class FrontChannels {

  private final Cluster cluster;
  private final Loop loop;
  private final BiConsumer<Address, Message> handler;
  private final Consumer<Peer> met;
  private final Set<Peer> fronts = new HashSet<>();
  private final Set<Peer> known = Collections.unmodifiableSet(fronts);

  /** Known until now: who is not among the next members is gone. */
  private final Set<Peer> perhapsGone = new HashSet<>();

  private Membership membership;
  private volatile Member self;
  private Channels channels;

  /**
   * @param handler what fronts send
   * @param met told of each front that is new
   */
  FrontChannels(
      Cluster cluster, Loop loop, BiConsumer<Address, Message> handler, Consumer<Peer> met) {
    this.cluster = cluster;
    this.loop = loop;
    this.handler = handler;
    this.met = met;
    this.membership = cluster.membership();
    this.self = membership.self();
    this.channels = open();
  }

  private Channels open() {
    return new Channels(loop, cluster.transport(), new Address(self.peer(), Role.WORKER), handler);
  }

  /** Starts to hear fronts. On any thread. */
  void start() {
    channels.start();
    listen();
  }

  /** Starts to hear who comes and goes. */
  void listen() {
    Membership heard = membership;
    heard.listen(
        loop,
        members -> {
          if (heard == membership) {
            members(members);
          }
        });
  }

  /**
   * This node has become another peer: it knows nobody, and hears of who there is with {@link
   * #listen}. That may be some it knew: they have not changed.
   */
  void rejoined() {
    channels.close();
    membership = cluster.membership();
    self = membership.self();
    channels = open();
    perhapsGone.addAll(fronts);
    fronts.clear();
    channels.start();
  }

  private void members(List<Member> members) {
    Set<Peer> now = new HashSet<>();
    for (Member member : members) {
      if (Front.drives(member)) {
        now.add(member.peer());
      }
    }
    perhapsGone.addAll(fronts);
    perhapsGone.removeAll(now);
    perhapsGone.forEach(channels::forget);
    perhapsGone.clear();
    fronts.retainAll(now);
    for (Peer front : now) {
      if (fronts.add(front)) {
        met.accept(front);
      }
    }
  }

  /** From any thread. */
  Member self() {
    return self;
  }

  /** The name of this node. From any thread. */
  String node() {
    return self.peer().node();
  }

  /** Those that live, as they are at any time. */
  Set<Peer> known() {
    return known;
  }

  Channel to(Peer front) {
    return channels.to(front, Role.FRONT);
  }

  /** Whether the fronts have heard everything. */
  boolean settled() {
    return channels.settled();
  }

  void close() {
    channels.close();
  }
}
