package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.dispatcher.sim.Sabotage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The engine in a world that goes wrong, over many seeds. {@code -Dsim.seeds=N} runs the seeds 1 to
 * N (default 2000), {@code -Dsim.seed=S} that one alone. The last tests plant bugs, which must be
 * found: a checker that cannot fail proves nothing.
 */
class SimulationTest {

  private static final long SEEDS = Long.getLong("sim.seeds", 2000);
  private static final int MOST_FAILURES = Integer.getInteger("sim.failures", 3);

  /** Poison tasks take nodes with them: then little is done. */
  private static final double MOST_VOID = 0.1;

  private static long[] seeds() {
    Long one = Long.getLong("sim.seed");
    return one == null ? LongStream.rangeClosed(1, SEEDS).toArray() : new long[] {one};
  }

  @Test
  void everyAcceptedTaskHasOneOutcome() {
    long[] seeds = seeds();
    List<String> reports = new ArrayList<>();
    int voids = 0;
    for (long seed : seeds) {
      SimulationRun run = new SimulationRun(seed, Sabotage.NONE).run();
      if (run.failed()) {
        reports.add(run.report("everyAcceptedTaskHasOneOutcome"));
        if (reports.size() >= MOST_FAILURES) {
          break;
        }
      } else if (run.isVoid()) {
        voids++;
      }
    }
    if (!reports.isEmpty()) {
      fail(String.join("\n\n", reports));
    }
    assertTrue(
        voids <= MOST_VOID * seeds.length,
        voids + " of " + seeds.length + " runs are void: too little was done, or went wrong");
  }

  @Test
  void nodesThatLeaveOnPurposeStartNothingTwice() {
    int drained = 0;
    for (long seed = 1; seed <= 200; seed++) {
      SimulationRun run = new SimulationRun(4 * seed, Sabotage.NONE).onlyDrains();
      assertFalse(run.failed(), () -> run.report("nodesThatLeaveOnPurposeStartNothingTwice"));
      assertEquals(List.of(), run.startedAgain(), "seed " + seed);
      drained += run.simulation().counts().getOrDefault("drained", 0);
    }
    assertTrue(drained >= 200, drained + " drains");
  }

  @Test
  void nodesThatLeaveOnPurposeMayDieInTheMiddleOfIt() {
    for (long seed = 1; seed <= Math.max(200, SEEDS / 10); seed++) {
      SimulationRun run = new SimulationRun(4 * seed, Sabotage.NONE).manyDrains();
      assertFalse(run.failed(), () -> run.report("nodesThatLeaveOnPurposeMayDieInTheMiddleOfIt"));
    }
  }

  @Test
  void oneSeedIsOneRun() {
    for (long seed = 1; seed <= 3; seed++) {
      assertEquals(
          new SimulationRun(seed, Sabotage.NONE).run().fingerprint(),
          new SimulationRun(seed, Sabotage.NONE).run().fingerprint());
    }
  }

  @Test
  void catchesAnAcknowledgementBeforeTheBackups() {
    assertCaught(Sabotage.EARLY_REPLY);
  }

  @Test
  void catchesAMissingAttemptCheck() {
    assertCaught(Sabotage.NO_ATTEMPT_CHECK);
  }

  @Test
  void catchesARepeatWithoutARaisedAttempt() {
    assertCaught(Sabotage.NO_RAISE);
  }

  @Test
  void catchesAnAdoptionThatDoesNotRaiseTheAttemptsOfWhatNobodyHolds() {
    assertCaught(Sabotage.NO_RAISE_AT_ADOPTION);
  }

  @Test
  void catchesOwnersThatWriteAfterTheyWereReplaced() {
    assertCaught(Sabotage.NO_OWNER_EPOCH);
  }

  @Test
  void catchesAdoptionByOneScanOnly() {
    assertCaught(Sabotage.ONE_SCAN);
  }

  @Test
  void catchesAMergeInWhichWhoComesLastWins() {
    assertCaught(Sabotage.MERGE_BY_DEFAULT);
  }

  @Test
  void catchesAMajorityThatGoesOnBeforeAllAreBack() {
    assertCaught(Sabotage.OPEN_AT_ONCE, 221);
  }

  @Test
  void catchesAnEraThatBeganInNameOnly() {
    assertCaught(Sabotage.EMPTY_ERA, 82);
  }

  @Test
  void catchesWritesWithoutIds() {
    assertCaught(Sabotage.NO_WRITE_IDS);
  }

  @Test
  void catchesReadingBackInsteadOfRepeating() {
    assertCaught(Sabotage.READ_BACK);
  }

  @Test
  void catchesBackupsThatDecide() {
    assertCaught(Sabotage.BACKUPS_DECIDE, 137);
  }

  @Test
  void catchesCheckpointsWithoutAnOrder() {
    assertCaught(Sabotage.NO_SEQUENCE_CHECK, 268);
  }

  @Test
  void catchesAnOwnerThatIsNotAskedWhatItHandedOut() {
    assertCaught(Sabotage.NO_CONSENT);
  }

  @Test
  void catchesStartsThatAreNotWrittenAhead() {
    assertCaught(Sabotage.NO_WRITE_AHEAD);
  }

  @Test
  void catchesThatWhatOnlyACutOffNodeStillHeldIsDropped() {
    assertCaught(Sabotage.NO_MARKS, 343_061);
  }

  @Test
  void catchesThatWhatMayStillComeCountsAsGone() {
    assertCaught(Sabotage.GONE_UNMARKED, 451_845);
  }

  private static void assertCaught(Sabotage planted) {
    assertCaught(planted, 1);
  }

  /**
   * @param from the first seed that shows it, where it is not among the first few; for the lost
   *     marks 100,000 seeds show one or two
   */
  private static void assertCaught(Sabotage planted, long from) {
    for (long seed = from; seed < from + 500; seed++) {
      SimulationRun run = new SimulationRun(seed, planted).run();
      if (run.failed()) {
        System.out.printf(
            "%s caught with seed %d: %s%n", planted, seed, run.checker().violations().get(0));
        return;
      }
    }
    fail(planted + " was not caught in 500 seeds from " + from);
  }
}
