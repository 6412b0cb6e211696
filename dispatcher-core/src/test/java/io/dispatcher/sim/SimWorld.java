package io.dispatcher.sim;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of simulated nodes: who lives, who has heard of it, and what goes wrong.
 *
 * <pre>{@code
 * SimWorld world = new SimWorld(new Simulation(seed), 2, Sabotage.NONE);
 * SimCluster a = world.node("a", Set.of(STORE, FRONT, WORKER));   // founders first
 * world.vault("v");                                               // holds ledger data and runs nothing
 * world.start();
 * world.faults(Faults.draw(world.simulation().random("faults")));
 * }</pre>
 */
public final class SimWorld {

  private static final long MILLI = 1_000_000L;

  private final Simulation simulation;
  private final Labels labels = new Labels();
  private final RandomGenerator random;
  private final SimNetwork network;
  private final ErringLedger ledger;
  private final Map<Peer, SimCluster> clusters = new LinkedHashMap<>();
  private final Map<Peer, SimNode> nodes = new LinkedHashMap<>();
  private final Set<SimNode> vaults = new LinkedHashSet<>();
  private final List<Side> sides = new ArrayList<>();
  private final Map<SimNode, Side> sideOf = new HashMap<>();
  private final Map<Peer, Long> endedAt = new HashMap<>();
  private Faults faults = Faults.NONE;
  private int size;
  private boolean started;

  /**
   * @param copies how many the ledger keeps of each block, the primary included
   * @param sabotage a bug to plant in the ledger
   */
  public SimWorld(Simulation simulation, int copies, Sabotage sabotage) {
    this.simulation = simulation;
    this.random = simulation.random("world");
    this.network = new SimNetwork(this);
    this.ledger = new ErringLedger(this, copies, sabotage);
    this.sides.add(ErringLedger.side());
  }

  public Simulation simulation() {
    return simulation;
  }

  public ErringLedger ledger() {
    return ledger;
  }

  SimNetwork network() {
    return network;
  }

  Labels labels() {
    return labels;
  }

  /** What goes wrong from now on. */
  public void faults(Faults now) {
    this.faults = now;
  }

  Faults faults() {
    return faults;
  }

  /**
   * Every frame passes through this on its way: encode and decode it, to test the wire format too.
   */
  public void codec(UnaryOperator<Frame> frames) {
    network.codec(frames);
  }

  // Who is there

  /** A new node. Before {@link #start} a founder, then one that joins. */
  public SimCluster node(String name, Set<Role> roles) {
    return node(name, roles, null, Set.of());
  }

  /** A new node in a zone, with labels. */
  public SimCluster node(String name, Set<Role> roles, @Nullable String zone, Set<String> labels) {
    Member member = new Member(new Peer(name, random.nextLong() >>> 16), roles, zone, labels);
    SimNode node = new SimNode(this, member);
    nodes.put(member.peer(), node);
    SimCluster cluster = new SimCluster(this, node);
    clusters.put(member.peer(), cluster);
    size += member.is(Role.STORE) && !started ? 1 : 0;
    join(main(), node);
    return cluster;
  }

  private void join(Side side, SimNode node) {
    side.nodes.add(node);
    sideOf.put(node, side);
    if (node.member().is(Role.STORE)) {
      hold(side, node);
    }
    changed(side, 100 * MILLI, "joined", node.peer());
  }

  /**
   * A holder of ledger data that runs nothing and that no node sees: its death moves primaries and
   * nothing else.
   */
  public Peer vault(String name) {
    Member member =
        new Member(new Peer(name, random.nextLong() >>> 16), Set.of(Role.STORE), null, Set.of());
    SimNode node = new SimNode(this, member);
    nodes.put(member.peer(), node);
    vaults.add(node);
    sideOf.put(node, main());
    hold(main(), node);
    return member.peer();
  }

  private void hold(Side side, SimNode node) {
    if (started) {
      ledger.holders.joined(side, node);
    } else {
      ledger.holders.found(side, node);
    }
  }

  /** Everybody who is there is a founder. */
  public void start() {
    started = true;
    ledger.holders.start(main());
  }

  boolean isVault(SimNode node) {
    return vaults.contains(node);
  }

  int size() {
    return size;
  }

  List<Side> sides() {
    return sides;
  }

  Side side(SimNode node) {
    return sideOf.get(node);
  }

  /**
   * The side that the others will join: with a majority, else of the latest era, else the largest.
   */
  Side main() {
    Side main = sides.get(0);
    for (Side side : sides) {
      if (ahead(side, main)) {
        main = side;
      }
    }
    return main;
  }

