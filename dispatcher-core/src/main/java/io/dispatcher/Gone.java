package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.NewestMap;
import io.dispatcher.ledger.Peer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who lives and who is gone, as far as this front has heard. No peer ever comes back. Confined to
 * the front's loop.
 */
final class Gone {

  private static final int MOST_REMEMBERED = 1024;

  /** Some heir may have to wait for copies before it hears what became of an attempt. */
  private static final long SETTLED_WITHIN = 60_000_000_000L;

  /** An owner that this node has never heard of may just have joined. */
  private static final long STRANGER_AFTER = 6_000_000_000L;

  private final Loop loop;
  private final long begun;

  /** When this node heard that they left. */
  private final Map<Peer, Long> leftAt = new NewestMap<>(MOST_REMEMBERED);

  private final Map<Peer, Long> strangers = new HashMap<>();
  private Set<Peer> live = Set.of();

  Gone(Loop loop) {
    this.loop = loop;
    this.begun = loop.now();
  }

  /** These live. */
  void members(Set<Peer> now) {
    live = Set.copyOf(now);
  }

  Set<Peer> live() {
    return live;
  }

  /** A node left. */
  void left(Peer peer) {
    leftAt.put(peer, loop.now());
  }

  /** These were here before this node became another peer: who is not here now is gone. */
  void remembers(Collection<Peer> before) {
    long now = loop.now();
    before.forEach(peer -> leftAt.putIfAbsent(peer, now));
  }

  /** Who has left, or had before this node became the peer it is; those of whom it heard last. */
  List<Peer> all() {
    return List.copyOf(leftAt.keySet());
  }

  /** Loop time at which it heard so; now if it did not. */
  long since(Peer peer) {
    return leftAt.getOrDefault(peer, loop.now());
  }

  /** Whether the owner of a block that was found is gone for certain. */
  boolean has(Peer owner) {
    long now = loop.now();
    return !live.contains(owner)
        && (leftAt.containsKey(owner)
            || now - strangers.computeIfAbsent(owner, peer -> now) >= STRANGER_AFTER);
  }

  /** Of those who left, or were found to own blocks: who is gone for certain. */
  Set<Peer> certain() {
    long now = loop.now();
    Set<Peer> certain = new HashSet<>(leftAt.keySet());
    strangers.forEach(
        (peer, since) -> {
          if (now - since >= STRANGER_AFTER) {
            certain.add(peer);
          }
        });
    return certain;
  }

  /** These own blocks: no other has to be known as a stranger. */
  void found(Set<Peer> owners) {
    strangers.keySet().retainAll(owners);
  }

  /**
   * Whether it is surely recorded what became of the attempts of all who have left, as far as this
   * node knows of them.
   */
  boolean settled() {
    long now = loop.now();
    return leftAt.values().stream().allMatch(left -> now - left > SETTLED_WITHIN);
  }

  /** Whether nobody can have left of whom this node does not know and who is not settled. */
  boolean knowsWhoLeft() {
    return loop.now() - begun > SETTLED_WITHIN;
  }
}
