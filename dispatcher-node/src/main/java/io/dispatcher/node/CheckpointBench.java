package io.dispatcher.node;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.node.CheckpointNode.Saved;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * How many checkpoints a second many tasks save on three nodes, beside a plain map of Hazelcast
 * with as many copies, in the same processes: what it costs that a save is fenced, ordered and
 * counted.
 */
final class CheckpointBench {
  private static final Duration MORE = Duration.ofMinutes(2);

  private final Plan plan;
  private final ChildNodes nodes;
  private final PrintStream out;

  CheckpointBench(Plan plan, ChildNodes nodes, PrintStream out) {
    this.plan = plan;
    this.nodes = nodes;
    this.out = out;
  }

  /**
   * What is measured.
   *
   * @param bytes of a checkpoint
   * @param savers tasks that save at the same time, on all nodes together
   * @param round how long each side of a round writes
   */
  record Plan(int nodes, int bytes, int savers, int warmUp, int rounds, Duration round) {
    int saversPerNode() {
      return Math.max(1, savers / nodes);
    }
  }

  void startNodes() {
    List<Integer> ports = LoopbackPorts.free(plan.nodes() * 2);
    for (int i = 0; i < plan.nodes(); i++) {
      List<String> arguments =
          CheckpointNode.arguments(
              i,
              ports.subList(0, plan.nodes()),
              ports.subList(plan.nodes(), ports.size()),
              Map.of("bytes", plan.bytes(), "savers", plan.saversPerNode()));
      nodes.start("bench-" + (i + 1), arguments, (index, event) -> {});
    }
    nodes.awaitReady();
  }

  /** Runs it all; the keys are those of {@code --json}. */
  Map<String, Object> run() {
    List<Double> ours = new ArrayList<>();
    List<Double> rival = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    say(
        "%d nodes, %d tasks that each save a checkpoint of %d bytes, wait, and save the next",
        plan.nodes(), plan.saversPerNode() * plan.nodes(), plan.bytes());
    for (int round = -plan.warmUp(); round < plan.rounds(); round++) {
      boolean first = round % 2 == 0;
      double map = first ? 0 : set();
      double saves = save();
      map = first ? set() : map;
      if (round >= 0) {
        ours.add(saves);
        rival.add(map);
        ratios.add(saves / map);
        say("round %d: %,.0f checkpoints/s; the map %,.0f", round + 1, saves, map);
      }
    }
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("checkpoints_per_s", Math.round(Bench.median(ours)));
    keys.put("map_sets_per_s", Math.round(Bench.median(rival)));
    keys.put("ratio", Math.round(Bench.median(ratios) * 1000) / 1000.0);
    keys.put("cpu_s_per_100k", Math.round(cpuPer100k() * 1000) / 1000.0);
    say(
        "checkpoints             %,d a second, median of %d; %s CPU seconds per 100,000, all nodes",
        keys.get("checkpoints_per_s"), plan.rounds(), keys.get("cpu_s_per_100k"));
    say(
        "plain map, one backup   %,d sets a second: neither fenced, nor ordered, nor counted",
        keys.get("map_sets_per_s"));
    say("ratio                   %s", keys.get("ratio"));
    return keys;
  }

  private double cpuSeconds;
  private long cpuWrites;

  private double cpuPer100k() {
    return cpuWrites == 0 ? 0 : cpuSeconds * 100_000 / cpuWrites;
  }

  private double save() {
    Duration before = nodes.cpu();
    Saved saved = nodes.get(0).ask("save " + plan.round().toMillis(), answer(), Saved.class);
    cpuSeconds += nodes.cpu().minus(before).toMillis() / 1e3;
    cpuWrites += saved.writes();
    return saved.writes() / saved.seconds();
  }

  private double set() {
    List<CompletableFuture<Saved>> asked =
        nodes.all().stream()
            .map(
                node ->
                    CompletableFuture.supplyAsync(
                        () -> node.ask("set " + plan.round().toMillis(), answer(), Saved.class),
                        task -> new Thread(task, "ask-" + node.name()).start()))
            .toList();
    return asked.stream()
        .map(CompletableFuture::join)
        .mapToDouble(saved -> saved.writes() / saved.seconds())
        .sum();
  }

  private Duration answer() {
    return plan.round().plus(MORE);
  }

  private void say(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }
}
