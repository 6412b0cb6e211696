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
  private final Map<Peer, Long> endedAt = new HashMap<>();
  private List<Member> members = List.of();
  private Faults faults = Faults.NONE;
  private int size;
  private boolean started;

  /**
   * @param copies how many the ledger keeps of each block, the primary included
   * @param sabotage a bug to plant in the ledger
   */
  public SimWorld(Simulation simulation, int copies, ErringLedger.Sabotage sabotage) {
    this.simulation = simulation;
    this.random = simulation.random("world");
    this.network = new SimNetwork(this);
    this.ledger = new ErringLedger(this, copies, sabotage);
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
    Member member = new Member(new Peer(name, random.nextLong() >>> 16), roles, null, Set.of());
    SimNode node = new SimNode(this, member);
    nodes.put(member.peer(), node);
    SimCluster cluster = new SimCluster(this, node);
    clusters.put(member.peer(), cluster);
    if (member.is(Role.STORE)) {
      size += started ? 0 : 1;
      hold(node);
    }
    List<Member> now = new ArrayList<>(members);
    now.add(member);
    changed(now, "joined", member.peer());
    return cluster;
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
    hold(node);
    return member.peer();
  }

  private void hold(SimNode node) {
    if (started) {
      ledger.joined(node);
    } else {
      ledger.found(node);
    }
  }

  /** Everybody who is there is a founder. */
  public void start() {
    started = true;
    ledger.start();
  }

  boolean isVault(SimNode node) {
    return vaults.contains(node);
  }

  int size() {
    return size;
  }

  List<Member> members() {
    return members;
  }

  /** Whether this process lives. */
  public boolean alive(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && node.alive();
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
    network.died(peer);
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
          ledger.removed(node);
          if (isVault(node)) {
            // Its place is taken by an empty one, so that the majority stays.
            simulation.after((1 + random.nextLong(4_000)) * MILLI, () -> vault(node.name()));
            return;
          }
          List<Member> now = new ArrayList<>(members);
          now.remove(node.member());
          changed(now, "removed", node.peer());
        });
  }

  private void changed(List<Member> now, String what, Peer who) {
    members = List.copyOf(now);
    simulation.trace(who.node(), what + " (%s)", who);
    for (SimCluster cluster : clusters.values()) {
      cluster.hears(members, started ? random.nextLong(100 * MILLI) : 0);
    }
  }

  /** Stops a process for a while, as a long garbage collection does. */
  public void pause(Peer peer, long nanos) {
    SimNode node = nodes.get(peer);
    if (!node.running()) {
      return;
    }
    node.pause();
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
