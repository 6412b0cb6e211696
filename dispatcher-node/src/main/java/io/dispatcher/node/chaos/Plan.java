package io.dispatcher.node.chaos;

import io.dispatcher.node.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * What a run is to do.
 *
 * @param tasks to be accepted at least
 * @param taskMillis what most tasks take
 * @param counts how many faults of each class; none of those that are missing
 * @param gap the least time from the return of a node to the next fault
 * @param pause how long the pauses last
 * @param cut how long the cuts last
 * @param skipped what it does not do as it cannot be done here, and why
 */
record Plan(
    int nodes,
    int tasks,
    int taskMillis,
    Map<FaultClass, Integer> counts,
    long seed,
    Duration gap,
    Lengths pause,
    Lengths cut,
    List<String> skipped) {

  /** Stands before each thing that is skipped, behind everything else in the text. */
  static final String SKIPPED = " skipped=";

  /** Attempts that one node runs at once. */
  static final int SLOTS = 8;

  private static final Duration LONGEST_PAUSE = Duration.ofMillis(12_500);
  private static final Duration LONGEST_CUT = Duration.ofSeconds(15);

  /** A node that comes back takes about this long on a small machine. */
  private static final double RETURN_SECONDS = 4;

  private static final double LEAVE_SECONDS = 5;
  private static final double PAUSE_SECONDS = 12;
  private static final double CUT_SECONDS = 14;

  /** Share of the slots that the load is to fill while one node is away. */
  private static final double MOST_LOAD = 0.6;

  private static final double LEAST_LOAD = 0.3;

  /** Tells what cannot be done, before anything starts. */
  Plan {
    counts = Map.copyOf(counts);
    skipped = List.copyOf(skipped);
    UsageException.checkRange("--tasks", tasks, 1, 10_000_000);
    UsageException.checkRange("--task-ms", taskMillis, 1, 60_000);
    counts.forEach(
        (kind, count) -> UsageException.checkRange("--" + kind.option(), count, 0, 100_000));
    UsageException.checkRange("--gap, in milliseconds,", gap.toMillis(), 0, 600_000);
    check("--pause-for", pause);
    check("--cut-for", cut);
    if (nodes != 3 && nodes != 5) {
      throw new UsageException("--nodes is " + nodes + ", it must be 3 or 5");
    }
  }

  private static void check(String option, Lengths lengths) {
    for (Duration one : lengths.inTurn()) {
      UsageException.checkRange(option + ", in milliseconds,", one.toMillis(), 1, 600_000);
    }
  }

  /** Lengths of pauses: these in turn, or what the seed says if there are none. */
  static Lengths pauses(List<Duration> inTurn) {
    return new Lengths(inTurn, LONGEST_PAUSE);
  }

  /** Lengths of cuts: these in turn, or what the seed says if there are none. */
  static Lengths cuts(List<Duration> inTurn) {
    return new Lengths(inTurn, LONGEST_CUT);
  }

  /**
   * The same, without the faults of a class that cannot be done here.
   *
   * @param what is skipped, and why
   */
  Plan without(FaultClass kind, String what) {
    Map<FaultClass, Integer> fewer = new EnumMap<>(FaultClass.class);
    fewer.putAll(counts);
    fewer.remove(kind);
    List<String> more = new ArrayList<>(skipped);
    more.add(what);
    return new Plan(nodes, tasks, taskMillis, fewer, seed, gap, pause, cut, more);
  }

  /** How many faults of a class there are. */
  int count(FaultClass kind) {
    return counts.getOrDefault(kind, 0);
  }

  private int count() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The faults, in an order that the seed decides. */
  List<FaultClass> faults() {
    List<FaultClass> all = new ArrayList<>();
    for (FaultClass kind : FaultClass.values()) {
      all.addAll(Collections.nCopies(count(kind), kind));
    }
    Collections.shuffle(all, new Random(seed));
    return all;
  }

  /** Tasks a second that the nodes bear although one of them is away. */
  private double bearable() {
    return (nodes - 1) * SLOTS * 1000.0 / (taskMillis * ChaosWork.MEAN_LENGTH);
  }

  private double faultSeconds() {
    return count(FaultClass.KILL) * RETURN_SECONDS
        + pause.seconds(count(FaultClass.PAUSE), PAUSE_SECONDS, RETURN_SECONDS)
        + cut.seconds(count(FaultClass.CUT), CUT_SECONDS, RETURN_SECONDS)
        + (count(FaultClass.LEAVE) + nodes * count(FaultClass.ROLLING)) * LEAVE_SECONDS;
  }

  /** The time between two faults: they last as long as the load. */
  Duration between() {
    double load = tasks / (MOST_LOAD * bearable());
    double spare = Math.max(0, load - faultSeconds()) / Math.max(1, count());
    return Duration.ofMillis(Math.max(gap.toMillis(), (long) (spare * 1e3 / 1.25)));
  }

  /** Tasks a second that the whole run submits. */
  double rate() {
    double seconds = faultSeconds() + count() * 1.25 * between().toMillis() / 1e3 + 1;
    return Math.min(Math.max(tasks / seconds, LEAST_LOAD * bearable()), MOST_LOAD * bearable());
  }

  /** For the first line of a history. */
  Line line() {
    String set = text() + Detection.USUAL.text();
    String not = skipped.stream().map(SKIPPED::concat).collect(Collectors.joining());
    return Line.of(Timeline.CLUSTER, Line.Kind.RUN).text(set + not);
  }

  /** What it is to do. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append("nodes=%d tasks=%d task-ms=%d".formatted(nodes, tasks, taskMillis));
    for (FaultClass kind : FaultClass.values()) {
      text.append(" %s=%d".formatted(kind.option(), count(kind)));
    }
    return text.append(
            " seed=%d gap-ms=%d pause-ms=%s cut-ms=%s"
                .formatted(seed, gap.toMillis(), pause.text(), cut.text()))
        .toString();
  }
}
