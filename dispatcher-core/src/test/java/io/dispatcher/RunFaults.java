package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;
import static io.dispatcher.RunNodes.SECOND;

import io.dispatcher.RunNodes.Node;
import io.dispatcher.SimulationRun.Kind;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Checker;
import io.dispatcher.sim.Faults;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What goes wrong in a run: deaths, splits, cuts, pauses, and nodes that leave on purpose. */
final class RunFaults {

  private final RunNodes nodes;
  private final Kind kind;
  private final RunExtras extras;
  private final Simulation simulation;
  private final SimWorld world;
  private final Checker checker;
  private final RandomGenerator random;

  /** Not all fronts leave at once: who comes after that takes the owners for strangers a while. */
  private boolean oneStays;

  RunFaults(RunNodes nodes, Kind kind, RunExtras extras) {
    this.nodes = nodes;
    this.extras = extras;
    this.kind = kind;
    this.simulation = nodes.simulation;
    this.world = nodes.world;
    this.checker = nodes.checker;
    this.random = nodes.random;
  }

  /** Each frame and each ledger call is at risk too. */
  private void everywhere() {
    world.faults(Faults.draw(world.random("faults")));
  }

  /** Nodes leave on purpose all the time, and die in the middle of it. */
  void manyDrains(long chaos) {
    oneStays = true;
    everywhere();
    drains(chaos, 12, true);
  }

  void plan(long chaos) {
    everywhere();
    for (int i = random.nextInt(4); i > 0; i--) {
      Node worker = nodes.any(nodes.workers);
      simulation.after(random.nextLong(chaos), () -> nodes.kill(worker, random.nextBoolean()));
    }
    int deaths = kind == Kind.THREE ? random.nextInt(2) : random.nextInt(3);
    for (int i = deaths; i > 0; i--) {
      Node front = nodes.any(nodes.fronts);
      Node other = kind == Kind.FIVE && random.nextBoolean() ? nodes.any(nodes.fronts) : front;
      simulation.after(
          random.nextLong(chaos),
          () -> {
            // From five on two deaths at once are promised to lose nothing.
            boolean safe = world.survives(front == other ? 1 : 2);
            nodes.killFront(front, safe);
            nodes.killFront(other, safe);
          });
    }
    if (kind != Kind.VAULTS) {
      splits(chaos);
    }
    for (int i = random.nextInt(5); i > 0; i--) {
      simulation.after(random.nextLong(chaos), this::cut);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      simulation.after(random.nextLong(chaos), this::pause);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      simulation.after(random.nextLong(chaos), world::killVault);
    }
    drains(chaos, random.nextInt(4), true);
    rejoins(chaos);
    extras(chaos);
  }

  /** A worker goes, and is another peer at once, among those it knew. */
  private void rejoins(long chaos) {
    RandomGenerator chance = world.random("rejoins");
    if (chance.nextInt(8) > 0 || nodes.workers.isEmpty()) {
      return;
    }
    Node node = nodes.workers.get(chance.nextInt(nodes.workers.size()));
    simulation.after(
        chance.nextLong(chaos),
        () -> {
          if (!node.leaves) {
            world.rejoin(node.peer());
          }
        });
  }

  /** What only some seeds have. */
  private void extras(long chaos) {
    RandomGenerator chance = world.random("extra faults");
    for (int i = extras.breaks(); i > 0; i--) {
      boolean front = chance.nextBoolean();
      List<Node> some = front ? nodes.fronts : nodes.workers;
      Node node = some.get(chance.nextInt(some.size()));
      String loop = front && chance.nextBoolean() ? "front" : "worker";
      simulation.after(
          chance.nextLong(chaos),
          () ->
              nodes.breakLoop(
                  node, loop, () -> simulation.now() < chaos && (!front || world.survives(1))));
    }
    if (extras.sick() > 0) {
      List<Node> all = nodes.all();
      for (int i = 0; i < extras.sick(); i++) {
        nodes.sicken(all.get(chance.nextInt(all.size())));
      }
      simulation.after(chaos, nodes::heal);
      replaceLeaking();
    }
    if (extras.spare()) {
      simulation.after(chance.nextLong(chaos), nodes::spare);
    }
  }

  /** Whoever runs the nodes replaces those that have lost too many threads. */
  private void replaceLeaking() {
    for (Node node : nodes.all()) {
      boolean leaking =
          node.dispatcher != null
              && !node.leaves
              && world.member(node.peer())
              && node.dispatcher.readiness().reason().contains("keep threads");
      if (leaking) {
        simulation.count("drained for the threads it lost");
        drain(node, 2 * SECOND);
      }
    }
    simulation.after(500 * MILLI, this::replaceLeaking);
  }

