package io.dispatcher.node;

import io.dispatcher.node.Bench.Measured;
import io.dispatcher.node.Bench.Result;
import io.dispatcher.node.Bench.SideResult;
import io.dispatcher.node.BenchCommand.Plan;
import io.dispatcher.node.OpenLoop.Latency;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What {@code bench} says. */
final class BenchReport {
  private static final double LEAST_REMOTE_SHARE = 0.6;
  private static final double MEGA = 1024 * 1024;
  private static final int CPU_TASKS = 100_000;

  private final Plan plan;
  private final PrintStream out;

  BenchReport(Plan plan, PrintStream out) {
    this.plan = plan;
    this.out = out;
  }

  void setUp() {
    say(
        "%d nodes as processes on this machine, each stores, takes in and runs; the first submits",
        plan.nodes());
    say(
        "%d cores, %s, Java %s, %s; heap %s a node, common pool of 2 threads",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("java.runtime.version"),
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .collect(Collectors.joining(" + ")),
        plan.heap());
    say(
        "up to %,d tasks a round, payload %,d bytes, result %,d bytes, %,d outstanding, %s",
        plan.tasks(), plan.payload(), plan.result(), plan.window(), plan.balancer());
  }

  void warm(String side, List<Double> rounds, boolean steady, int tasks) {
    say(
        "warm-up  %-18s %s tasks/s%s; %,d tasks a round",
        side,
        rounds.stream().map(rate -> text("%,.0f", rate)).collect(Collectors.joining(" ")),
        steady ? "" : " (still not steady)",
        tasks);
  }

  void round(int round, String side, SortedMap<Integer, Measured> byThreads) {
    String rates =
        byThreads.entrySet().stream()
            .map(each -> text("%,.0f with %d", each.getValue().round().perSecond(), each.getKey()))
            .collect(Collectors.joining(", "));
    say("round %-2d %-18s tasks/s: %s submitting threads", round + 1, side, rates);
  }

  /** A round with a failed or wrong result measures nothing. */
  void check(String side, BenchTally.Counts counts) {
    if (counts.failed() > 0 || counts.wrong() > 0) {
      throw new RunFailed(
          text(
              "%s: %,d tasks failed and %,d had a wrong result; the first error: %s",
              side, counts.failed(), counts.wrong(), counts.firstError()));
    }
  }

  void result(Result result) {
    side(result.ours(), "durable: recorded on the primary and its backups");
    SideResult rival = result.rival();
    if (rival != null && plan.against() != null) {
      side(rival, plan.against().promise());
      say("ratio                   %.2f (median of the rounds' ratios)", ratio(result));
    }
    latency(result.ours());
    if (rival != null) {
      latency(rival);
    }
    say("cpu                     %.2f s per 100,000 tasks, all nodes", cpu(result.ours()));
    say(
        "peak memory             %.0f MB resident in the largest node%s",
        result.peakBytes() / MEGA, rival == null ? "" : " (with the rival in it)");
    say("run on other processes  %.0f %% of the tasks", 100 * remoteShare(result.ours()));
    complaints(result).forEach(complaint -> say("FAILED: %s", complaint));
  }

  /** What makes the figures worthless. */
  List<String> complaints(Result result) {
    check(BenchCommand.OURS, result.ours().latency().counts());
    List<String> complaints = new ArrayList<>();
    checkShare(result.ours(), complaints);
    if (result.rival() != null) {
      check(result.rival().side(), result.rival().latency().counts());
      checkShare(result.rival(), complaints);
    }
    return complaints;
  }

  /** The keys of {@code --json}; what was not measured is null. */
  Map<String, @Nullable Object> keys(Result result) {
    Map<String, @Nullable Object> keys = new LinkedHashMap<>();
    SideResult rival = result.rival();
    keys.put("tasks_per_s", Math.round(result.ours().perSecond()));
    keys.put("against_tasks_per_s", rival == null ? null : Math.round(rival.perSecond()));
    keys.put("ratio", rival == null ? null : rounded(ratio(result)));
    keys.put("p50_ms", rounded(result.ours().latency().p50()));
    keys.put("p99_ms", rounded(result.ours().latency().p99()));
    keys.put("cpu_s_per_100k", rounded(cpu(result.ours())));
    keys.put("peak_mb", Math.round(result.peakBytes() / MEGA));
    keys.put("remote_share", rounded(remoteShare(result.ours())));
    return keys;
  }

  private void latency(SideResult side) {
    Latency latency = side.latency();
    say(
        "latency at %,d/s        p50 %.2f ms, p99 %.2f ms, max %.1f ms from the scheduled time;"
            + " %,d tasks, %s",
        plan.rate(), latency.p50(), latency.p99(), latency.max(), latency.tasks(), side.side());
  }

  private void side(SideResult side, String promise) {
    say(
        "%-18s %,12.0f tasks/s, median of %d, %d submitting threads (%s)",
        side.side(), side.perSecond(), side.rounds().size(), side.threads(), promise);
  }

  private static void checkShare(SideResult side, List<String> complaints) {
    double share = remoteShare(side);
    if (share < LEAST_REMOTE_SHARE) {
      complaints.add(
          text(
              "%s ran only %.0f %% of its tasks on other processes, %.0f %% are needed",
              side.side(), 100 * share, 100 * LEAST_REMOTE_SHARE));
    }
  }

  private static double ratio(Result result) {
    SideResult rival = result.rival();
    if (rival == null) {
      return Double.NaN;
    }
    List<Measured> ours = result.ours().rounds();
    return Bench.median(
        IntStream.range(0, ours.size())
            .mapToObj(
                i -> ours.get(i).round().perSecond() / rival.rounds().get(i).round().perSecond())
            .toList());
  }

  private static double cpu(SideResult side) {
    return Bench.median(
        side.rounds().stream()
            .map(each -> each.cpuSeconds() * CPU_TASKS / each.round().tasks())
            .toList());
  }

  private static double remoteShare(SideResult side) {
    long here = side.rounds().stream().mapToLong(each -> each.round().counts().byNode()[0]).sum();
    long all = side.rounds().stream().mapToLong(each -> each.round().counts().right()).sum();
    return 1 - (double) here / all;
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private void say(String format, @Nullable Object... values) {
    out.println(text(format, values));
  }

  private static String text(String format, @Nullable Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
