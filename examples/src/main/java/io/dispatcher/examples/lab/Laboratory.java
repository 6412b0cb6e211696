package io.dispatcher.examples.lab;

import java.nio.file.Path;
import java.util.List;
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
 */
public final class Laboratory {

  private Laboratory() {}

  public static void main(String[] args) {
    System.setProperty("java.awt.headless", "true");
    int tasks = Integer.getInteger("tasks", 100_000);
    int seeds = Integer.getInteger("seeds", 3);
    check("random, 0.7, as M/M/4", Scenario.ours("random"), ideal(20, 4, 0.7, tasks));
    check("random, 0.9, as M/M/4", Scenario.ours("random"), ideal(20, 4, 0.9, 8 * tasks));
    check("power-of-two, 0.7, as Mitzenmacher", Scenario.ours("power-of-two"), many(0.7, tasks));
    check("power-of-two, 0.9, as Mitzenmacher", Scenario.ours("power-of-two"), many(0.9, tasks));
    if (args.length == 0) {
      keys();
    }
    System.out.println();
    System.out.println("means of " + seeds + " runs, each with a seed of its own");
    System.out.println(Figures.header());
    for (Scenario scenario : Scenario.all()) {
      String name = scenario.setup().name();
      if (args.length == 0 || List.of(args).stream().anyMatch(name::contains)) {
        System.out.println("— " + name);
        for (Rule rule : scenario.rules()) {
          System.out.println(Simulation.run(scenario.setup().tasks(tasks), rule, seeds).row());
        }
      }
    }
    if (args.length == 0) {
      Path folder = Path.of(System.getProperty("charts", "target/laboratory"));
      new Charts(folder, tasks / 2).drawAll();
    }
  }

  private static Setup ideal(int workers, int slots, double load, int tasks) {
    return Setup.of(workers, slots, 1, load).ideal().tasks(tasks);
  }

  /** Enough workers for what holds of very many; they take long to get to their usual load. */
  private static Setup many(double load, int tasks) {
    return Setup.of(500, 1, 1, load).ideal().tasks(2 * tasks, 0.5);
  }

  /** The simulator against what is known. */
  private static void check(String what, Rule rule, Setup setup) {
    double expected =
        setup.slots() > 1
            ? Theory.random(setup.slots(), setup.work().load())
            : Theory.bestOf(2, setup.work().load());
    double seen = Simulation.run(setup, rule).mean();
    System.out.printf(
        "%-35s theory %.3f, here %.3f, %+.1f%%%n",
        what, expected, seen, 100 * (seen / expected - 1));
  }

  private static void keys() {
    System.out.println();
    System.out.printf(
        "%-20s %8s %10s %10s %12s%n", "keys", "workers", "max/mean", "moved", "astray");
    for (int workers : new int[] {10, 100, 1000}) {
      spread("consistent-hash", Placing::consistentHash, workers, 1_000_000);
      spread("hazelcast", Placing::partitions, workers, 200_000);
      spread("vert.x", Placing::vertx, workers, 200_000);
      spread("ring of 160", () -> Placing.ring(160), workers, 200_000);
      spread("jump", Placing::jump, workers, 200_000);
    }
  }

  private static void spread(String name, Supplier<Placing> placing, int workers, int keys) {
    KeySpread spread = KeySpread.of(placing, workers, keys);
    System.out.printf(
        "%-20s %8d %10.3f %10.2f %12d%n",
        name, workers, spread.balance(), spread.moved(), spread.astray());
  }
}
