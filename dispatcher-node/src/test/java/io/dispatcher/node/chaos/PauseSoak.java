package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes are frozen for 1 to 60 seconds, one after the other, under load. {@code -Dsoak.pauses},
 * {@code -Dsoak.nodes} (3 or 5), {@code -Dsoak.longest} (seconds), {@code -Dsoak.seed}.
 */
class PauseSoak {
  private static final int PAUSES = Integer.getInteger("soak.pauses", 10);
  private static final int NODES = Integer.getInteger("soak.nodes", 3);
  private static final int LONGEST = Integer.getInteger("soak.longest", 60);
  private static final Duration HEALED = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void nothing_is_lost_and_nothing_ends_twice() throws Exception {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
    long seed = Long.getLong("soak.seed", System.nanoTime());
    SplitSoak.say("%d pauses of %d nodes, -Dsoak.seed=%d", PAUSES, NODES, seed);
    Random random = new Random(seed);
    List<Long> healed = new ArrayList<>();
    try (SplitRun run = new SplitRun(NODES, 40, 60, directory.resolve("history.jsonl"))) {
      run.start("nodes=%d tasks=1 pauses=%d seed=%d".formatted(NODES, PAUSES, seed));
      for (int i = 0; i < PAUSES; i++) {
        TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(1500));
        int victim = random.nextInt(NODES);
        // Short ones more often: those around the detection time are the hard ones.
        double share = random.nextDouble();
        long millis = (long) (1_000 + share * share * (LONGEST - 1) * 1_000);
        SplitSoak.say("pause %d: %s for %.1f s", i + 1, Chaos.name(victim), millis / 1e3);
        run.faults().freeze(victim);
        TimeUnit.MILLISECONDS.sleep(millis);
        run.faults().thaw(victim);
        long took = run.awaitWhole(HEALED);
        healed.add(took);
        SplitSoak.say("    whole again %.1f s after the thaw", took / 1e3);
      }
      SplitSoak.judge(run, healed);
    }
  }
}
