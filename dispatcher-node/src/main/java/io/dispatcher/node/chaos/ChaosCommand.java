package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.DurationOption;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.RunFiles;
import io.dispatcher.node.chaos.Line.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Breaks real nodes under load and checks what was promised. */
@Command(
    name = "chaos",
    description = {
      "Kills, freezes, ends and cuts off node processes of this machine while all of them submit"
          + " and run tasks, writes down what happens, and looks in that for broken promises.",
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

  @Option(
      names = "--cuts",
      description = {
        "network cuts, each in one of all shapes: one node or two apart, a pair, one way, deaf,"
            + " mute, all alone.",
        "Every process then runs in a network namespace of its own, which takes Linux and root;"
            + " without them the cuts are skipped, and the run says so."
      })
  private int cuts;

  @Option(
      names = "--rolling",
      description = "rolling restarts: SIGTERM for one node after the other, each back before next")
  private int rolling;

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
      split = ",",
      converter = DurationOption.class,
      description = "length of every pause, or of several in turn: 2s,8s; without it 0.5 to 12.5 s")
  private List<Duration> pause = List.of();

  @Option(
      names = "--cut-for",
      paramLabel = "TIME",
      split = ",",
      converter = DurationOption.class,
      description = "length of every cut, or of several in turn; without it 0.5 to 15 s")
  private List<Duration> cut = List.of();

  @Option(names = "--history", paramLabel = "FILE", description = "keep what happened here")
  private @Nullable Path file;

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  ChaosCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ChaosReport report = new ChaosReport(json ? System.err : System.out);
    Plan plan = plan();
    plan.skipped().forEach(what -> report.say("skipped: %s", what));
    report.say("chaos %s", plan.text());
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

  private Plan plan() {
    long chosen = seed == null ? ThreadLocalRandom.current().nextInt(1, 1_000_000) : seed;
    Map<FaultClass, Integer> counts =
        Map.of(
            FaultClass.KILL, kills,
            FaultClass.PAUSE, pauses,
            FaultClass.LEAVE, leaves,
            FaultClass.CUT, cuts,
            FaultClass.ROLLING, rolling);
    Plan plan =
        new Plan(
            nodes,
            tasks,
            taskMillis,
            counts,
            chosen,
            gap,
            Plan.pauses(pause),
            Plan.cuts(cut),
            List.of());
    if (pauses > 0 && !Freezing.canPause()) {
      String what = "pauses, " + pauses + " wanted: there is no program kill here";
      plan = plan.without(FaultClass.PAUSE, what);
    }
    Optional<String> uncut = cuts > 0 ? Namespaces.refusal() : Optional.empty();
    if (uncut.isPresent()) {
      String what = "network cuts, " + cuts + " wanted: " + uncut.get();
      plan = plan.without(FaultClass.CUT, what);
    }
    return plan;
  }

  private Verdict run(Plan plan, RunFiles files, ChaosReport report) throws InterruptedException {
    Path path = file == null ? files.directory().resolve("history.jsonl") : file;
    boolean apart = plan.count(FaultClass.CUT) > 0;
    try (History history = new History(path)) {
      return judged(
          history,
          report,
          () -> {
            history.add(plan.line());
            try (Sites sites = apart ? Sites.apart(nodes) : Sites.loopback(nodes);
                ChildNodes children = Chaos.nodes(files)) {
              new Chaos(plan, history, report).run(sites, children);
            }
          });
    }
  }

  /** What happens in a run. */
  interface Run {
    void go() throws InterruptedException;
  }

  /**
   * Whether somebody has told this process to end: its children end with it, and nothing failed.
   */
  private static boolean isEnding() {
    try {
      Runtime.getRuntime().removeShutdownHook(new Thread());
      return false;
    } catch (IllegalStateException ending) {
      return true;
    }
  }

  /** What the history shows, whether the run comes to its end or not. */
  static Verdict judged(History history, ChaosReport report, Run run) throws InterruptedException {
    try {
      run.go();
    } catch (RunFailed failed) {
      if (isEnding()) {
        throw failed;
      }
      report.say("The run breaks off: %s", failed.getMessage());
      String why = String.valueOf(failed.getMessage());
      history.add(Line.of(Timeline.CLUSTER, Kind.BROKEN).text(why));
    }
    history.flush();
    return ChaosCheckCommand.check(history.file());
  }
}
