package io.dispatcher.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The simulated world by itself: it repeats, it errs, and it never errs about what it answered
 * cleanly.
 */
class SimWorldTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Set<Role> ALL = Set.of(Role.STORE, Role.FRONT, Role.WORKER);
  private static final Profile PROFILE =
      new Profile("t", 3, Backoff.DEFAULT, 600_000, 0, 0, 5, 300_000);

  @Test
  void oneSeedIsOneRun() {
    Run one = new Run(7, Sabotage.NONE);
    Run other = new Run(7, Sabotage.NONE);
    Run third = new Run(8, Sabotage.NONE);

    assertEquals(one.simulation.trace(), other.simulation.trace());
    assertEquals(one.simulation.executed(), other.simulation.executed());
    assertNotEquals(one.simulation.trace(), third.simulation.trace());
  }

  @Test
  void everyFaultHappensInSomeRun() {
    Map<String, Integer> counts = new HashMap<>();
    LongStream.range(0, 60)
        .forEach(
            seed ->
                new Run(seed, Sabotage.NONE)
                    .simulation
                    .counts()
                    .forEach((what, n) -> counts.merge(what, n, Integer::sum)));

    for (String fault :
        List.of(
            "backup lost",
            "backup late",
            "ledger request lost",
            "ledger request late",
            "ledger request carried out twice",
            "ledger answer lost",
            "ledger member left",
            "ledger thin",
            "primary promoted",
            "primary moved",
            "primary died dirty",
            "slow network",
            "late loop")) {
      assertTrue(counts.getOrDefault(fault, 0) > 0, fault + " never happened: " + counts);
    }
    assertFalse(counts.containsKey("partition lost"), counts.toString());
  }

  @Test
  void cleanAnswersHoldAndUncleanOnesMayNot() {
    int vanished = 0;
    for (long seed = 0; seed < 100; seed++) {
      Run run = new Run(seed, Sabotage.NONE);
      assertEquals(List.of(), run.broken, "seed " + seed);
      assertTrue(run.clean > 20, "seed " + seed + " had " + run.clean + " clean answers");
      vanished += run.vanished;
    }
    assertTrue(vanished > 0, "no dirty write ever vanished");
  }

  @Test
  void earlyRepliesAreCaught() {
    assertTrue(
        LongStream.range(0, 200)
            .anyMatch(seed -> !new Run(seed, Sabotage.EARLY_REPLY).broken.isEmpty()));
  }

  /**
   * Writers that repeat each create and each settlement until it is clean, and then look whether it
   * stays.
   */
  private static final class Run {
    private final Simulation simulation;
    private final SimWorld world;
    private final RandomGenerator random;
    private final Map<TaskRef, TaskState> promised = new HashMap<>();
    private final Map<BlockId, Long> shown = new HashMap<>();
    private final List<String> broken = new ArrayList<>();
    private int clean;
    private int vanished;

    Run(long seed, Sabotage sabotage) {
      simulation = new Simulation(seed);
      world = new SimWorld(simulation, 2, sabotage);
      random = simulation.random("load");
      List<SimCluster> nodes = new ArrayList<>();
      for (String name : List.of("a", "b", "c")) {
        nodes.add(world.node(name, ALL));
      }
      world.vault("v");
      world.vault("w");
      world.start();
      world.faults(Faults.draw(simulation.random("faults")));
      world
          .ledger()
          .observer(
              new ErringLedger.Observer() {
                @Override
                public void replicated(BlockId id, Block block) {}

                @Override
                public void applied(BlockId id, Block before, Block after) {
                  long counter = before == null ? 0 : before.version().counter();
                  if (counter < shown.getOrDefault(id, 0L)) {
                    vanished++;
                  }
                  shown.put(id, after == null ? 0 : after.version().counter());
                }
              });
      for (int i = 0; i < 40; i++) {
        SimCluster node = nodes.get(random.nextInt(nodes.size()));
        node.after(random.nextLong(10 * SECOND), () -> create(node, node.loop("front")));
      }
      simulation.after(random.nextLong(10 * SECOND), world::killVault);
      simulation.run(15 * SECOND);
      world.calm();
      simulation.run(15 * SECOND);
      Map<BlockId, Block> contents = new HashMap<>();
      world.ledger().contents().forEach(block -> contents.put(block.id(), block));
      promised.forEach(
          (task, state) -> {
            Block block = contents.get(task.block());
            if (block == null || block.entry(task.index()).state() != state) {
              broken.add(task + " is not " + state);
            }
          });
      simulation.errors().forEach(broken::add);
    }

    private void create(SimCluster node, Loop loop) {
      long write = random.nextLong();
      TaskEntry entry = TaskEntry.accepted(PROFILE, null, Value.inline(new byte[] {1}), write);
      BlockId id = node.ledger().newBlockId();
      Block block =
          Block.fresh(id, write, node.peer(), loop.wallMillis(), null, new TaskEntry[] {entry});
      untilClean(
          node,
          loop,
          id,
          new Change.Create(write, block),
          answer -> {
            promise(id, TaskState.WAITING);
            loop.after(
                random.nextLong(2 * SECOND),
                () ->
                    untilClean(
                        node, loop, id, new Change.Confirm(random.nextLong()), confirmed -> {}));
            Change.Settlement ok =
                new Change.Settlement(0, 1, Value.inline("r".getBytes(UTF_8)), null, false, 0);
            loop.after(
                random.nextLong(SECOND),
                () ->
                    untilClean(
                        node,
                        loop,
                        id,
                        new Change.Settle(random.nextLong(), block.nonce(), List.of(ok)),
                        settled -> promise(id, TaskState.SUCCEEDED)));
          });
    }

    private void promise(BlockId id, TaskState state) {
      clean++;
      promised.put(new TaskRef(id, 0), state);
    }

    private void untilClean(
        SimCluster node,
        Loop loop,
        BlockId id,
        Change change,
        java.util.function.Consumer<Answer> then) {
      boolean[] answered = new boolean[1];
      node.ledger()
          .write(
              id,
              change,
              loop,
              reply -> {
                if (answered[0]) {
                  broken.add("answered twice");
                }
                answered[0] = true;
                if (reply instanceof Reply.Clean answer) {
                  then.accept(answer.answer());
                } else {
                  loop.after(20_000_000, () -> untilClean(node, loop, id, change, then));
                }
              });
    }
  }

  @Test
  void aReplicaThatIsBehindRefusesUntilTheRepeatHealsIt() {
    Simulation simulation = new Simulation(BEHIND);
    SimWorld world = new SimWorld(simulation, 2, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    world.node("b", ALL);
    world.start();
    Loop loop = a.loop("front");
    BlockId id = a.ledger().newBlockId();
    TaskEntry entry = TaskEntry.accepted(PROFILE, null, Value.inline(new byte[] {1}), 5);
    Block block = Block.fresh(id, 9, a.peer(), 0, null, new TaskEntry[] {entry});
    List<Reply> replies = new ArrayList<>();
    Change create = new Change.Create(5, block);

    world.faults(losingBackups());
    a.ledger().write(id, create, loop, replies::add);
    simulation.run(5 * SECOND);
    world.faults(Faults.NONE);
    Change settle =
        new Change.Settle(
            6,
            9,
            List.of(new Change.Settlement(0, 1, Value.inline(new byte[] {2}), null, false, 0)));
    a.ledger().write(id, settle, loop, replies::add);
    simulation.run(100_000_000L);
    long behind = simulation.counts().getOrDefault("replica behind", 0);
    a.ledger().write(id, create, loop, replies::add);
    simulation.run(5 * SECOND);
    a.ledger().write(id, new Change.Confirm(7), loop, replies::add);
    simulation.run(5 * SECOND);

    assertTrue(replies.get(0) instanceof Reply.Unclean, replies.toString());
    assertEquals(1, behind);
    assertEquals(2, replies.stream().filter(Reply.Clean.class::isInstance).count());
  }

  /** A seed whose lost backup is not healed by a re-replication meanwhile. */
  private static final long BEHIND = 10;

  private static Faults losingBackups() {
    return new Faults(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void aKilledNodeRunsNoTurnAndItsFramesMayArrive() {
    Simulation simulation = new Simulation(2);
    SimWorld world = new SimWorld(simulation, 1, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    SimCluster b = world.node("b", ALL);
    world.start();
    List<String> seen = new ArrayList<>();
    Loop loopA = a.loop("front");
    Loop loopB = b.loop("front");
    b.transport().receive(Role.FRONT, loopB, (from, frame) -> seen.add("frame " + frame.number()));
    b.transport().onClose(loopB, peer -> seen.add("closed " + peer.node()));
    b.membership()
        .listen(
            loopB,
            list ->
                seen.add(list.stream().map(Member::peer).map(p -> p.node()).toList().toString()));
    Address from = new Address(a.peer(), Role.FRONT);
    Address to = new Address(b.peer(), Role.FRONT);

    simulation.run(1_000_000);
    loopA.after(SECOND, () -> seen.add("a turn of a dead node"));
    a.transport().send(from, to, new Frame(1, 0, null));
    world.kill(a.peer());
    a.transport().send(from, to, new Frame(2, 0, null));
    simulation.run(3 * SECOND);

    assertEquals(List.of("[a, b]", "frame 1", "closed a", "[b]"), seen);
    assertFalse(world.alive(a.peer()));
  }

  @Test
  void aPausedNodeDoesLaterWhatCameDue() {
    Simulation simulation = new Simulation(3);
    SimWorld world = new SimWorld(simulation, 1, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    world.start();
    List<Long> times = new ArrayList<>();
    a.loop("front").after(SECOND, () -> times.add(simulation.now() / SECOND));

    world.pause(a.peer(), 3 * SECOND);
    simulation.run(5 * SECOND);

    assertEquals(List.of(3L), times);
  }

  @Test
  void anEscapedExceptionEndsTheNode() {
    Simulation simulation = new Simulation(4);
    SimWorld world = new SimWorld(simulation, 1, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    world.start();
    a.loop("front")
        .execute(
            () -> {
              throw new IllegalStateException("boom");
            });

    simulation.run(SECOND);

    assertFalse(a.alive());
    assertEquals(1, simulation.errors().size());
    assertEquals(List.of(), world.main().members());
  }

  @Test
  void whoJoinsWhileTheNetworkIsInPiecesHasNoPlaceUntilItIsWhole() {
    Simulation simulation = new Simulation(4);
    SimWorld world = new SimWorld(simulation, 2, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    world.node("b", ALL);
    SimCluster c = world.node("c", ALL);
    world.start();
    world.kill(c.peer());
    simulation.run(2 * SECOND);
    world.split(Set.of(a.peer()), true, 2 * SECOND);
    SimCluster d = world.node("d", ALL);

    simulation.run(SECOND);
    assertFalse(world.member(d.peer()));

    simulation.run(2 * SECOND);
    assertTrue(world.member(d.peer()));
  }

  @Test
  void aDeathIsSafeWhileACopyIsLeft() {
    SimWorld world = new SimWorld(new Simulation(4), 3, Sabotage.NONE);
    List<SimCluster> five =
        Stream.of("a", "b", "c", "d", "e").map(name -> world.node(name, ALL)).toList();
    world.start();
    assertTrue(world.survives(2));
    assertFalse(world.survives(3));

    world.kill(five.get(0).peer());

    assertFalse(world.survivesADeath());
    assertTrue(world.survives(1));
    assertFalse(world.survives(2));
  }

  @Test
  void whoHasTheOnlyCopyKeepsItsPlace() {
    Simulation simulation = new Simulation(4);
    SimWorld world = new SimWorld(simulation, 2, Sabotage.NONE);
    SimCluster a = world.node("a", ALL);
    SimCluster b = world.node("b", ALL);
    world.node("c", ALL);
    world.start();
    world.split(Set.of(a.peer()), true, 5 * SECOND);
    simulation.run(4 * SECOND);
    world.kill(b.peer());
    simulation.run(SECOND / 2);
    SimCluster d = world.node("d", ALL);
    assertFalse(world.open());

    simulation.runUntil(() -> world.member(d.peer()), 60 * SECOND);

    assertTrue(world.main().nodes.stream().anyMatch(node -> node.name().equals("a")));
    assertTrue(simulation.runUntil(world::open, 60 * SECOND));
  }
}
