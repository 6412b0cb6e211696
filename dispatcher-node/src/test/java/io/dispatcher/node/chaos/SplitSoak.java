package io.dispatcher.node.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Networks that fall apart in all shapes, a quarter of them with a death at some moment of the cut.
 * A {@link Campaign}; {@code -Dsoak.cuts}.
 */
class SplitSoak {
  private static final int CUTS = Integer.getInteger("soak.cuts", 100);

  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> nothing_is_lost_and_nothing_ends_twice() {
    return Campaign.of("cut", CUTS, directory).map(campaign -> campaign.test(SplitSoak::cut));
  }

  private static SplitRun.Over cut(SplitRun run, Random random, String name)
      throws InterruptedException {
    Cut cut = Cut.draw(run.fleet().size(), 1, random);
    int millis = 500 + random.nextInt(20_000);
    Set<Integer> victims =
        random.nextInt(4) == 0 ? Set.of(random.nextInt(run.fleet().size())) : Set.of();
    int dies = victims.isEmpty() ? 0 : random.nextInt(millis);
    String death =
        victims.stream()
            .map(victim -> ", and %s dies after %.1f s".formatted(Chaos.name(victim), dies / 1e3))
            .collect(Collectors.joining());
    Campaign.say("%s: %s for %.1f s%s", name, cut.what(), millis / 1e3, death);
    return run.split(cut, Duration.ofMillis(millis), victims, Duration.ofMillis(dies));
  }
}
