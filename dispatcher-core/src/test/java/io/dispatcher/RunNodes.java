package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;

import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Checker;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a run: fronts, which have every role, and workers, which only work. Whoever dies may
 * come back as another peer.
 */
final class RunNodes {

  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000_000_000L;

  /** Who has found no place until then has ended. */
  private static final long GIVES_UP = 16 * SECOND;

  private static final long DISPLACED = 4 * SECOND;

  final Simulation simulation;
  final SimWorld world;
  final Checker checker;
  final RandomGenerator random;
  final List<Node> fronts = new ArrayList<>();
  final int founders;
  final List<Node> workers = new ArrayList<>();
  final RunSlots slots;
  final RunHangs hangs;
  private final RunTasks tasks;
  private final RunExtras extras;
  private final RandomGenerator restarts;
  private final List<Consumer<Peer>> exits = new ArrayList<>();
  private final Set<String> sick = new LinkedHashSet<>();
  private @Nullable Node spare;
  private boolean staysAsItIs;

  /** One name, and the peer that has it at the time. */
  final class Node {
    final String name;
    private final Set<Role> roles;
    private final int slots;
    SimCluster cluster;
    Dispatcher dispatcher;

    /** It is told to leave, or has left. */
    boolean leaves;

    Node(String name, Set<Role> roles) {
      this.name = name;
      this.roles = roles;
      this.slots = 2 + random.nextInt(5);
      this.cluster = world.node(name, roles);
    }

    Peer peer() {
      return cluster.peer();
    }

    void start() {
      SimCluster mine = cluster;
      long soon = random.nextLong(20 * MILLI);
      mine.whenEntered(
          () -> {
            RunNodes.this.slots.worker(mine.peer(), slots);
            if (roles.contains(FRONT) && !fronts.contains(this)) {
              simulation.count("took the place of another node");
              fronts.add(this);
            }
            mine.after(soon, () -> start(mine));
          });
    }

    private void start(SimCluster mine) {
      Dispatcher.builder()
          .handleAsync(RunTasks.WORK, (text, context) -> tasks.handle(mine, text, context))
          .cluster(mine)
          .callbacks(mine.thread())
          .pool("default", slots, extras.sick() > 0 ? hangs.threads(mine) : mine.threads())
          .startAsync()
          .whenComplete(
              (started, error) -> {
                if (error != null) {
                  simulation.error(name, error);
                }
                dispatcher = started;
                simulation.trace(name, "started");
              });
    }

    /** The same name comes back as another peer, and waits until the old one is gone. */
    void restart() {
      if (world.alive(peer()) || staysAsItIs) {
        return;
      }
      leaves = false;
      dispatcher = null;
      cluster = world.node(name, roles);
      start();
      if (!world.member(peer())) {
        simulation.after(GIVES_UP, this::restart);
      }
    }
  }

  RunNodes(SimWorld world, Checker checker, List<String> frontNames, RunExtras extras) {
    this.world = world;
    this.extras = extras;
    this.founders = frontNames.size();
    this.simulation = world.simulation();
    this.checker = checker;
    this.random = world.random("plan");
    this.restarts = world.random("restarts");
    this.slots = new RunSlots(checker);
    this.hangs = new RunHangs(world, checker);
    this.tasks = new RunTasks(this);
    for (String name : frontNames) {
      fronts.add(new Node(name, Set.of(STORE, FRONT, WORKER)));
    }
    for (String name : List.of("x", "y")) {
      workers.add(new Node(name, Set.of(WORKER)));
    }
  }

  void start() {
    fronts.forEach(Node::start);
    workers.forEach(Node::start);
    simulation.runUntil(
        () -> fronts.stream().allMatch(n -> n.dispatcher != null), simulation.now() + 5 * SECOND);
  }

  List<Node> all() {
    List<Node> all = new ArrayList<>(fronts);
    all.addAll(workers);
    return all;
  }

  /** Nobody comes back or joins any more. */
  void staysAsItIs() {
    staysAsItIs = true;
    all().forEach(this::stopOutside);
    if (spare != null) {
      stopOutside(spare);
    }
  }

  private void stopOutside(Node node) {
    if (world.alive(node.peer()) && !world.member(node.peer())) {
      world.kill(node.peer());
    }
  }

  /** Where nobody comes back a majority has to be left: nobody else exports what there is. */
  boolean mayGo(Node node) {
    long others = fronts.stream().filter(f -> f != node && world.member(f.peer())).count();
    return !staysAsItIs || 2 * others > founders;
  }

  Node any(List<Node> nodes) {
    return nodes.get(random.nextInt(nodes.size()));
  }

  void kill(Node worker, boolean comesBack) {
    Peer peer = worker.peer();
    if (!world.alive(peer)) {
      return;
    }
    world.kill(peer);
    if (comesBack) {
      comesBack(worker);
    }
  }

  /** An owner dies, and its part of the ledger with it; it comes back empty, as another peer. */
  void killFront(Node front, boolean safe) {
    Peer peer = front.peer();
    if (!world.member(peer) || !safe || !mayGo(front)) {
      return;
    }
    if (!world.survivesADeath()) {
      simulation.count("owner killed while copies were missing");
    }
    world.kill(peer);
    checker.frontKilled(peer);
    simulation.count("owner killed");
    comesBack(front);
  }

  private void comesBack(Node node) {
    long slow = (900 + random.nextLong(2_000)) * MILLI;
    boolean quick = extras.quick() && restarts.nextInt(4) > 0;
    simulation.after(quick ? restarts.nextLong(600 * MILLI) : slow, node::restart);
  }

  /** Tasks that can get stuck do so on this node, until the end of the chaos. */
  void sicken(Node node) {
    sick.add(node.name);
  }

  /** No node is sick any more. */
  void heal() {
    sick.clear();
  }

  boolean isSick(Peer peer) {
    return sick.contains(peer.node());
  }

  /** Is told of the peers whose processes exit after they have ended themselves. */
  void onExit(Consumer<Peer> listener) {
    exits.add(listener);
  }

  /** A turn of a loop throws as soon as that is allowed. */
  void breakLoop(Node node, String loop, BooleanSupplier may) {
    Peer peer = node.peer();
    if (world.member(peer)) {
      world.breakLoop(peer, loop, () -> may.getAsBoolean() && mayGo(node), () -> ended(node, peer));
    }
  }

  private void ended(Node node, Peer peer) {
    checker.frontEnds(peer);
    simulation.after(
        (1_000 + restarts.nextLong(1_500)) * MILLI,
        () -> {
          exits.forEach(listener -> listener.accept(peer));
          checker.frontExits(peer);
          world.exits(peer);
          comesBack(node);
        });
  }

  /** One store node more than there are to be. */
  void spare() {
    if (staysAsItIs) {
      return;
    }
    Node more = new Node("s", fronts.get(0).roles);
    spare = more;
    more.start();
    simulation.after(GIVES_UP, more::restart);
    stopDisplaced();
  }

  /** Whose place is taken for good is stopped by whoever runs the nodes: it would try for ever. */
  private void stopDisplaced() {
    for (Node front : fronts) {
      if (world.displacedFor(front.peer()) > DISPLACED) {
        simulation.count("stopped without a place");
        killFront(front, true);
      }
    }
    simulation.after(SECOND, this::stopDisplaced);
  }
}
