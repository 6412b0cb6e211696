package io.dispatcher.sim;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
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
  private final Labels labels;
  private final String streams;
  private final RandomGenerator random;
  private final SimNetwork network;
  private final ErringLedger ledger;
  private final Places places;
  private final Map<Peer, SimCluster> clusters = new LinkedHashMap<>();
  private final Map<Peer, SimNode> nodes = new LinkedHashMap<>();
  private final Set<SimNode> vaults = new LinkedHashSet<>();
  private final Sides sides;
  private final Map<Peer, Long> endedAt = new HashMap<>();
  private final Set<Peer> leftOnPurpose = new HashSet<>();
  private Faults faults = Faults.NONE;
  private int size;
  private boolean started;

  /**
   * @param copies how many the ledger keeps of each block, the primary included
   * @param sabotage a bug to plant in the ledger
   */
  public SimWorld(Simulation simulation, int copies, Sabotage sabotage) {
    this(simulation, new Labels(), "", copies, sabotage);
  }

  private SimWorld(
      Simulation simulation, Labels labels, String streams, int copies, Sabotage sabotage) {
    this.simulation = simulation;
    this.labels = labels;
    this.streams = streams;
    this.random = random("world");
    this.network = new SimNetwork(this);
    this.ledger = new ErringLedger(this, copies, sabotage);
    this.places = new Places(this);
    this.sides = new Sides(this, random);
  }

  /** Another cluster of the same kind and name, after this one was stopped. */
  public SimWorld anew() {
    return new SimWorld(simulation, labels, streams + "again ", ledger.copies(), ledger.sabotage);
  }

  /** A stream of random numbers of this cluster. */
  public RandomGenerator random(String name) {
    return simulation.random(streams + name);
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

  /** Many calls at once go through from now on. */
  public void backupsInTime() {
    faults = faults.inTime();
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

  /** A new node. Before {@link #start} a founder, then one that joins as soon as it may. */
  public SimCluster node(String name, Set<Role> roles) {
    return node(name, roles, null, Set.of());
  }

  /** A new node in a zone, with labels. */
  public SimCluster node(String name, Set<Role> roles, @Nullable String zone, Set<String> labels) {
    Member member = new Member(new Peer(name, random.nextLong() >>> 16), roles, zone, labels);
    SimNode node = new SimNode(this, member);
    nodes.put(member.peer(), node);
    SimCluster cluster = new SimCluster(this, node);
    if (started) {
      places.ask(cluster);
    } else {
      size += member.is(Role.STORE) ? 1 : 0;
      enter(cluster);
    }
    return cluster;
  }

  /** Whether a node of this name has had a place. */
  boolean knows(String name) {
    return clusters.keySet().stream().anyMatch(peer -> peer.node().equals(name));
  }

  /** It has a place. */
  void enter(SimCluster cluster) {
    clusters.put(cluster.peer(), cluster);
    join(main(), cluster.node());
    cluster.entered();
  }

  void join(Side side, SimNode node) {
    side.nodes.add(node);
    sides.put(node, side);
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
    sides.put(node, main());
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
    return sides.all();
  }

  Side side(SimNode node) {
    return sides.of(node);
  }

  /** The side that the others will join. */
  Side main() {
    return sides.main();
  }

  Places places() {
    return places;
  }

  /** Who has or had a place. */
  List<SimCluster> placed() {
    return List.copyOf(clusters.values());
  }

  /**
   * Whether everything has all its copies, so that as many deaths as there are backups lose
   * nothing.
   */
  public boolean survivesADeath() {
    return main().open ? ledger.whole() : ledger.copying.survives();
  }

  /** Whether so many deaths at once lose nothing that was acknowledged. */
  public boolean survives(int deaths) {
    return main().open ? ledger.copying.survives(main(), deaths) : ledger.copying.survives();
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

  /** Whether this process lives, and has or had a place in the cluster. */
  public boolean member(Peer peer) {
    return alive(peer) && clusters.containsKey(nodes.get(peer).process());
  }

  /** For how long somebody else has had the place of this process, which was cut off. */
  public long displacedFor(Peer peer) {
    return places.displacedFor(nodes.get(peer));
  }

  /** Whether it was taken for dead, and is another peer since. */
  boolean parted(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && !node.peer().equals(peer);
  }

  /** Whether one of these nodes was cut off from this one once, without a majority. */
  boolean missed(Set<Peer> nodes, Peer peer) {
    return sides.missed(nodes, peer);
  }

  /** Whether it is not among those that go on. */
  boolean apart(Peer peer) {
    SimNode node = nodes.get(peer);
    return node != null && side(node) != main();
  }

  /** Whether it left on purpose, and not before its time. */
  boolean leftOnPurpose(Peer peer) {
    return leftOnPurpose.contains(peer);
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

  /** Whether this process was paused within the last so many nanoseconds. */
  public boolean pausedWithin(Peer peer, long nanos) {
    return simulation.now() - nodes.get(peer).resumedAt() <= nanos;
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
    dies(node);
  }

  private void dies(SimNode node) {
    if (sides.has(node)) {
      network.died(node.peer());
      leaves(node, (100 + random.nextLong(500)) * MILLI);
    }
  }

  /**
   * The turns of this loop throw from now on, as soon as they may: the node ends itself as the real
   * one does, and hears of it. The rest of its process goes on until it {@linkplain #exits exits}.
   *
   * @param may whether its end is allowed now
   * @param ended is told that it has ended
   */
  public void breakLoop(Peer peer, String loop, BooleanSupplier may, Runnable ended) {
    SimNode node = nodes.get(peer);
    node.breakLoop(loop, may, error -> ends(node, error, ended));
  }

  private void ends(SimNode node, Throwable error, Runnable ended) {
    simulation.count("error on a loop");
    simulation.trace(node.name(), "ENDS ITSELF: %s", error);
    node.end();
    dies(node);
    clusters.get(node.process()).ended(error);
    ended.run();
  }

  /** The process of a node that has ended itself is gone too. */
  public void exits(Peer peer) {
    nodes.get(peer).kill();
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
      leftOnPurpose.add(node.peer());
      node.kill();
      if (sides.has(node)) {
        network.died(node.peer());
        leaves(node, random.nextLong(50 * MILLI));
      }
    }
  }

  private void leaves(SimNode node, long after) {
    endedAt.put(node.peer(), simulation.now());
    simulation.after(
        after,
        () -> {
          Side side = side(node);
          ledger.holders.removed(side, node);
          if (isVault(node)) {
            // Its place is taken by an empty one, so that the majority stays.
            simulation.after((1 + random.nextLong(4_000)) * MILLI, () -> vault(node.name()));
            return;
          }
          sides.remove(node, side);
          places.freed();
          changed(side, 100 * MILLI, "removed", node.peer());
        });
  }

  /** Its nodes hear who is there now. */
  void changed(Side side, long within, String what, Peer who) {
    List<Member> members = side.members();
    simulation.trace(who.node(), what + " (%s)", who);
    places.check(side);
    for (SimNode node : side.nodes) {
      clusters.get(node.process()).hears(members, started ? 1 + random.nextLong(within) : 0);
    }
  }

  // What goes wrong between them

  /**
   * The network falls apart for a while: these do not reach the others, nor these them.
   *
   * @param both whether the other way is cut too: else the others cannot reach these
   */
  public void split(Set<Peer> apart, boolean both, long nanos) {
    sides.split(apart, both, nanos);
  }

  /** Every node is alone for a while. */
  public void scatter(long nanos) {
    sides.scatter(nanos);
  }

  /**
   * A node that looked for others, and found those it had left: it is another peer, and all others
   * are who they were.
   */
  public void rejoin(Peer peer) {
    sides.rejoin(nodes.get(peer));
  }

  /** It goes on as another peer on this side. */
  void rejoined(SimNode node, Side side) {
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
    join(side, node);
  }

  void told(SimNode node, Side side) {
    clusters.get(node.process()).rejoined(side.members());
  }

  /** Stops a process for so long that the others take it for dead, if it is long enough. */
  public void freeze(Peer peer, long nanos) {
    SimNode node = nodes.get(peer);
    if (!node.running() || !sides.has(node)) {
      return;
    }
    pause(peer, nanos);
    node.freeze();
    sides.noticed(
        () -> {
          if (node.paused() && node.alive()) {
            simulation.count("frozen and removed");
            sides.part(side(node), new LinkedHashSet<>(Set.of(node)));
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
