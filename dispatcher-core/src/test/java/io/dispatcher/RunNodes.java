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
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The nodes of a run: fronts, which have every role, and workers, which only work. Whoever dies may
 * come back as another peer.
 */
final class RunNodes {

  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000_000_000L;

  final Simulation simulation;
  final SimWorld world;
  final Checker checker;
  final RandomGenerator random;
  final List<Node> fronts = new ArrayList<>();
  final List<Node> workers = new ArrayList<>();
  private final RunTasks tasks;

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
      checker.worker(peer(), slots);
      mine.after(
          random.nextLong(20 * MILLI),
          () ->
              Dispatcher.builder()
                  .handleAsync(RunTasks.WORK, (text, context) -> tasks.handle(mine, text, context))
                  .cluster(mine)
                  .callbacks(mine.thread())
                  .pool("default", slots, mine.threads())
                  .startAsync()
                  .whenComplete(
                      (started, error) -> {
                        if (error != null) {
                          simulation.error(name, error);
                        }
                        dispatcher = started;
                        simulation.trace(name, "started");
                      }));
    }

    /** The same name comes back as another peer, once the old one is gone. */
    void restart() {
      if (world.alive(peer())) {
        return;
      }
      leaves = false;
      dispatcher = null;
      cluster = world.node(name, roles);
      start();
    }
  }

  RunNodes(SimWorld world, Checker checker, List<String> frontNames) {
    this.world = world;
    this.simulation = world.simulation();
    this.checker = checker;
    this.random = simulation.random("plan");
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
    simulation.runUntil(() -> fronts.stream().allMatch(n -> n.dispatcher != null), 5 * SECOND);
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
      simulation.after((900 + random.nextLong(2_000)) * MILLI, worker::restart);
    }
  }

  /** An owner dies, and its part of the ledger with it; it comes back empty, as another peer. */
  void killFront(Node front, boolean safe) {
    Peer peer = front.peer();
    if (!world.alive(peer) || !safe) {
      return;
    }
    world.kill(peer);
    checker.frontKilled(peer);
    simulation.count("owner killed");
    simulation.after((900 + random.nextLong(2_000)) * MILLI, front::restart);
  }
}
