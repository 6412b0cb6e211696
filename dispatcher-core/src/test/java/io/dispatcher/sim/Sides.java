package io.dispatcher.sim;

import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Who takes whom for a member: how nodes fall apart, and find together again. */
final class Sides {

  private static final long MILLI = 1_000_000L;
  private static final long LOOK_AGAIN = 1_000 * MILLI;

  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;
  private final List<Side> all = new ArrayList<>();
  private final Map<SimNode, Side> sideOf = new HashMap<>();
  private final Map<Peer, Set<Peer>> missed = new HashMap<>();

  Sides(SimWorld world, RandomGenerator random) {
    this.world = world;
    this.simulation = world.simulation();
    this.random = random;
    this.all.add(ErringLedger.side());
  }

  List<Side> all() {
    return all;
  }

  Side of(SimNode node) {
    return sideOf.get(node);
  }

  /** Whether it has or had a place. */
  boolean has(SimNode node) {
    return sideOf.containsKey(node);
  }

  void put(SimNode node, Side side) {
    sideOf.put(node, side);
  }

  /** It is dead, or on another side. */
  void remove(SimNode node, Side side) {
    side.nodes.remove(node);
    if (side.nodes.isEmpty() && all.size() > 1) {
      all.remove(side);
    }
  }

  /** Whether one of these nodes was cut off from this one once, without a majority. */
  boolean missed(Set<Peer> nodes, Peer peer) {
    return nodes.stream().anyMatch(node -> missed.getOrDefault(node, Set.of()).contains(peer));
  }

  private LedgerHolders holders() {
    return world.ledger().holders;
  }

  /**
   * The side that the others will join: with a majority, else of the latest era, else the largest.
   */
  Side main() {
    Side main = all.get(0);
    for (Side side : all) {
      if (ahead(side, main)) {
        main = side;
      }
    }
    return main;
  }

  private boolean ahead(Side one, Side other) {
    boolean first = holders().majority(one);
    boolean second = holders().majority(other);
    if (first != second) {
      return first;
    }
    if (one.holders.isEmpty() || other.holders.isEmpty()) {
      return !one.holders.isEmpty();
    }
    return one.seen != other.seen && world.ledger().sabotage != Sabotage.HAZELCAST_DEFAULT
        ? one.seen > other.seen
        : one.holders.size() > other.holders.size();
  }

  /**
   * The network falls apart for a while: these do not reach the others, nor these them.
   *
   * @param both whether the other way is cut too: else the others cannot reach these
   */
  void split(Set<Peer> apart, boolean both, long nanos) {
    List<SimNode> some = new ArrayList<>();
    List<SimNode> rest = new ArrayList<>();
    for (SimCluster cluster : world.placed()) {
      (apart.contains(cluster.peer()) ? some : rest).add(cluster.node());
    }
    simulation.count(both ? "split" : "split one way");
    simulation.trace(
        "world",
        "SPLIT for %.1f s: %s %s",
        nanos / 1e9,
        some.stream().map(SimNode::name).toList(),
        both ? "" : "(one way)");
    for (SimNode one : some) {
      for (SimNode other : rest) {
        world.network().wall(other.process(), one.process());
        if (both) {
          world.network().wall(one.process(), other.process());
        }
      }
    }
    boolean[] whole = new boolean[1];
    noticed(
        () -> {
          if (!whole[0]) {
            partAll(some);
          }
        });
    simulation.after(
        nanos,
        () -> {
          simulation.trace("world", "the network is whole again");
          whole[0] = true;
          for (SimNode one : some) {
            for (SimNode other : rest) {
              world.network().open(one.process(), other.process());
              world.network().open(other.process(), one.process());
            }
          }
        });
  }

  /** Every node is alone for a while. */
  void scatter(long nanos) {
    simulation.count("scattered");
    for (SimCluster cluster : world.placed()) {
      if (cluster.alive()) {
        split(Set.of(cluster.peer()), true, nanos);
      }
    }
  }

