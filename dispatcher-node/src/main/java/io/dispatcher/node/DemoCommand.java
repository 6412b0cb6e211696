package io.dispatcher.node;

import static io.dispatcher.node.UsageException.checkRange;

import io.dispatcher.Dispatcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the dispatcher at work: three node processes, real files, and the kill of one node. */
@Command(
    name = "demo",
    description = {
      "Runs tasks on three node processes of this machine and kills one half-way.",
      "A task reads a file and says its checksum, lines, words and bytes."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {
  private static final int NODES = 3;
  private static final String HEAP = "512m";

  @Option(
      names = "--input",
      paramLabel = "DIR",
      description = "folder with files; without it the project's own, else some that are made")
  private @Nullable Path input;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "how long the work lasts")
  private Duration length = Duration.ofSeconds(20);

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    checkRange("--for, in seconds,", length.toSeconds(), 2, 3600);
    boolean terminal = !json && DemoReport.stdoutIsTerminal();
    DemoReport report = new DemoReport(json ? System.err : System.out, terminal, NODES);
    try (RunFiles files = new RunFiles("demo");
        ChildNodes nodes = new ChildNodes(files, HEAP)) {
      files.logHere("front");
      DemoTally.Totals totals = run(files, nodes, report);
      report.totals(totals);
      if (json) {
        System.out.println(Json.write(DemoReport.keys(totals)));
      }
      if (!DemoReport.good(totals)) {
        return Main.FAILED;
      }
      files.done();
      return 0;
    }
  }

  private DemoTally.Totals run(RunFiles files, ChildNodes nodes, DemoReport report)
      throws InterruptedException {
    DemoFiles found = DemoFiles.of(input, files);
    DemoTally tally = new DemoTally(NODES);
    List<Integer> ports = Ports.free(NODES + 1);
    List<Integer> members = ports.subList(0, NODES);
    for (int i = 0; i < NODES; i++) {
      nodes.start(
          "node-" + (i + 1),
          List.of("demo-node", "--index=" + i, "--ports=" + Ports.text(members)),
          (node, event) -> tally.started(node, DemoTally.Start.of(event)));
    }
    report.say("Three nodes start as processes on this machine; this process only submits.");
    report.say("Input: %s. The expected values are computed here first.", found.from());
    DemoInput expected = DemoInput.compute(found.files());
    nodes.awaitReady();
    try (Dispatcher dispatcher =
        Dispatcher.builder()
            .cluster(new Topology(members).front("front", ports.get(NODES)))
            .listener(tally)
            .start()) {
      tally.await();
      report.say(
          "One task per file and round, each about 20 ms of processor time (%,d hashes).",
          expected.iterations());
      new DemoRun(expected, length, nodes, tally, report).run(dispatcher);
      return tally.totals();
    }
  }
}
