package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes are frozen for 1 to 60 seconds. A {@link Campaign}; {@code -Dsoak.pauses}, {@code
 * -Dsoak.longest} (seconds).
 */
class PauseSoak {
  private static final int PAUSES = Integer.getInteger("soak.pauses", 200);
  private static final int LONGEST = Integer.getInteger("soak.longest", 60);

  @TempDir private Path directory;

  /** Pauses after which others must have started what the node had. */
  private int removed;

  @TestFactory
  Stream<DynamicTest> nothing_is_lost_and_nothing_ends_twice() {
    return Campaign.of("pause", PAUSES, directory)
        .map(campaign -> campaign.test(() -> run(campaign)));
  }

  private void run(Campaign campaign) throws IOException, InterruptedException {
    removed = 0;
    Verdict verdict = campaign.run(this::pause);
    assertTrue(removed == 0 || verdict.fenced() > 0, "whoever came back wrote nothing");
  }

  private SplitRun.Over pause(SplitRun run, Random random, String name)
      throws InterruptedException {
    int victim = random.nextInt(run.fleet().size());
    // Short ones more often: those around the detection time are the hard ones.
    double share = random.nextDouble();
    long millis = (long) (1_000 + share * share * (LONGEST - 1) * 1_000);
    Campaign.say("%s: %s for %.1f s", name, Chaos.name(victim), millis / 1e3);
    removed += millis > Detection.USUAL.bound().toMillis() ? 1 : 0;
    return run.pause(victim, Duration.ofMillis(millis));
  }
}
