package io.dispatcher.node.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Networks that fall apart in all shapes, a quarter of them with a death before the heal. A {@link
 * Campaign}; {@code -Dsoak.cuts}.
 */
class SplitSoak {
  private static final int CUTS = Integer.getInteger("soak.cuts", 10);

  @TempDir private Path directory;

  @Test
  void nothing_is_lost_and_nothing_ends_twice() throws Exception {
    new Campaign("cut", CUTS, directory).run(SplitSoak::cut);
  }

  private static void cut(SplitRun run, Random random, String name) throws InterruptedException {
    Cut cut = Cut.draw(Campaign.NODES, random);
    long millis = 500L + random.nextInt(20_000);
    int victim = random.nextInt(4) == 0 ? random.nextInt(Campaign.NODES) : -1;
    String death = victim < 0 ? "" : ", and " + Chaos.name(victim) + " dies";
    Campaign.say("%s: %s for %.1f s%s", name, cut.what(), millis / 1e3, death);
    run.faults().cut(cut);
    boolean noticeable = millis > Detection.USUAL.bound().toMillis();
    Set<Integer> minority = noticeable ? cut.minority(Campaign.NODES) : Set.of();
    run.cutOff(minority, Duration.ofMillis(millis));
    if (victim >= 0) {
      run.faults().kill(List.of(victim));
    }
    run.faults().heal(cut);
    if (victim >= 0) {
      run.fleet().restart(victim);
    }
  }
}
