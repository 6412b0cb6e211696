package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.RunFiles;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * One run: load all the time, faults one after the other, and a last look at every accepted task.
 */
final class Chaos {
  /** The name of the process of those who only submit. */
  static final String CALLERS = "callers";

  private static final String HEAP = "512m";

  /** After this long without any progress what is open counts as lost. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int TURN_MILLIS = 100;
  private static final int MOST_AWAY_MILLIS = 2_000;

  /** From this size on two deaths at once are promised to harm nothing. */
  private static final int SIZE_FOR_TWO = 5;

  private final Plan plan;
  private final History history;
  private final ChaosReport report;
  private final Random random;
  private final long begun = System.nanoTime();
  private int pauses;
  private int cuts;

  Chaos(Plan plan, History history, ChaosReport report) {
    this.plan = plan;
    this.history = history;
    this.report = report;
    this.random = new Random(plan.seed());
  }

  /** The name of a node. */
  static String name(int index) {
    return "node-" + (index + 1);
  }

  static ChildNodes nodes(RunFiles files) {
    return new ChildNodes(files, HEAP);
  }

  void run(Sites sites, ChildNodes children) throws InterruptedException {
    Fleet fleet = new Fleet(children, sites, plan.taskMillis(), history, List.of());
    try {
      run(fleet, sites);
    } catch (RunFailed failed) {
      fleet.awaitEnds();
      throw failed;
    } finally {
      fleet.over();
    }
  }

  private void run(Fleet fleet, Sites sites) throws InterruptedException {
    fleet.start();
    fleet.startCallers();
    fleet.heal();
    double each = plan.rate() / (plan.nodes() + ChaosCallers.NAMES.size());
    fleet.load(each);
    report.say(
        "All are up; every node submits %.0f tasks a second, and so do callers through the library,"
            + " HTTP and the event bus, each.",
        each);
    faults(fleet, new Faults(fleet, sites, history, Detection.USUAL));
    awaitAccepted(fleet);
    fleet.heal();
    fleet.stopLoad();
    report.say("%5.1f s  The load ends; every accepted task is looked up.", seconds());
    awaitOutcomes(fleet);
    history.add(Line.of(Timeline.CLUSTER, Kind.END));
    fleet.readAll();
  }

  // ---------------------------------------------------------------- faults

  private void faults(Fleet fleet, Faults faults) throws InterruptedException {
    Deque<FaultClass> left = new ArrayDeque<>(plan.faults());
    while (!left.isEmpty()) {
      sleep(plan.between().toMillis() * (1 + random.nextDouble() / 2));
      fleet.heal();
      FaultClass next = left.remove();
      int victim = random.nextInt(fleet.size());
      long at = System.nanoTime();
      switch (next) {
        case KILL -> kill(fleet, faults, victim, left);
        case PAUSE -> pause(faults, victim);
        case LEAVE -> {
          report.say("%5.1f s  leave %s (SIGTERM)", seconds(), name(victim));
          faults.leave(victim);
        }
        case CUT -> cut(fleet, faults);
        case ROLLING -> {
          report.say("%5.1f s  rolling restart (SIGTERM, one after the other)", seconds());
          faults.roll();
        }
      }
      // Sometimes its name comes back before anybody has missed it, sometimes later.
      sleep(random.nextDouble() * Math.min(MOST_AWAY_MILLIS, 2 * plan.gap().toMillis()));
      fleet.heal();
      report.say("%5.1f s    back after %.1f s", seconds(), (System.nanoTime() - at) / 1e9);
    }
  }

  private void kill(Fleet fleet, Faults faults, int victim, Deque<FaultClass> left)
      throws InterruptedException {
    if (fleet.size() >= SIZE_FOR_TWO && left.peek() == FaultClass.KILL && random.nextInt(3) == 0) {
      left.remove();
      int other = (victim + 1 + random.nextInt(fleet.size() - 1)) % fleet.size();
      report.say("%5.1f s  kill %s and %s", seconds(), name(victim), name(other));
      faults.kill(List.of(victim, other));
    } else {
      report.say("%5.1f s  kill %s", seconds(), name(victim));
      faults.kill(List.of(victim));
    }
  }

  private void pause(Faults faults, int victim) throws InterruptedException {
    Duration length = plan.pause().of(pauses++, random);
    report.say(
        "%5.1f s  pause %s for %.1f s (SIGSTOP)", seconds(), name(victim), length.toMillis() / 1e3);
    faults.pause(victim, length);
  }

  private void cut(Fleet fleet, Faults faults) throws InterruptedException {
    Cut cut = Cut.draw(fleet.size(), 1, random);
    Duration length = plan.cut().of(cuts++, random);
    report.say("%5.1f s  cut for %.1f s: %s", seconds(), length.toMillis() / 1e3, cut.what());
    faults.cut(cut, length);
  }

  // ---------------------------------------------------------------- end

  /** Goes on until enough was accepted, or nothing is any more. */
  private void awaitAccepted(Fleet fleet) throws InterruptedException {
    Progress progress = new Progress(PATIENCE);
    while (fleet.accepted() < plan.tasks() && !progress.stalled(fleet.accepted())) {
      sleep(TURN_MILLIS);
    }
  }

  private static void awaitOutcomes(Fleet fleet) throws InterruptedException {
    Progress progress = new Progress(PATIENCE);
    for (int open = fleet.open(); open > 0 && !progress.stalled(open); open = fleet.open()) {
      sleep(TURN_MILLIS);
    }
  }

  /** Notices that a figure does not change any more. */
  private static final class Progress {
    private final long patience;
    private long last = -1;
    private long since = System.nanoTime();

    Progress(Duration patience) {
      this.patience = patience.toNanos();
    }

    boolean stalled(long figure) {
      if (figure != last) {
        last = figure;
        since = System.nanoTime();
      }
      return System.nanoTime() - since > patience;
    }
  }

  private static void sleep(double millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep((long) millis);
  }

  private double seconds() {
    return (System.nanoTime() - begun) / 1e9;
  }
}
