package io.dispatcher.node.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

  /** When a node said that it has no majority, by the clock of the history; takes all this time. */
  private static long awaitNotice(SplitRun run, int lone, long millis) throws InterruptedException {
    long took =
        run.awaitView(
            lone, Duration.ofMillis(millis), view -> view.reason().contains("no majority"));
    if (took < 0) {
      return -1;
    }
    long noticed = Line.now();
    TimeUnit.MILLISECONDS.sleep(Math.max(0, millis - took));
    return noticed;
  }

  private static void cut(SplitRun run, Random random, String name) throws InterruptedException {
    Cut cut = Cut.draw(Campaign.NODES, random);
    long millis = 500L + random.nextInt(20_000);
    int victim = random.nextInt(4) == 0 ? random.nextInt(Campaign.NODES) : -1;
    String death = victim < 0 ? "" : ", and " + Chaos.name(victim) + " dies";
    Campaign.say("%s: %s for %.1f s%s", name, cut.what(), millis / 1e3, death);
    run.faults().cut(cut);
    boolean noticeable = millis > Detection.USUAL.bound().toMillis();
    OptionalInt lone = noticeable ? cut.lone(Campaign.NODES) : OptionalInt.empty();
    if (lone.isPresent()) {
      long noticed = awaitNotice(run, lone.getAsInt(), millis);
      run.cutOff(new SplitRun.CutOff(lone.getAsInt(), noticed, Line.now()));
    } else {
      TimeUnit.MILLISECONDS.sleep(millis);
    }
    if (victim >= 0) {
      run.faults().kill(List.of(victim));
    }
    run.faults().heal(cut);
    if (victim >= 0) {
      run.fleet().restart(victim);
    }
  }
}