  void drains(long chaos, int count, boolean kills) {
    RandomGenerator chance = world.random("drains");
    for (int i = 0; i < count; i++) {
      List<Node> some = chance.nextInt(4) == 0 ? nodes.workers : nodes.fronts;
      Node node = some.get(chance.nextInt(some.size()));
      long time = (kills ? 1 + chance.nextLong(8) : 25) * SECOND;
      long at = chance.nextLong(chaos);
      simulation.after(at, () -> drain(node, time));
      if (kills && chance.nextInt(3) == 0) {
        // The owner or somebody who takes over, mostly before the last block is handed over.
        Node victim =
            chance.nextBoolean() ? node : nodes.fronts.get(chance.nextInt(nodes.fronts.size()));
        long later = at + chance.nextLong(chance.nextBoolean() ? 30 * MILLI : 500 * MILLI);
        simulation.after(
            later,
            () -> {
              if (nodes.fronts.contains(victim)) {
                nodes.killFront(victim, world.survives(1));
              } else {
                nodes.kill(victim, true);
              }
            });
      }
    }
  }

  private void drain(Node node, long time) {
    Peer peer = node.peer();
    Dispatcher dispatcher = node.dispatcher;
    if (!world.alive(peer) || dispatcher == null || node.leaves) {
      return;
    }
    boolean alone =
        nodes.fronts.stream().allMatch(n -> n == node || n.leaves || n.dispatcher == null);
    if (oneStays && alone) {
      return;
    }
    node.leaves = true;
    simulation.count("drained");
    simulation.trace(peer.node(), "DRAINS");
    checker.workerLeaves(peer);
    dispatcher
        .drain(Duration.ofNanos(time))
        .thenAccept(drained -> node.cluster.after(100 * MILLI, () -> leave(node)));
  }

  /** Its data has moved to others before it leaves. */
  private void leave(Node node) {
    if (!world.survivesADeath() || !nodes.mayGo(node)) {
      node.cluster.after(100 * MILLI, () -> leave(node));
      return;
    }
    checker.frontKilled(node.peer());
    node.cluster.close();
    simulation.after((100 + random.nextLong(2_000)) * MILLI, node::restart);
  }

  /** One after the other, so that each is one fault. */
  private void splits(long chaos) {
    RandomGenerator crumbles = world.random("crumbles");
    long at = random.nextLong(2 * SECOND);
    while (at < chaos) {
      long nanos = (500 + random.nextLong(9_000)) * MILLI;
      int shape = random.nextInt(kind == Kind.DEATH_IN_SPLIT ? 2 : 6);
      if (kind == Kind.FIVE && crumbles.nextInt(2) == 0) {
        simulation.after(at, () -> crumble(nanos));
      } else {
        simulation.after(at, () -> split(shape, nanos));
      }
      if (kind == Kind.DEATH_IN_SPLIT) {
        Node victim = nodes.any(nodes.fronts);
        simulation.after(
            at + random.nextLong(nanos + SECOND), () -> nodes.killFront(victim, world.survives(1)));
      }
      at += nanos + (3 + random.nextLong(6)) * SECOND;
    }
  }

  /**
   * One is cut off, the others go on without it, and fall apart before it is back. Among five, one
   * of these lacks records that the others hold, and it may be the one whom all the others join.
   */
  private void crumble(long nanos) {
    if (!world.survivesADeath()) {
      return;
    }
    long apart = (4_000 + random.nextLong(3_000)) * MILLI;
    world.split(Set.of(nodes.any(nodes.fronts).peer()), true, apart + nanos);
    simulation.after(apart, () -> scatter(nanos));
  }

  /** Once the ledger has all its copies again, where a majority is left. */
  private void scatter(long nanos) {
    if (world.survivesADeath()) {
      simulation.count("crumbled");
      world.scatter(nanos);
    } else if (nanos > SECOND) {
      simulation.after(100 * MILLI, () -> scatter(nanos - 100 * MILLI));
    }
  }

  private void split(int shape, long nanos) {
    if (!world.survivesADeath()) {
      // A cut beside a death that the ledger has not recovered from is more than is promised.
      return;
    }
    Set<Peer> apart = new LinkedHashSet<>();
    apart.add(nodes.any(nodes.fronts).peer());
    if (kind == Kind.FIVE && random.nextBoolean()) {
      apart.add(nodes.any(nodes.fronts).peer());
    }
    for (Node worker : nodes.workers) {
      if (random.nextInt(3) == 0) {
        apart.add(worker.peer());
      }
    }
    switch (shape) {
      case 0, 1 -> world.split(apart, true, nanos);
      case 2 -> world.split(apart, false, nanos);
      case 3 -> world.scatter(nanos);
      case 4 -> world.freeze(nodes.any(nodes.fronts).peer(), nanos);
      default -> world.freeze(nodes.any(nodes.workers).peer(), nanos);
    }
  }

  private void cut() {
    Node from = random.nextInt(3) == 0 ? nodes.any(nodes.fronts) : nodes.any(nodes.workers);
    Node to = nodes.any(nodes.fronts);
    long nanos =
        random.nextInt(5) < 3
            ? (50 + random.nextLong(1_500)) * MILLI
            : (3_000 + random.nextLong(3_000)) * MILLI;
    if (from != to) {
      boolean swap = random.nextBoolean();
      world.cut((swap ? to : from).peer(), (swap ? from : to).peer(), random.nextBoolean(), nanos);
    }
  }

  private void pause() {
    boolean front = random.nextInt(3) == 0;
    Node node = front ? nodes.any(nodes.fronts) : nodes.any(nodes.workers);
    world.pause(node.peer(), (100 + random.nextLong(front ? 2_000 : 5_000)) * MILLI);
  }
}