  /** When nodes notice what has just happened. */
  void noticed(Runnable then) {
    simulation.after((2_500 + random.nextLong(1_500)) * MILLI, then);
  }

  private void partAll(List<SimNode> some) {
    Map<Side, Set<SimNode>> bySide = new LinkedHashMap<>();
    for (SimNode node : some) {
      Side side = sideOf.get(node);
      boolean apart =
          node.alive()
              && side.nodes.stream()
                  .anyMatch(other -> !world.reaches(node, other) || !world.reaches(other, node));
      if (apart) {
        bySide.computeIfAbsent(side, key -> new LinkedHashSet<>()).add(node);
      }
    }
    bySide.forEach(this::part);
  }

  /** These are on a side of their own from now on, as far as the rest is concerned. */
  void part(Side side, Set<SimNode> leaving) {
    if (side.nodes.size() == leaving.size()) {
      return;
    }
    Side other = ErringLedger.side();
    all.add(other);
    for (SimNode node : leaving) {
      side.nodes.remove(node);
      other.nodes.add(node);
      sideOf.put(node, other);
    }
    holders().split(side, other, leaving);
    misses(side, other);
    misses(other, side);
    simulation.count("parted");
    Peer who = leaving.iterator().next().peer();
    world.changed(side, 1_500 * MILLI, "parted from the rest", who);
    world.changed(other, 1_500 * MILLI, "on its own side", who);
    for (SimNode node : leaving) {
      lookForOthers(node);
    }
    for (SimNode node : side.nodes) {
      lookForOthers(node);
    }
  }

  /** Whom a majority misses is another peer when it comes back. */
  private void misses(Side side, Side gone) {
    if (holders().majority(side)) {
      return;
    }
    for (SimNode node : side.nodes) {
      Set<Peer> peers = missed.computeIfAbsent(node.peer(), peer -> new HashSet<>());
      gone.nodes.forEach(other -> peers.add(other.peer()));
    }
  }

  /** A node without a majority joins a side that is ahead, once it reaches all of it. */
  private void lookForOthers(SimNode node) {
    simulation.after((500 + random.nextLong(1_500)) * MILLI, () -> lookForOthersNow(node));
  }

  private void lookForOthersNow(SimNode node) {
    Side mine = sideOf.get(node);
    Side main = main();
    if (!node.alive() || world.isVault(node) || all.size() == 1) {
      return;
    }
    if (mine == main) {
      // Another one may be ahead later.
      simulation.after(LOOK_AGAIN, () -> lookForOthersNow(node));
      return;
    }
    boolean reachable =
        !main.nodes.isEmpty()
            && node.running()
            && main.nodes.stream()
                .allMatch(
                    other ->
                        other.running()
                            && world.reaches(node, other)
                            && world.reaches(other, node));
    boolean aware = simulation.now() >= Math.max(mine.unawareUntil, main.unawareUntil);
    boolean may = aware && reachable && holders().yields(mine, main);
    if (!may || world.places().taken(node)) {
      lookForOthers(node);
    } else {
      rejoin(node, mine, main);
    }
  }

  /** It has left and is back as another peer, where nobody else has changed. */
  void rejoin(SimNode node) {
    Side side = of(node);
    if (node.running() && side != null && side.nodes.size() > 1 && side.nodes.contains(node)) {
      simulation.count("rejoined those it knew");
      rejoin(node, side, side);
    }
  }

  private void rejoin(SimNode node, Side from, Side to) {
    Side.Brought brought = from.brought(node);
    from.nodes.remove(node);
    holders().removed(from, node);
    if (from.nodes.isEmpty()) {
      all.remove(from);
    }
    world.rejoined(node, to);
    if (node.member().is(Role.STORE)) {
      holders().bring(to, node, brought);
    }
    world.told(node, to);
  }
}
