package io.dispatcher.node.chaos;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node is cut off from two others under load, and one of them dies before they have copies of
 * everything again: the node that was cut off says so and accepts nothing, and comes back by
 * itself, in the same process. {@link ChaosCutsIT} has cuts of other shapes, {@link SplitSoak} is
 * the long form.
 */
class SplitIT {
  private static final int NODES = 3;
  private static final int LONE = 2;
  private static final int VICTIM = 1;

  /** So long that each node has some at any time. */
  private static final int TASK_MILLIS = 100;

  /** What a few seconds of load write into the history. */
  private static final int WARM_BYTES = 60_000;

  private static final Detection QUICK = new Detection(Duration.ofSeconds(3));

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void a_node_that_was_cut_off_refuses_tasks_and_comes_back() throws Exception {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
    Path history = directory.resolve("history.jsonl");
    try (SplitRun run = new SplitRun(NODES, TASK_MILLIS, 40, history, QUICK, List.of())) {
      run.start("nodes=3 tasks=50 cuts=1");
      // Under load for a while: the ledger marks its partitions once all of them have their copies.
      await().atMost(SOON).until(() -> Files.size(history) > WARM_BYTES);
      Cut cut = Cut.apart(NODES, Set.of(LONE));

      run.faults().cut(cut);
      assertTrue(run.await(0, SOON, state -> state.workers() == 2) >= 0);
      // What it alone has of the two lies on the lone node as well, and nowhere else.
      run.faults().kill(List.of(VICTIM));
      assertTrue(
          run.await(LONE, SOON, state -> state.reason().equals("store 1 of 3: no majority")) >= 0,
          () -> run.fleet().state(LONE).reason());
      long noticed = Line.now();
      assertTrue(run.await(0, SOON, state -> !state.ready()) >= 0);
      long heals = Line.now();
      run.faults().heal(cut);
      run.fleet().restart(VICTIM);
      run.awaitWhole(SOON);

      Verdict verdict = run.finish();
      assertEquals(List.of(), verdict.examples());
      assertEquals(0, verdict.lost());
      assertEquals(0, verdict.committedTwice());
      assertTrue(verdict.accepted() > 100, verdict::toString);
      // When the victim dies nothing can be recorded for seconds: it may have nothing left to run.
      List<String> tooLittle = new ArrayList<>(verdict.tooLittle());
      tooLittle.remove(TooLittle.NO_KILL_HIT);
      assertEquals(List.of(), tooLittle);
      assertEquals(List.of(), run.uncalled());
      assertEquals(
          0, run.accepted(LONE, noticed, heals), "accepted by a node that knew itself cut off");
      run.done();
    }
  }
}
