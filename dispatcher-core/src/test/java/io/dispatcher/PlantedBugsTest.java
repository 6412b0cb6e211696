package io.dispatcher;

import static org.junit.jupiter.api.Assertions.fail;

import io.dispatcher.sim.Sabotage;
import io.dispatcher.sim.Violation;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Bugs that are planted, and must be found by the promise that they break: a checker that cannot
 * fail proves nothing.
 */
class PlantedBugsTest {

  private static final int RUNS = 500;

  @Test
  void catchesAnAcknowledgementBeforeTheBackups() {
    assertCaught(Sabotage.EARLY_REPLY);
  }

  @Test
  void catchesAnAcceptanceThatOverwritesWhatIsThere() {
    assertCaught(Sabotage.SET_ASYNC);
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
  void catchesAnHeirThatHandsOutUnderTheAttemptBefore() {
    assertCaught(Sabotage.NO_RAISE_AT_ADOPTION);
  }

  @Test
  void catchesOwnersThatWriteAfterTheyWereReplaced() {
    assertCaught(Sabotage.NO_OWNER_EPOCH, 324);
  }

  @Test
  void catchesAdoptionByOneScanOnly() {
    assertCaught(Sabotage.ONE_SCAN);
  }

  @Test
  void catchesAMergeInWhichWhatStandsStays() {
    assertCaught(Sabotage.PUT_IF_ABSENT, 34822);
  }

  @Test
  void catchesHazelcastAsItComes() {
    assertCaught(Sabotage.HAZELCAST_DEFAULT);
  }

  @Test
  void catchesAnOldEraThatIsPutBackBeforeALaterOne() {
    assertCaught(Sabotage.OLD_FIRST, 31178);
  }

  @Test
  void catchesAMajorityThatGoesOnBeforeAllAreBack() {
    assertCaught(Sabotage.OPEN_AT_ONCE, 2558);
  }

  @Test
  void catchesAnEraThatBeganInNameOnly() {
    assertCaught(Sabotage.EMPTY_ERA, 213);
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
    assertCaught(Sabotage.BACKUPS_DECIDE, 1009);
  }

  @Test
  void catchesAPrimaryThatSaysGoneAlone() {
    assertCaught(Sabotage.GONE_UNASKED);
  }

  @Test
  void catchesCheckpointsWithoutAnOrder() {
    assertCaught(Sabotage.NO_SEQUENCE_CHECK, 408);
  }

  @Test
  void catchesAnOwnerThatIsNotAskedWhatItHandedOut() {
    assertCaught(Sabotage.NO_CONSENT);
  }

  @Test
  void catchesStartsThatAreNotWrittenAhead() {
    assertCaught(Sabotage.NO_WRITE_AHEAD);
  }

  private static void assertCaught(Sabotage planted) {
    assertCaught(planted, 1, 1);
  }

  /**
   * For one that the first seeds do not show.
   *
   * @param from a seed that shows it; those that follow have a cluster of the same kind
   */
  private static void assertCaught(Sabotage planted, long from) {
    assertCaught(planted, from, SimulationRun.Kind.values().length);
  }

  private static void assertCaught(Sabotage planted, long from, long step) {
    for (long seed = from; seed < from + RUNS * step; seed += step) {
      SimulationRun run = new SimulationRun(seed, planted).run();
      Optional<Violation> violation = run.caughtBy();
      if (violation.isPresent()) {
        System.out.printf("%s caught with seed %d: %s%n", planted, seed, violation.get());
        return;
      }
    }
    fail(planted + " was not caught in " + RUNS + " runs from seed " + from);
  }
}
