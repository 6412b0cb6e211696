package io.dispatcher.node;

import io.dispatcher.cluster.LoopbackPorts;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.HdrHistogram.Histogram;

/**
 * What each balancer makes of a node on which everything takes ten times as long: the node's share
 * of the tasks, and how long tasks take. Every node is a front as well and submits its part.
 */
final class SlowNodeBench {
  static final double SLOWNESS = 10;
  private static final Duration SPARE = Duration.ofMinutes(3);

  private final Plan plan;
  private final ChildNodes nodes;
  private final PrintStream out;

  SlowNodeBench(Plan plan, ChildNodes nodes, PrintStream out) {
    this.plan = plan;
    this.nodes = nodes;
    this.out = out;
  }

  /**
   * What is measured.
   *
   * @param balancers one after the other
   * @param load of what all nodes together could do, the slow one by its speed
   * @param seconds how long each
   */
  record Plan(
      int nodes,
      List<String> balancers,
      double load,
      int seconds,
      int payload,
      int result,
      String heap) {

    /** Tasks a second that a node can run which is not slow. */
    private static double each() {
      return PaceSide.SLOTS * 1000 / PaceSide.MEAN_MILLIS;
    }

    /** Tasks a second over all fronts. */
    int rate() {
      return (int) Math.round(load * each() * (nodes - 1 + 1 / SLOWNESS));
    }

    /** The slow node's share by its speed. */
    double fairShare() {
      return 1 / SLOWNESS / (nodes - 1 + 1 / SLOWNESS);
    }
  }

  /** What one balancer did. */
  record Line(
      String balancer, double slowShare, double meanMs, double p50, double p99, double max) {}

  private record Part(OpenLoop.Latency latency, Histogram histogram) {}

  void startNodes() {
    List<Integer> ports = LoopbackPorts.free(plan.nodes());
    for (int i = 0; i < plan.nodes(); i++) {
      nodes.start(
          "pace-" + (i + 1),
          List.of(
              "pace-node",
              "--index=" + i,
              "--ports=" + LoopbackPorts.text(ports),
              "--slowness=" + (i == plan.nodes() - 1 ? SLOWNESS : 1),
              "--payload=" + plan.payload(),
              "--result=" + plan.result()),
          (index, event) -> {});
    }
    nodes.awaitReady();
  }

  /** Runs it all. */
  List<Line> run() {
    out.printf(
        "%d nodes of %d slots, tasks of %.0f ms (exponential), %.0f ms on the last one; %d tasks/s,"
            + " load %.2f, %d s each; the last node's share by its speed is %.3f%n",
        plan.nodes(),
        PaceSide.SLOTS,
        PaceSide.MEAN_MILLIS,
        PaceSide.MEAN_MILLIS * SLOWNESS,
        plan.rate(),
        plan.load(),
        plan.seconds(),
        plan.fairShare());
    out.printf(
        "%-18s %10s %9s %9s %9s %9s %15s%n",
        "balancer", "its share", "mean ms", "p50 ms", "p99 ms", "max ms", "p99 / mean task");
    List<Line> lines = new ArrayList<>();
    for (String balancer : plan.balancers()) {
      Line line = measure(balancer);
      lines.add(line);
      out.printf(
          "%-18s %10.3f %9.1f %9.1f %9.1f %9.1f %15.1f%n",
          balancer,
          line.slowShare(),
          line.meanMs(),
          line.p50(),
          line.p99(),
          line.max(),
          line.p99() / PaceSide.MEAN_MILLIS);
    }
    return lines;
  }

  private Line measure(String balancer) {
    int rate = Math.max(1, plan.rate() / plan.nodes());
    String request = "pace " + balancer + " " + rate + " " + plan.seconds();
    Duration patience = Duration.ofSeconds(plan.seconds()).plus(SPARE);
    List<CompletableFuture<Part>> parts = new ArrayList<>();
    // All at the same time: the common pool has fewer threads than there may be nodes.
    ExecutorService asking = Executors.newFixedThreadPool(plan.nodes());
    for (ChildNode node : nodes.all()) {
      parts.add(CompletableFuture.supplyAsync(() -> ask(node, request, patience), asking));
    }
    asking.shutdown();
    long[] byNode = new long[plan.nodes()];
    Histogram all = new Histogram(3);
    for (CompletableFuture<Part> part : parts) {
      Part done = part.join();
      BenchTally.Counts counts = done.latency().counts();
      if (counts.failed() + counts.wrong() > 0) {
        throw new RunFailed(
            counts.failed()
                + " tasks failed and "
                + counts.wrong()
                + " results are wrong; the first error: "
                + counts.firstError());
      }
      for (int i = 0; i < byNode.length; i++) {
        byNode[i] += counts.byNode()[i];
      }
      all.add(done.histogram());
    }
    return new Line(
        balancer,
        byNode[byNode.length - 1] / (double) Arrays.stream(byNode).sum(),
        all.getMean() / 1e6,
        all.getValueAtPercentile(50) / 1e6,
        all.getValueAtPercentile(99) / 1e6,
        all.getMaxValue() / 1e6);
  }

  private static Part ask(ChildNode node, String request, Duration patience) {
    OpenLoop.Latency latency = node.ask(request, patience, OpenLoop.Latency.class);
    return new Part(latency, OpenLoop.decoded(latency));
  }

  /** For {@code --json}. */
  Map<String, Object> keys(List<Line> lines) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("nodes", plan.nodes());
    keys.put("tasks_per_s", plan.rate());
    keys.put("mean_task_ms", PaceSide.MEAN_MILLIS);
    keys.put("fair_share", plan.fairShare());
    Map<String, Object> balancers = new LinkedHashMap<>();
    for (Line line : lines) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("slow_share", line.slowShare());
      one.put("mean_ms", line.meanMs());
      one.put("p50_ms", line.p50());
      one.put("p99_ms", line.p99());
      one.put("max_ms", line.max());
      balancers.put(line.balancer(), one);
    }
    keys.put("balancers", balancers);
    return keys;
  }
}
