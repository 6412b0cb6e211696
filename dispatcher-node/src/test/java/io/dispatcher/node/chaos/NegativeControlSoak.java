package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes with planted bugs: a checker that finds nothing in what they do would find nothing
 * anywhere. The tasks last long, so that every fault cuts some of them short.
 */
class NegativeControlSoak {
  private static final int NODES = 3;
  private static final int VICTIM = 1;
  private static final int TASK_MILLIS = 3_000;
  private static final double RATE = 3;
  private static final Detection QUICK = new Detection(Duration.ofSeconds(3));
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @BeforeEach
  void namespaces_can_be_made() {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
  }

  /** A node sleeps while others run what it had; then it says how its own attempts have ended. */
  @Test
  void without_a_fence_an_old_attempt_writes_over_a_new_one() throws Exception {
    List<Path> unfenced =
        new Planted()
            .in(
                "ledger/Transition.java",
                "draft.block.nonce() != settle.nonce()\n"
                    + "          || entry.isFinal()\n"
                    + "          || entry.attempt() != item.attempt()) {",
                "draft.block.nonce() != settle.nonce()) {")
            .compile(directory);
    try (SplitRun run = run(unfenced)) {
      run.start("nodes=3 tasks=20 pauses=1");
      awaitAccepted(run, 30);
      run.faults().freeze(VICTIM);
      // Longer than the others wait for it and what it runs lasts.
      TimeUnit.MILLISECONDS.sleep(3 * TASK_MILLIS);
      run.faults().thaw(VICTIM);
      run.awaitWhole(SOON);
      Verdict verdict = judge("no fence", run);
      assertTrue(verdict.violations().containsKey("committed-twice"), verdict::toString);
    }
  }

  /**
   * Hazelcast as it comes: both sides of a split go on, the minority acknowledges what it likes,
   * and one of them is forgotten.
   */
  @Test
  void with_the_settings_of_hazelcast_both_sides_of_a_split_go_on() throws Exception {
    List<Path> plain =
        new Planted()
            // Any side of a split may write.
            .in("hazelcast/Roster.java", "return size / 2 + 1;", "return 1;")
            .in("hazelcast/MemberConfig.java", "if (settings.size() > 1) {", "if (false) {")
            // A record counts although copies of it are missing.
            .in(
                "hazelcast/HazelcastLedger.java",
                "if (result.backups() < host.backups()) {",
                "if (false) {")
            .in(
                "hazelcast/LedgerOperation.java",
                ".setFailOnIndeterminateOperationState(true)",
                ".setFailOnIndeterminateOperationState(false)")
            .in(
                "hazelcast/MemberConfig.java",
                "\"hazelcast.operation.fail.on.indeterminate.state\", \"true\"",
                "\"hazelcast.operation.fail.on.indeterminate.state\", \"false\"")
            // They come together by its merge, and soon: after five minutes it would be the same.
            // Whoever joins the others brings what they do not have, and nothing newer.
            .in(
                "hazelcast/MemberConfig.java",
                ".setMergePolicyConfig(new MergePolicyConfig(HigherVersionMerge.class.getName(), 100))",
                "")
            .in("hazelcast/MemberConfig.java", "NEVER = \"315360000\"", "NEVER = \"5\"")
            .in(
                "hazelcast/LedgerProcessor.java",
                "stands ? held : Held.newer(held, incoming)",
                "held")
            .compile(directory);
    try (SplitRun run = run(plain)) {
      run.start("nodes=3 tasks=20 cuts=1");
      awaitAccepted(run, 30);
      Cut cut = Cut.apart(NODES, Set.of(VICTIM));
      // Both sides end what they run.
      Duration length = QUICK.bound().plusMillis(2 * TASK_MILLIS);
      run.awaitHealed(run.split(cut, length, Set.of(), Duration.ZERO), SOON);
      Verdict verdict = judge("Hazelcast's defaults", run);
      assertTrue(verdict.violations().containsKey("committed-twice"), verdict::toString);
      List<CutOff> late =
          run.cutOff().stream().filter(one -> one.mustNotice(QUICK) && !one.inTime(QUICK)).toList();
      assertEquals(1, late.size(), "says that it has no majority");
      assertNotEquals(List.of(), run.acknowledged(late.get(0)), "acknowledges nothing");
    }
  }

  private SplitRun run(List<Path> first) {
    return new SplitRun(NODES, TASK_MILLIS, RATE, directory.resolve("history.jsonl"), QUICK, first);
  }

  private static void awaitAccepted(SplitRun run, int tasks) throws InterruptedException {
    long end = System.nanoTime() + SOON.toNanos();
    while (run.fleet().accepted() < tasks && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static Verdict judge(String planted, SplitRun run) throws InterruptedException {
    Verdict verdict = run.finish();
    Campaign.say(
        "%s: accepted %d, lost %d, committed twice %d; violations %s",
        planted,
        verdict.accepted(),
        verdict.lost(),
        verdict.committedTwice(),
        verdict.violations());
    verdict.examples().stream().limit(5).forEach(example -> Campaign.say("  %s", example));
    run.done();
    return verdict;
  }
}
