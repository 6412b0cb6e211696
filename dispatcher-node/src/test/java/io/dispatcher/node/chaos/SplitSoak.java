package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Networks that fall apart in all shapes, one after the other, under load. {@code -Dsoak.cuts},
 * {@code -Dsoak.nodes} (3 or 5), {@code -Dsoak.seed}.
 */
class SplitSoak {
  private static final int CUTS = Integer.getInteger("soak.cuts", 10);
  private static final int NODES = Integer.getInteger("soak.nodes", 3);
  private static final Duration HEALED = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void nothing_is_lost_and_nothing_ends_twice() throws Exception {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
    long seed = Long.getLong("soak.seed", System.nanoTime());
    say("%d cuts of %d nodes, -Dsoak.seed=%d", CUTS, NODES, seed);
    Random random = new Random(seed);
    List<Long> healed = new ArrayList<>();
    try (SplitRun run = new SplitRun(NODES, 40, 60, directory.resolve("history.jsonl"))) {
      run.start("nodes=%d tasks=1 cuts=%d seed=%d".formatted(NODES, CUTS, seed));
      for (int i = 0; i < CUTS; i++) {
        TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(1500));
        Cut cut = Cut.draw(NODES, random);
        long millis = 500 + random.nextInt(20_000);
        int victim = random.nextInt(4) == 0 ? random.nextInt(NODES) : -1;
        say(
            "cut %d: %s for %.1f s%s",
            i + 1, cut.what(), millis / 1e3, victim < 0 ? "" : ", and " + victim + " dies");
        run.faults().cut(cut);
        TimeUnit.MILLISECONDS.sleep(millis);
        if (victim >= 0) {
          run.faults().kill(List.of(victim));
        }
        run.faults().heal(cut);
        if (victim >= 0) {
          run.fleet().restart(victim);
        }
        long took = run.awaitWhole(HEALED);
        healed.add(took);
        say(
            "    whole again %.1f s after the heal; ended by themselves: %s",
            took / 1e3, run.uncalled());
      }
      judge(run, healed);
    }
  }

  /** Ends the run, prints its figures, and fails if a promise was broken. */
  static void judge(SplitRun run, List<Long> healed) throws InterruptedException {
    Verdict verdict = run.finish();
    healed.sort(null);
    say("healed, ms: p50 %d, max %d", healed.get(healed.size() / 2), healed.get(healed.size() - 1));
    say(
        "accepted %d, lost %d, committed twice %d, started more than once %d, fenced %d, refused %d,"
            + " unknown %d",
        verdict.accepted(),
        verdict.lost(),
        verdict.committedTwice(),
        verdict.startedTwice(),
        verdict.fenced(),
        verdict.refused(),
        verdict.unknown());
    verdict
        .restarts()
        .forEach(
            (kind, times) ->
                say(
                    "%s to re-start, ms: %d tasks, p50 %.0f, p99 %.0f, max %.0f",
                    kind, times.count(), times.p50(), times.p99(), times.max()));
    run.told().forEach((text, count) -> say("  %d x %s", count, text));
    verdict.examples().forEach(example -> say("  %s", example));
    assertEquals(List.of(), verdict.examples());
    assertEquals(0, verdict.lost());
    assertEquals(0, verdict.committedTwice());
    assertEquals(List.of(), run.uncalled());
    run.done();
  }

  static void say(String format, Object... arguments) {
    System.out.printf(Locale.ROOT, "%tT ", System.currentTimeMillis());
    System.out.printf(Locale.ROOT, format + "%n", arguments);
  }
}
