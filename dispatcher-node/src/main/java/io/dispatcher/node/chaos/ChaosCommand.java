package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.DurationOption;
import io.dispatcher.node.RunFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Breaks real nodes under load and checks what was promised. */
@Command(
    name = "chaos",
    description = {
      "Kills, freezes and ends node processes of this machine while all of them submit and run"
          + " tasks, writes down what happens, and looks in that for broken promises.",
      "Ends with 0 if every promise held, 1 if one was broken, 3 if too little happened to tell."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    subcommands = ChaosCheckCommand.class)
public final class ChaosCommand implements Callable<Integer> {

  @Option(names = "--nodes", description = "3 or 5")
  private int nodes = 3;

  @Option(names = "--tasks", description = "to be accepted at least")
  private int tasks = 20_000;

  @Option(names = "--task-ms", description = "what most tasks take; one in 16 takes 8 times that")
  private int taskMillis = 50;

  @Option(names = "--kills", description = "SIGKILL, and a restart under the same name")
  private int kills = 20;

  @Option(names = "--pauses", description = "SIGSTOP, and SIGCONT later")
  private int pauses = 3;

  @Option(names = "--leaves", description = "SIGTERM, and a restart under the same name")
  private int leaves = 2;

  @Option(names = "--cuts", description = "network cuts; not in this version: they are skipped")
  private int cuts;

  @Option(names = "--seed", description = "of order, victims and times; without it a random one")
  private @Nullable Long seed;

  @Option(
      names = "--gap",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "least time from the return of a node to the next fault")
  private Duration gap = Duration.ofSeconds(3);

  @Option(
      names = "--pause-for",
      paramLabel = "TIME",
      converter = DurationOption.class,
      description = "length of every pause; without it 0.5 to 12.5 s")
  private Duration pause = Duration.ZERO;

  @Option(names = "--history", paramLabel = "FILE", description = "keep what happened here")
  private @Nullable Path file;

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  ChaosCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ChaosReport report = new ChaosReport(json ? System.err : System.out);
    Plan plan = plan(report);
    report.say("chaos %s", plan.text());
    report.skip("network cuts: not in this version" + (cuts > 0 ? ", " + cuts + " wanted" : ""));
    try (RunFiles files = new RunFiles("chaos")) {
      files.logHere("front");
      Verdict verdict = run(plan, files, report);
      report.totals(verdict);
      if (json) {
        System.out.println(report.json(verdict));
      }
      if (verdict.exitCode() == 0) {
        files.done();
      } else {
        report.say("Run again with --seed=%d for the same faults.", plan.seed());
      }
      return verdict.exitCode();
    }
  }

  private Plan plan(ChaosReport report) {
    int possible = pauses;
    if (pauses > 0 && !Freezing.canPause()) {
      report.skip("pauses: there is no program kill here");
      possible = 0;
    }
    long chosen = seed == null ? ThreadLocalRandom.current().nextInt(1, 1_000_000) : seed;
    return new Plan(nodes, tasks, taskMillis, kills, possible, leaves, chosen, gap, pause);
  }

  private Verdict run(Plan plan, RunFiles files, ChaosReport report) throws InterruptedException {
    Path path = file == null ? files.directory().resolve("history.jsonl") : file;
    try (History history = new History(path)) {
      try (ChildNodes children = Chaos.nodes(files)) {
        new Chaos(plan, history, report).run(children);
      }
      history.flush();
      return ChaosCheckCommand.check(path);
    }
  }
}
