package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node is cut off from two others under load: it says so and accepts nothing, and comes back by
 * itself, in the same process; also if one of the two dies before they have copies of everything
 * again. {@link SplitSoak} is the long form.
 */
class SplitIT {
  private static final int NODES = 3;
  private static final int LONE = 2;
  private static final int VICTIM = 1;
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void a_node_that_was_cut_off_refuses_tasks_and_comes_back() throws Exception {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
    try (SplitRun run =
        new SplitRun(NODES, 20, 40, directory.resolve("history.jsonl"), "--detection=3s")) {
      run.start("nodes=3 tasks=50 cuts=2");
      Cut cut = Cut.apart(NODES, Set.of(LONE));

      run.faults().cut(cut);
      assertTrue(
          run.await(LONE, SOON, state -> state.reason().equals("store 1 of 3: no majority")) >= 0,
          () -> run.fleet().state(LONE).reason());
      long noticed = Line.now();
      awaitTwo(run);
      long heals = Line.now();
      run.faults().heal(cut);
      run.awaitWhole(SOON);

      // What the victim alone has of the two lies on the lone node as well, and nowhere else.
      run.faults().cut(cut);
      awaitTwo(run);
      run.faults().kill(List.of(VICTIM));
      run.faults().heal(cut);
      run.fleet().restart(VICTIM);
      run.awaitWhole(SOON);

      Verdict verdict = run.finish();
      assertEquals(List.of(), verdict.examples());
      assertEquals(0, verdict.lost());
      assertEquals(0, verdict.committedTwice());
      assertEquals(List.of(), verdict.tooLittle());
      assertEquals(List.of(), run.uncalled());
      assertEquals(
          0, run.accepted(LONE, noticed, heals), "accepted by a node that knew itself cut off");
      run.done();
    }
  }

  /** The others have put it out, and take tasks. */
  private static void awaitTwo(SplitRun run) throws InterruptedException {
    assertTrue(run.await(0, SOON, state -> state.ready() && state.workers() == 2) >= 0);
  }
}
