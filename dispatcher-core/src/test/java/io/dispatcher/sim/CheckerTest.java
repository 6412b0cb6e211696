package io.dispatcher.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Transition;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each rule of the checker by itself, and the promise under which it reports. */
class CheckerTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Set<Role> ALL = Set.of(Role.STORE, Role.FRONT, Role.WORKER);
  private static final Profile PROFILE =
      new Profile("t", 3, Backoff.DEFAULT, 600_000, 0, 0, 5, 300_000);

  private final Simulation simulation = new Simulation(5);
  private final SimWorld world = new SimWorld(simulation, 1, Sabotage.NONE);
  private final SimCluster a = world.node("a", ALL);
  private final SimCluster b = world.node("b", ALL);
  private final Checker checker = new Checker(world);
  private final BlockId blockId = new BlockId(1, 2, 3);
  private final TaskId id = blockId.task(0);
  private final Block waiting =
      Block.fresh(
          blockId,
          9,
          a.peer(),
          0,
          null,
          new TaskEntry[] {TaskEntry.accepted(PROFILE, null, Value.inline(new byte[] {1}), 5)});

  private void assertCaught(Promise promise, String what) {
    List<Violation> all = checker.violations();
    assertEquals(1, all.size(), all.toString());
    assertEquals(promise, all.get(0).promise());
    assertTrue(all.get(0).what().contains(what), all.toString());
  }

  private void accepted() {
    checker.submitted("t1", a.peer());
    checker.replicas().replicated(blockId, waiting);
    checker.accepted("t1", id);
  }

  @Test
  void passesAGoodStory() {
    accepted();
    endsAs("r");
    checker.finish();

    assertEquals(List.of(), checker.violations());
    assertTrue(checker.allDone());
    assertTrue(checker.isVoid(1, 1));
    assertFalse(checker.isVoid(1, 0));
  }

  private void endsAs(String result) {
    checker.started("t1", id, 1, 11, a.peer());
    checker.ended("t1", 1, a.peer(), result);
    checker.replicas().replicated(blockId, settled(result));
    checker.shown("t1", new Outcome.Succeeded<>(id, result, 1), a.peer());
  }

  private Block settled(String result) {
    Change.Settlement ok =
        new Change.Settlement(0, 1, Value.inline(result.getBytes(UTF_8)), null, false, 0);
    return Transition.of(waiting, new Change.Settle(result.hashCode(), 9, List.of(ok)), 0, 1)
        .next();
  }

  @Test
  void catchesALostTask() {
    accepted();
    checker.finish();

    assertCaught(Promise.RECORDED, "LOST");
  }

  @Test
  void catchesATaskThatIsThereAndNeverEnds() {
    world.start();
    Loop loop = a.loop("front");
    a.ledger().write(blockId, new Change.Create(5, waiting), loop, reply -> {});
    simulation.run(SECOND);
    accepted();
    checker.finish();

    assertCaught(Promise.PROGRESS, "has no outcome");
  }

  @Test
  void catchesAnEarlyAcceptance() {
    checker.submitted("t1", a.peer());
    checker.accepted("t1", id);

    assertCaught(Promise.RECORDED, "not on all replicas");
  }

  @Test
  void catchesTwoOutcomes() {
    checker.replicas().replicated(blockId, settled("r"));
    checker.replicas().replicated(blockId, settled("s"));

    assertCaught(Promise.ONE_OUTCOME, "two outcomes");
  }

  @Test
  void catchesAnAttemptOnTwoWorkers() {
    accepted();
    checker.started("t1", id, 1, 11, a.peer());
    checker.started("t1", id, 1, 11, b.peer());

    assertCaught(Promise.FENCED, "attempt 1 was started on");
  }

  @Test
  void catchesAnAttemptThatNotAllReplicasKnow() {
    accepted();
    checker.started("t1", id, 2, 12, a.peer());

    assertCaught(Promise.FENCED, "attempt 2 starts, and all replicas hold attempt 1");
  }

  @Test
  void catchesACheckpointThatIsGone() {
    accepted();
    checker.saved("t1", 1, 3);
    checker.resumed("t1", 2, 1);

    assertCaught(Promise.CHECKPOINTS, "but 3 was saved");
  }

  @Test
  void catchesARefusedSubmissionThatRuns() {
    checker.submitted("t1", a.peer());
    checker.replicas().replicated(blockId, waiting);
    checker.notAccepted(
        "t1", new TaskRefused(TaskRefused.Reason.NO_QUORUM, "no", null), true, a.peer());
    checker.started("t1", id, 1, 11, a.peer());

    assertCaught(Promise.AS_ANSWERED, "was refused, and runs");
  }

  @Test
  void catchesATaskThatTookTooManyNodesWithIt() {
    accepted();
    for (int i = 0; i <= History.MOST_DEATHS; i++) {
      checker.kills("t1", a.peer());
    }
    checker.ended("t1", 1, a.peer(), "r");
    checker.replicas().replicated(blockId, settled("r"));
    checker.shown("t1", new Outcome.Succeeded<>(id, "r", 1), a.peer());
    checker.finish();

    assertCaught(Promise.BUDGETS, "took 4 nodes with it");
  }

  @Test
  void catchesAResultOfAnotherAttempt() {
    accepted();
    checker.started("t1", id, 1, 11, a.peer());
    checker.replicas().replicated(blockId, settled("r"));

    assertCaught(Promise.FENCED, "not made by it");
  }

  @Test
  void catchesAnOutcomeThatIsNotRecorded() {
    checker.replicas().replicated(blockId, waiting);
    checker.shown("t1", new Outcome.Succeeded<>(id, "r", 1), a.peer());

    assertCaught(Promise.ONE_OUTCOME, "all replicas hold null");
  }

  @Test
  void catchesAStall() {
    world.start();
    checker.worker(b.peer(), 1);
    Loop loop = a.loop("front");
    a.ledger().write(blockId, new Change.Create(5, waiting), loop, reply -> {});
    simulation.run(SECOND);
    checker.submitted("t1", a.peer());
    checker.accepted("t1", id);
    checker.watchForStalls();
    simulation.run(6 * SECOND);

    assertCaught(Promise.PROGRESS, "nobody runs");
  }

  @Test
  void catchesAWaiterWhomAFrontThatEndsDoesNotTell() {
    accepted();
    checker.frontEnds(a.peer());
    checker.frontExits(a.peer());

    assertCaught(Promise.PROGRESS, "never told it");
  }

  @Test
  void catchesAnEndThatTheCodeOfTheTaskDoesNotMake() {
    checker.expects("t1", Pattern.compile("failed .*"), 1);
    accepted();
    endsAs("r");
    checker.finish();

    assertCaught(Promise.AS_ANSWERED, "not as failed");
  }

  // What was exported goes on in another cluster

  @Test
  void catchesATaskThatWasExportedAndIsNotThere() {
    accepted();
    checker.exports(true);
    checker.frontKilled(a.peer());
    checker.goesOn(world.anew());
    checker.finish();

    assertCaught(Promise.RECORDED, "LOST");
  }

  @Test
  void doesNotMissWhatWasAcceptedAfterTheExportBegan() {
    checker.exports(false);
    accepted();
    checker.frontKilled(a.peer());
    checker.goesOn(world.anew());
    checker.finish();

    assertEquals(List.of(), checker.violations());
  }

  @Test
  void catchesAnotherOutcomeThanTheOneThatWasExported() {
    accepted();
    endsAs("r");
    checker.exports(true);
    checker.goesOn(world.anew());
    checker.replicas().replicated(blockId, settled("s"));

    assertCaught(Promise.ONE_OUTCOME, "two outcomes");
  }

  @Test
  void catchesAnAttemptThatWasExportedAndStartsAgain() {
    accepted();
    checker.started("t1", id, 1, 11, a.peer());
    checker.exports(true);
    checker.goesOn(world.anew());
    checker.replicas().replicated(blockId, waiting);
    checker.started("t1", id, 1, 11, b.peer());

    assertCaught(Promise.FENCED, "attempt 1 was started on");
  }

  /** More copies were lost at once than there are backups: checkpoints are not kept in memory. */
  @Test
  void aCheckpointMayBeGoneWithAllCopies() {
    accepted();
    checker.saved("t1", 1, 3);
    checker.replicas().applied(blockId, null, waiting);
    checker.resumed("t1", 2, 1);

    assertEquals(List.of(), checker.violations());
  }

  @Test
  void catchesACheckpointThatIsGoneFromTheExport() {
    accepted();
    checker.saved("t1", 1, 3);
    checker.exports(true);
    checker.goesOn(world.anew());
    checker.resumed("t1", 2, 1);

    assertCaught(Promise.CHECKPOINTS, "but 3 was saved");
  }
}