  private boolean ahead(Side one, Side other) {
    boolean first = ledger.holders.majority(one);
    boolean second = ledger.holders.majority(other);
    if (first != second) {
      return first;
    }
    if (one.holders.isEmpty() || other.holders.isEmpty()) {
      return !one.holders.isEmpty();
    }
    return one.seen != other.seen
        ? one.seen > other.seen
        : one.holders.size() > other.holders.size();
  }

  /** Whether one more death loses nothing that was acknowledged. */
  public boolean survivesADeath() {
    return main().open ? ledger.whole() : ledger.copying.survives();
  }

  /** Whether some side has a majority and takes writes. */
  public boolean open() {
    return main().open;
  }

  boolean reaches(SimNode from, SimNode to) {
    return network.reaches(from, to);
  }

  /** Whether this process lives. */
  public boolean alive(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && node.alive();
  }

  /** Whether it was taken for dead, and is another peer since. */
  boolean parted(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && !node.peer().equals(peer);
  }

  /** When this process ended; the end of all time if it has not. */
  long endedAt(Peer peer) {
    return endedAt.getOrDefault(peer, Long.MAX_VALUE);
  }

  /** Whether this process lives and is not paused. */
  public boolean running(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && node.running();
  }

  /**
   * {@code kill -9}: nothing of it runs again, its last frames may still arrive, the others hear of
   * it in their time.
   */
  public void kill(Peer peer) {
    SimNode node = nodes.get(peer);
    if (!node.alive()) {
      return;
    }
    node.kill();
    simulation.count("killed");
    simulation.trace(peer.node(), "KILLED");
    network.died(node.peer());
    leaves(node, (100 + random.nextLong(500)) * MILLI);
  }

  /**
   * Kills a vault, unless a copy is missing somewhere: the ledger promises to survive one death at
   * a time.
   */
  public void killVault() {
    List<SimNode> alive = vaults.stream().filter(SimNode::alive).toList();
    if (!alive.isEmpty() && ledger.whole()) {
      kill(alive.get(random.nextInt(alive.size())).peer());
    }
  }

  /** The node left on purpose. */
  void left(SimNode node) {
    if (node.alive()) {
      simulation.trace(node.name(), "leaves");
      node.kill();
      network.died(node.peer());
      leaves(node, random.nextLong(50 * MILLI));
    }
  }

  private void leaves(SimNode node, long after) {
    endedAt.put(node.peer(), simulation.now());
    simulation.after(
        after,
        () -> {
          Side side = sideOf.get(node);
          ledger.holders.removed(side, node);
          if (isVault(node)) {
            // Its place is taken by an empty one, so that the majority stays.
            simulation.after((1 + random.nextLong(4_000)) * MILLI, () -> vault(node.name()));
            return;
          }
          side.nodes.remove(node);
          if (side.nodes.isEmpty() && sides.size() > 1) {
            sides.remove(side);
          }
          changed(side, 100 * MILLI, "removed", node.peer());
        });
  }

  private void changed(Side side, long within, String what, Peer who) {
    List<Member> members = side.members();
    simulation.trace(who.node(), what + " (%s)", who);
    for (SimNode node : side.nodes) {
      clusters.get(node.process()).hears(members, started ? 1 + random.nextLong(within) : 0);
    }
  }

  // Splits

