package io.dispatcher.examples.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Compares the balancers with each other, with the best that could be, and with those of other
 * systems: the real classes, in simulated time.
 *
 * <pre>{@code
 * laboratory.sh                     everything, and charts in target/laboratory
 * laboratory.sh slower "two speeds" what has these words in its name, without charts
 * }</pre>
 *
 * <p>{@code -Dtasks=100000} for each run, {@code -Dseeds=3} runs for each line of the table, which
 * shows their means, {@code -Dcharts=FOLDER}. The script is in {@code src/main/scripts}.
 *
 * <p>Ends with 1 if a figure is not what it has to be, or the simulator itself is off.
 */
public final class Laboratory {

  private final int tasks = Integer.getInteger("tasks", 100_000);
  private final int seeds = Integer.getInteger("seeds", 3);
  private final List<Goal> goals = new ArrayList<>();

  private Laboratory() {}

  public static void main(String[] args) {
    System.setProperty("java.awt.headless", "true");
    int code = new Laboratory().run(List.of(args));
    if (code != 0) {
      System.exit(code);
    }
  }

  private int run(List<String> words) {
    boolean all = words.isEmpty();
    for (Check check : Check.all(tasks)) {
      Goal goal = check.run();
      goals.add(goal);
      System.out.printf(
          "%-40s theory %.3f, here %.3f, %+.1f%%%n",
          goal.what(), check.expected(), goal.seen(), 100 * (goal.seen() / check.expected() - 1));
    }
    if (all) {
      keys();
    }
    System.out.println();
    System.out.println("means of " + seeds + " runs, each with a seed of its own");
    System.out.println(Figures.header());
    Scenario.all().stream()
        .filter(each -> all || words.stream().anyMatch(each.setup().name()::contains))
        .forEach(this::table);
    if (all) {
      Path folder = Path.of(System.getProperty("charts", "target/laboratory"));
      new Charts(folder, tasks / 2).drawAll();
    }
    System.out.println();
    goals.forEach(goal -> System.out.println(goal.row()));
    return Goal.exitCode(goals);
  }

  private void table(Scenario scenario) {
    System.out.println("— " + scenario.setup().name());
    Map<String, Figures> seen = new LinkedHashMap<>();
    for (Rule rule : scenario.rules()) {
      Figures figures = Simulation.run(scenario.setup().tasks(tasks), rule, seeds);
      seen.put(rule.name(), figures);
      System.out.println(figures.row());
    }
    goals.addAll(scenario.goals().of(seen));
  }

  private void keys() {
    System.out.println();
    System.out.printf(
        "%-20s %8s %10s %10s %12s%n", "keys", "workers", "max/mean", "moved", "astray");
    for (int workers : new int[] {10, 100, 1000}) {
      goals.addAll(
          spread("consistent-hash", Placing::consistentHash, workers, 1_000_000).goals(workers));
      spread("hazelcast", Placing::partitions, workers, 200_000);
      spread("vert.x", Placing::vertx, workers, 200_000);
      spread("ring of 160", () -> Placing.ring(160), workers, 200_000);
      spread("jump", Placing::jump, workers, 200_000);
    }
  }

  private static KeySpread spread(String name, Supplier<Placing> placing, int workers, int keys) {
    KeySpread spread = KeySpread.of(placing, workers, keys);
    System.out.printf(
        "%-20s %8d %10.3f %10.2f %12d%n",
        name, workers, spread.balance(), spread.moved(), spread.astray());
    return spread;
  }
}
