package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.dispatcher.sim.Sabotage;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The engine in a world that goes wrong, over many seeds. {@code -Dsim.seeds=N} runs the seeds 1 to
 * N (default 2000), {@code -Dsim.seed=S} that one alone.
 */
class SimulationTest {

  private static final long SEEDS = Long.getLong("sim.seeds", 2000);
  private static final int MOST_FAILURES = Integer.getInteger("sim.failures", 3);

  /** Poison tasks take nodes with them: then little is done. */
  private static final double MOST_VOID = 0.1;

  /** What must have gone wrong, each at least once in so many runs. */
  private static final List<String> FAULTS =
      List.of(
          "killed",
          "owner killed",
          "node killed by a poison task",
          "drained",
          "paused",
          "frozen and removed",
          "cut",
          "split",
          "split one way",
          "scattered",
          "crumbled",
          "rejoined",
          "rejoined those it knew",
          "partition lost",
          "refused beside its old incarnation",
          "refused beyond the declared size",
          "joined after a refusal",
          "took the place of another node",
          "stopped without a place",
          "error on a loop",
          "handle at a node that ended",
          "stage never completed",
          "handler kept its thread",
          "drained for the threads it lost",
          "drained to stay",
          "stopped at rest",
          "stopped while it ran",
          "brought twice");

  private static final int RUNS_PER_FAULT = 100;

  /** Not all who had copies come, so that what somebody brings of an older era has to do. */
  private static final String RARE = "lost records put back";

  private static final int RUNS_PER_RARE = 1_000;

  private static long[] seeds() {
    Long one = Long.getLong("sim.seed");
    return one == null ? LongStream.rangeClosed(1, SEEDS).toArray() : new long[] {one};
  }

  @Test
  void everyAcceptedTaskHasOneOutcome() {
    long[] seeds = seeds();
    Queue<String> reports = new ConcurrentLinkedQueue<>();
    AtomicInteger voids = new AtomicInteger();
    Map<String, Integer> faults = new ConcurrentHashMap<>();
    // One seed is one world, on one thread.
    LongStream.of(seeds)
        .parallel()
        .filter(seed -> reports.size() < MOST_FAILURES)
        .forEach(
            seed -> {
              SimulationRun run = new SimulationRun(seed, Sabotage.NONE).run();
              run.simulation().counts().forEach((what, n) -> faults.merge(what, n, Integer::sum));
              if (run.failed()) {
                reports.add(run.report("everyAcceptedTaskHasOneOutcome"));
              } else if (run.isVoid()) {
                voids.incrementAndGet();
              }
            });
    if (!reports.isEmpty()) {
      fail(String.join("\n\n", reports));
    }
    assertTrue(
        voids.get() <= MOST_VOID * seeds.length,
        voids + " of " + seeds.length + " runs are void: too little was done, or went wrong");
    FAULTS.forEach(fault -> assertHappened(fault, faults, seeds.length / RUNS_PER_FAULT));
    assertHappened(RARE, faults, seeds.length / RUNS_PER_RARE);
  }

  private static void assertHappened(String fault, Map<String, Integer> faults, int least) {
    int times = faults.getOrDefault(fault, 0);
    assertTrue(times >= least, fault + ": only " + times + " times");
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
}
