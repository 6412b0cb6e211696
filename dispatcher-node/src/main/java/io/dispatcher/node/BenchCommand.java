package io.dispatcher.node;

import static io.dispatcher.node.UsageException.checkRange;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.task.TaskLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the dispatcher on node processes of this machine, and one of Hazelcast's executors
 * beside it.
 */
@Command(
    name = "bench",
    description = {
      "Measures the dispatcher on node processes of this machine.",
      "Throughput is counted from the first submit to the last result in hand, in rounds after"
          + " warm-up; latency from the scheduled time, at a fixed rate."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class BenchCommand implements Callable<Integer> {
  static final String OURS = "dispatcher";

  @Option(names = "--nodes", paramLabel = "N", description = "node processes: 3, 5 or 7")
  private int nodes = 3;

  @Option(names = "--tasks", paramLabel = "N", description = "tasks of a round, at the most")
  private int tasks = 500_000;

  @Option(names = "--payload", paramLabel = "BYTES", description = "payload of a task")
  private int payload = 256;

  @Option(names = "--result", paramLabel = "BYTES", description = "result of a task")
  private int result = 64;

  @Option(names = "--window", paramLabel = "N", description = "tasks outstanding")
  private int window = 4000;

  @Option(names = "--warm-up", paramLabel = "N", description = "rounds of warm-up, at the most")
  private int warmUp = 60;

  @Option(names = "--rounds", paramLabel = "N", description = "measured rounds")
  private int rounds = 5;

  @Option(
      names = "--submitters",
      split = ",",
      paramLabel = "N",
      description = "submitting threads; each side counts at its best of these")
  private List<Integer> submitters = List.of(1, 2, 4);

  @Option(names = "--rate", paramLabel = "N", description = "tasks/s while latency is measured")
  private int rate = 500;

  @Option(
      names = "--rate-for",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "how long latency is measured")
  private Duration rateFor = Duration.ofSeconds(20);

  @Option(
      names = "--balancer",
      paramLabel = "NAME",
      description = "round-robin gives both sides the same remote share")
  private String balancer = "round-robin";

  @Option(names = "--heap", paramLabel = "SIZE", description = "heap of a node process")
  private String heap = "1g";

  @Option(
      names = "--against",
      paramLabel = "RIVAL",
      description = "hazelcast-executor or hazelcast-durable, in the same processes")
  private @Nullable String against;

  @Option(
      names = "--door",
      paramLabel = "http",
      description = "what the HTTP door costs, in this one process, instead of all else")
  private @Nullable String door;

  @Option(
      names = "--checkpoints",
      description = "checkpoints that tasks save, beside a plain map, instead of all else")
  private boolean checkpoints;

  @Option(
      names = "--savers",
      paramLabel = "N",
      description = "with --checkpoints: tasks that save at the same time, on all nodes together")
  private int savers = 600;

  @Option(
      names = "--slow-node",
      description = {
        "one node is ten times slower: its share and the latency, by --balancer (or all), instead",
        "of all else; --rate-for for each"
      })
  private boolean slowNode;

  @Option(
      names = "--load",
      paramLabel = "SHARE",
      description = "with --slow-node: of what all nodes together can do")
  private double load = 0.7;

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "with --door: callers at the same time")
  private int connections = 64;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "with --door, --checkpoints: how long each side of a round is loaded")
  private Duration roundFor = Duration.ofSeconds(3);

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  /** What is measured. */
  record Plan(
      int nodes,
      int tasks,
      int payload,
      int result,
      int window,
      int warmUp,
      int rounds,
      List<Integer> submitters,
      int rate,
      int rateSeconds,
      String balancer,
      String heap,
      @Nullable Rival against) {}

  @Override
  public Integer call() {
    if (door != null) {
      return doorBench(door);
    }
    if (checkpoints) {
      return checkpointBench();
    }
    if (slowNode) {
      return slowNodeBench();
    }
    Plan plan = plan();
    BenchReport report = new BenchReport(plan, json ? System.err : System.out);
    try (RunFiles files = new RunFiles("bench");
        ChildNodes children = new ChildNodes(files, heap)) {
      startNodes(plan, children);
      report.setUp();
      Bench.Result measured = new Bench(plan, children, report).run();
      report.result(measured);
      if (json) {
        System.out.println(Json.write(report.keys(measured)));
      }
      int exit = report.complaints(measured).isEmpty() ? 0 : Main.FAILED;
      if (exit == 0) {
        files.done();
      }
      return exit;
    }
  }

  private int doorBench(String which) {
    if (!which.equals("http")) {
      throw new UsageException("--door is '" + which + "', it must be http");
    }
    checkRange("--payload", payload, 1, TaskLimits.MAX_VALUE_BYTES);
    checkRange("--connections", connections, 1, 5000);
    checkRange("--for, in milliseconds,", roundFor.toMillis(), 50, 3_600_000);
    checkRange("--warm-up", warmUp, 0, 1000);
    checkRange("--rounds", rounds, 1, 1000);
    DoorBench.Plan doorPlan =
        new DoorBench.Plan(payload, connections, Math.min(warmUp, 4), rounds, roundFor);
    try {
      Map<String, Object> keys = new DoorBench(doorPlan, json ? System.err : System.out).run();
      if (json) {
        System.out.println(Json.write(keys));
      }
      return Long.valueOf(0).equals(keys.get("others")) ? 0 : Main.FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("interrupted", e);
    } catch (ExecutionException | IOException e) {
      throw new RunFailed("the door could not be measured: " + e.getMessage(), e);
    }
  }

  private int checkpointBench() {
    checkNodes();
    checkRange("--payload", payload, 1, TaskLimits.MAX_VALUE_BYTES);
    checkRange("--savers", savers, nodes, 100_000);
    checkRange("--for, in milliseconds,", roundFor.toMillis(), 50, 3_600_000);
    checkRange("--warm-up", warmUp, 0, 1000);
    checkRange("--rounds", rounds, 1, 1000);
    checkHeap();
    CheckpointBench.Plan checkpointPlan =
        new CheckpointBench.Plan(nodes, payload, savers, Math.min(warmUp, 6), rounds, roundFor);
    try (RunFiles files = new RunFiles("bench");
        ChildNodes children = new ChildNodes(files, heap)) {
      CheckpointBench bench =
          new CheckpointBench(checkpointPlan, children, json ? System.err : System.out);
      bench.startNodes();
      Map<String, Object> keys = bench.run();
      if (json) {
        System.out.println(Json.write(keys));
      }
      files.done();
      return 0;
    }
  }

  private int slowNodeBench() {
    if (!(load >= 0.05 && load <= 0.95)) {
      throw new UsageException("--load is " + load + ", it must be 0.05 to 0.95");
    }
    boolean all = balancer.equals("all");
    String named = balancer;
    balancer = all ? Balancers.DEFAULT : named;
    Plan checked = plan();
    SlowNodeBench.Plan slow =
        new SlowNodeBench.Plan(
            checked.nodes(),
            all ? Balancers.names() : List.of(named),
            load,
            checked.rateSeconds(),
            checked.payload(),
            checked.result(),
            checked.heap());
    try (RunFiles files = new RunFiles("bench");
        ChildNodes children = new ChildNodes(files, heap)) {
      SlowNodeBench bench = new SlowNodeBench(slow, children, json ? System.err : System.out);
      bench.startNodes();
      Map<String, Object> keys = bench.keys(bench.run());
      if (json) {
        System.out.println(Json.write(keys));
      }
      files.done();
      return 0;
    }
  }

  private static void startNodes(Plan plan, ChildNodes children) {
    List<Integer> ports = LoopbackPorts.free(plan.nodes() * 2);
    Rival rival = plan.against();
    for (int i = 0; i < plan.nodes(); i++) {
      List<String> arguments = new ArrayList<>();
      arguments.add("bench-node");
      arguments.add("--index=" + i);
      arguments.add("--ports=" + LoopbackPorts.text(ports.subList(0, plan.nodes())));
      arguments.add("--balancer=" + plan.balancer());
      arguments.add("--payload=" + plan.payload());
      arguments.add("--result=" + plan.result());
      if (rival != null) {
        arguments.add("--against=" + rival);
        arguments.add(
            "--rival-ports=" + LoopbackPorts.text(ports.subList(plan.nodes(), ports.size())));
      }
      children.start("bench-" + (i + 1), arguments, (index, event) -> {});
    }
    children.awaitReady();
  }

  private Plan plan() {
    checkNodes();
    checkRange("--tasks", tasks, 1, 100_000_000);
    checkRange("--payload", payload, BenchWork.MIN_PAYLOAD, TaskLimits.MAX_VALUE_BYTES);
    checkRange("--result", result, BenchWork.MIN_RESULT, TaskLimits.MAX_VALUE_BYTES);
    checkRange("--window", window, 1, 400_000);
    checkRange("--warm-up", warmUp, 0, 1000);
    checkRange("--rounds", rounds, 1, 1000);
    checkRange("--rate", rate, 1, 100_000);
    checkRange("--rate-for, in seconds,", rateFor.toSeconds(), 1, 3600);
    submitters.forEach(threads -> checkRange("--submitters", threads, 1, Math.min(64, window)));
    try {
      Balancers.named(balancer);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--balancer: " + e.getMessage());
    }
    checkHeap();
    return new Plan(
        nodes,
        tasks,
        payload,
        result,
        window,
        warmUp,
        rounds,
        List.copyOf(submitters),
        rate,
        (int) rateFor.toSeconds(),
        balancer,
        heap,
        against == null ? null : Rival.of(against));
  }

  private void checkNodes() {
    if (nodes != 3 && nodes != 5 && nodes != 7) {
      throw new UsageException("--nodes is " + nodes + ", it must be 3, 5 or 7");
    }
  }

  private void checkHeap() {
    if (!heap.matches("[1-9]\\d{0,5}[mg]")) {
      throw new UsageException("--heap is '" + heap + "', it must be like 512m or 1g");
    }
  }
}