  /**
   * The network falls apart for a while: these do not reach the others, nor these them.
   *
   * @param both whether the other way is cut too: else the others cannot reach these
   */
  public void split(Set<Peer> apart, boolean both, long nanos) {
    List<SimNode> some = new ArrayList<>();
    List<SimNode> rest = new ArrayList<>();
    for (SimCluster cluster : clusters.values()) {
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
        network.wall(other.process(), one.process());
        if (both) {
          network.wall(one.process(), other.process());
        }
      }
    }
    simulation.after(detection(), () -> partAll(some));
    simulation.after(
        nanos,
        () -> {
          simulation.trace("world", "the network is whole again");
          for (SimNode one : some) {
            for (SimNode other : rest) {
              network.open(one.process(), other.process());
              network.open(other.process(), one.process());
            }
          }
        });
  }

  /** Every node is alone for a while. */
  public void scatter(long nanos) {
    simulation.count("scattered");
    for (SimCluster cluster : List.copyOf(clusters.values())) {
      if (cluster.alive()) {
        split(Set.of(cluster.peer()), true, nanos);
      }
    }
  }

  private long detection() {
    return (2_500 + random.nextLong(1_500)) * MILLI;
  }

  private void partAll(List<SimNode> some) {
    Map<Side, Set<SimNode>> bySide = new LinkedHashMap<>();
    for (SimNode node : some) {
      Side side = sideOf.get(node);
      boolean apart =
          node.alive()
              && side.nodes.stream()
                  .anyMatch(other -> !reaches(node, other) || !reaches(other, node));
      if (apart) {
        bySide.computeIfAbsent(side, all -> new LinkedHashSet<>()).add(node);
      }
    }
    bySide.forEach(this::part);
  }

  /** These are on a side of their own from now on, as far as the rest is concerned. */
  private void part(Side side, Set<SimNode> leaving) {
    if (side.nodes.size() == leaving.size()) {
      return;
    }
    Side other = ErringLedger.side();
    sides.add(other);
    for (SimNode node : leaving) {
      side.nodes.remove(node);
      other.nodes.add(node);
      sideOf.put(node, other);
    }
    ledger.holders.split(side, other, leaving);
    simulation.count("parted");
    Peer who = leaving.iterator().next().peer();
    changed(side, 1_500 * MILLI, "parted from the rest", who);
    changed(other, 1_500 * MILLI, "on its own side", who);
    for (SimNode node : leaving) {
      lookForOthers(node);
    }
    for (SimNode node : side.nodes) {
      lookForOthers(node);
    }
  }

  /** A node without a majority joins a side that is ahead, once it reaches all of it. */
  private void lookForOthers(SimNode node) {
    simulation.after(
        (500 + random.nextLong(1_500)) * MILLI,
        () -> {
          Side mine = sideOf.get(node);
          Side main = main();
          if (!node.alive() || isVault(node) || mine == main) {
            return;
          }
          boolean reachable =
              !main.nodes.isEmpty()
                  && node.running()
                  && main.nodes.stream()
                      .allMatch(
                          other -> other.running() && reaches(node, other) && reaches(other, node));
          boolean aware = simulation.now() >= Math.max(mine.unawareUntil, main.unawareUntil);
          boolean settled = !main.open || main.seen > mine.seen || !ledger.holders.majority(main);
          if (ledger.holders.majority(mine) || !aware || !reachable || !settled) {
            lookForOthers(node);
          } else {
            rejoin(node, mine, main);
          }
        });
  }

  private void rejoin(SimNode node, Side from, Side to) {
    Side.Brought brought = from.brought(node);
    from.nodes.remove(node);
    ledger.holders.removed(from, node);
    if (from.nodes.isEmpty()) {
      sides.remove(from);
    }
    Peer before = node.peer();
    Member now = node.member();
    node.become(
        new Member(
            new Peer(node.name(), random.nextLong() >>> 16),
            now.roles(),
            now.zone(),
            now.labels()));
    nodes.put(node.peer(), node);
    network.rename(node, before);
    simulation.count("rejoined");
    simulation.trace(node.name(), "REJOINS as %s", node.peer());
    join(to, node);
    if (node.member().is(Role.STORE)) {
      ledger.holders.bring(to, node, brought);
    }
    clusters.get(node.process()).rejoined(to.members());
  }

  /** Stops a process for so long that the others take it for dead, if it is long enough. */
  public void freeze(Peer peer, long nanos) {
    SimNode node = nodes.get(peer);
    if (!node.running()) {
      return;
    }
    pause(peer, nanos);
    node.freeze();
    simulation.after(
        detection(),
        () -> {
          if (node.paused() && node.alive()) {
            simulation.count("frozen and removed");
            part(sideOf.get(node), new LinkedHashSet<>(Set.of(node)));
          }
        });
  }

  /** Stops a process for a while, as a long garbage collection does. */
  public void pause(Peer peer, long nanos) {
    SimNode node = nodes.get(peer);
    if (!node.running()) {
      return;
    }
    node.pause(simulation.now() + nanos);
    simulation.count("paused");
    simulation.trace(peer.node(), "PAUSED for %.1f s", nanos / 1e9);
    simulation.after(
        nanos,
        () -> {
          simulation.trace(peer.node(), "goes on");
          node.resume();
        });
  }

  /**
   * Cuts the network between two peers for a while.
   *
   * @param back whether the way from {@code to} to {@code from} is cut too
   */
  public void cut(Peer from, Peer to, boolean back, long nanos) {
    simulation.count("cut");
    simulation.trace(
        from.node(),
        "CUT OFF from %s for %.1f s%s",
        to.node(),
        nanos / 1e9,
        back ? "" : " (one way)");
    network.cut(from, to);
    if (back) {
      network.cut(to, from);
    }
    simulation.after(
        nanos,
        () -> {
          simulation.trace(from.node(), "reaches %s again", to.node());
          network.heal(from, to);
          network.heal(to, from);
        });
  }

  /** No fault any more: nothing fails, nobody is paused or cut off. Who is dead stays dead. */
  public void calm() {
    simulation.trace("world", "CALM from here");
    faults = Faults.NONE;
    network.healAll();
    nodes.values().forEach(SimNode::resume);
  }
}
