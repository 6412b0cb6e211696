package io.dispatcher.node;

import static io.dispatcher.node.UsageException.checkRange;

import io.dispatcher.Dispatcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the dispatcher at work: node processes, real files, and the kill of one node. */
@Command(
    name = "demo",
    description = {
      "Runs tasks on node processes of this machine and kills one half-way.",
      "A task reads a file and says its checksum, lines, words and bytes."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {
  private static final Set<Integer> SIZES = Set.of(3, 5, 7);
  private static final String HEAP = "512m";

  @Option(
      names = "--input",
      paramLabel = "DIR",
      description = "folder with files; without it the project's own, else some that are made")
  private @Nullable Path input;

  @Option(names = "--nodes", paramLabel = "N", description = "how many nodes: 3, 5 or 7")
  private int count = 3;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "how long the work lasts")
  private Duration length = Duration.ofSeconds(20);

  @Option(
      names = "--stay",
      description = "leave the cluster up with a little work, to look at it and to kill nodes")
  private boolean stay;

  @Option(
      names = "--against",
      paramLabel = "NAME",
      description =
          "repeat the files and the kill on hazelcast-executor (IExecutorService) and say how many"
              + " calls failed to their caller")
  private @Nullable String against;

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    checkRange("--for, in seconds,", length.toSeconds(), 2, 3600);
    if (!SIZES.contains(count)) {
      throw new UsageException(
          "--nodes is " + count + ", it must be 3, 5 or 7: with fewer a kill stops the cluster");
    }
    if (against != null && Rival.of(against) != Rival.HAZELCAST_EXECUTOR) {
      throw new UsageException(
          "--against is '" + against + "', the demo knows " + Rival.HAZELCAST_EXECUTOR);
    }
    boolean terminal = !json && DemoReport.stdoutIsTerminal();
    DemoReport report = new DemoReport(json ? System.err : System.out, terminal, count);
    try (RunFiles files = new RunFiles("demo")) {
      files.logHere("front");
      boolean good = run(files, report);
      if (good) {
        files.done();
      }
      return good ? 0 : Main.FAILED;
    }
  }

  private boolean run(RunFiles files, DemoReport report) throws InterruptedException {
    DemoFiles found = DemoFiles.of(input, files);
    report.event("%d nodes start as processes on this machine; this one only submits", count);
    DemoInput expected;
    DemoTally.Totals totals;
    try (ChildNodes children = new ChildNodes(files, HEAP)) {
      DemoNodes nodes = new DemoNodes(children, count, report);
      report.event("input: %s; the expected values are computed here first", found.from());
      expected = DemoInput.compute(found.files());
      nodes.awaitReady();
      try (Dispatcher dispatcher = nodes.front();
          RunDoors doors = RunDoors.open(dispatcher, nodes.pagePort())) {
        DemoTally tally = nodes.tally();
        tally.await();
        report.event(
            "the page of this process, which outlives every kill: %s",
            RunDoors.url(nodes.pagePort()));
        report.event(
            "work: a task per file and round, each about 20 ms of processor time (%,d hashes)",
            expected.iterations());
        DemoTasks side = new DemoTasks(dispatcher, tally);
        new DemoRun(expected, length, nodes.current(), tally, report).run(side);
        report.event("everything that was accepted has ended");
        totals = tally.totals();
        report.totals(totals, tally.perNode(), tally.killedNode());
        if (stay) {
          tell(totals, rival(files, expected, report));
          new DemoStay(nodes, expected, side, report).run(RunDoors.url(nodes.pagePort()));
        }
      }
    }
    if (!stay) {
      tell(totals, rival(files, expected, report));
    }
    return DemoReport.good(totals);
  }

  private DemoCalls.@Nullable Totals rival(RunFiles files, DemoInput expected, DemoReport report)
      throws InterruptedException {
    if (against == null) {
      return null;
    }
    try (ChildNodes nodes = new ChildNodes(files, HEAP)) {
      return DemoRival.run(nodes, count, expected, length, report);
    }
  }

  private void tell(DemoTally.Totals totals, DemoCalls.@Nullable Totals rival) {
    if (json) {
      Map<String, @Nullable Object> keys = new LinkedHashMap<>(DemoReport.keys(totals));
      if (rival != null) {
        keys.put("against", rival.keys());
      }
      System.out.println(Json.write(keys));
    }
  }
}
