package io.dispatcher.node;

import io.dispatcher.node.BenchCommand.Plan;
import io.dispatcher.node.ClosedLoop.Round;
import io.dispatcher.node.OpenLoop.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The order of the measurement: warm both sides up, run their rounds in turn with every number of
 * submitting threads, take each side at its best number, then measure latency.
 */
final class Bench {
  /** Two warm-up rounds in a row that differ by less are steady. */
  private static final double STEADY = 0.10;

  /** A side is warm once the compilers take less than this share of the time of a round. */
  private static final double COMPILING = 0.10;

  private static final int FIRST_TASKS = 20_000;

  /** A round of a slow side ends after about so long. */
  private static final int ROUND_SECONDS = 5;

  private static final Duration ANSWER = Duration.ofMinutes(30);

  private final Plan plan;
  private final ChildNodes nodes;
  private final BenchReport report;

  Bench(Plan plan, ChildNodes nodes, BenchReport report) {
    this.plan = plan;
    this.nodes = nodes;
    this.report = report;
  }

  /** A round and the processor time it took in all processes. */
  record Measured(Round round, double cpuSeconds) {}

  /**
   * One side at its best.
   *
   * @param threads the number of submitting threads it was best with
   * @param rounds its rounds with that number
   */
  record SideResult(String side, int threads, List<Measured> rounds, Latency latency) {
    double perSecond() {
      return median(rounds.stream().map(each -> each.round().perSecond()).toList());
    }
  }

  record Result(SideResult ours, @Nullable SideResult rival, long peakBytes) {}

  Result run() {
    List<SideRun> sides = new ArrayList<>(List.of(new SideRun(BenchCommand.OURS)));
    if (plan.against() != null) {
      sides.add(new SideRun(plan.against().toString()));
    }
    warmUp(sides);
    for (int round = 0; round < plan.rounds(); round++) {
      // Neither side always comes first.
      Collections.rotate(sides, round > 0 ? 1 : 0);
      for (int threads : plan.submitters()) {
        sides.forEach(side -> side.measure(threads));
      }
      for (SideRun side : sides) {
        report.round(round, side.name, side.lastRounds());
      }
    }
    sides.forEach(SideRun::measureLatency);
    sides.sort(Comparator.comparing(side -> !side.name.equals(BenchCommand.OURS)));
    return new Result(
        sides.get(0).best(), sides.size() > 1 ? sides.get(1).best() : null, nodes.peakBytes());
  }

  private void warmUp(List<SideRun> sides) {
    for (int round = 0; round < plan.warmUp(); round++) {
      sides.stream().filter(side -> !side.steady()).forEach(SideRun::warmUp);
    }
    sides.forEach(side -> report.warm(side.name, side.warmUp, side.steady(), side.tasks));
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** One side while it is measured. */
  private final class SideRun {
    private final String name;
    private final List<Double> warmUp = new ArrayList<>();
    private final SortedMap<Integer, List<Measured>> byThreads = new TreeMap<>();
    private double compiling = 1;
    private int tasks = Math.min(plan.tasks(), FIRST_TASKS);
    private @Nullable Latency latency;

    SideRun(String name) {
      this.name = name;
    }

    boolean steady() {
      int count = warmUp.size();
      if (count < 2 || compiling > COMPILING) {
        return false;
      }
      double last = warmUp.get(count - 1);
      return Math.abs(last / warmUp.get(count - 2) - 1) < STEADY;
    }

    void warmUp() {
      int threads = plan.submitters().get(plan.submitters().size() / 2);
      Duration before = nodes.compiled();
      Round round = ask(threads);
      compiling = nodes.compiled().minus(before).toMillis() / 1e3 / round.seconds();
      double rate = round.perSecond();
      warmUp.add(rate);
      tasks = (int) Math.min(plan.tasks(), Math.max(1000, rate * ROUND_SECONDS));
    }

    void measure(int threads) {
      Duration before = nodes.cpu();
      Round round = ask(threads);
      double cpu = nodes.cpu().minus(before).toMillis() / 1e3;
      byThreads.computeIfAbsent(threads, key -> new ArrayList<>()).add(new Measured(round, cpu));
    }

    void measureLatency() {
      String request = "latency " + name + " " + plan.rate() + " " + plan.rateSeconds();
      latency = nodes.get(0).ask(request, ANSWER, Latency.class);
    }

    SortedMap<Integer, Measured> lastRounds() {
      SortedMap<Integer, Measured> last = new TreeMap<>();
      byThreads.forEach((threads, rounds) -> last.put(threads, rounds.get(rounds.size() - 1)));
      return last;
    }

    SideResult best() {
      Latency measured = Objects.requireNonNull(latency);
      return byThreads.entrySet().stream()
          .map(entry -> new SideResult(name, entry.getKey(), entry.getValue(), measured))
          .max(Comparator.comparing(SideResult::perSecond))
          .orElseThrow();
    }

    private Round ask(int threads) {
      String request = "round " + name + " " + threads + " " + tasks + " " + plan.window();
      Round round = nodes.get(0).ask(request, ANSWER, Round.class);
      report.check(name, round.counts());
      return round;
    }
  }
}
