package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.Ports;
import io.dispatcher.node.RunFiles;
import io.dispatcher.node.Topology;
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
  static final String FRONT = "front";
  private static final String HEAP = "512m";

  /** After this long without any progress what is open counts as lost. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int TURN_MILLIS = 100;
  private static final int LONGEST_PAUSE_MILLIS = 12_000;
  private static final int MOST_AWAY_MILLIS = 2_000;

  /** From this size on two deaths at once are promised to harm nothing. */
  private static final int SIZE_FOR_TWO = 5;

  private final Plan plan;
  private final History history;
  private final ChaosReport report;
  private final Random random;
  private final long begun = System.nanoTime();

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

  void run(ChildNodes children) throws InterruptedException {
    history.add(Line.of(FRONT, Kind.RUN).text(plan.text()));
    List<Integer> ports = Ports.free(2 * plan.nodes() + 2);
    List<Integer> members = ports.subList(0, plan.nodes());
    List<Integer> doors = ports.subList(plan.nodes(), 2 * plan.nodes());
    int own = ports.get(2 * plan.nodes());
    int bus = ports.get(2 * plan.nodes() + 1);
    Presence presence = new Presence(FRONT, history::add);
    Fleet fleet = new Fleet(children, members, doors, plan, history, presence);
    fleet.start();
    Topology topology = new Topology(members);
    try (Seat front = new Seat(FRONT, topology, own, presence, history);
        Callers callers =
            new Callers(front, topology, bus, doors, history::add, plan.taskMillis())) {
      for (int i = 0; i < plan.nodes(); i++) {
        presence.await(name(i), PATIENCE);
      }
      double each = plan.rate() / (plan.nodes() + Callers.COUNT);
      fleet.load(each);
      callers.start(each);
      report.say(
          "All are up; every node submits %.0f tasks a second, and so does this process through"
              + " the library, HTTP and the event bus, each.",
          each);
      faults(fleet, front);
      awaitAccepted(fleet, callers);
      fleet.heal(front::heal);
      fleet.stopLoad();
      callers.stop();
      report.say("%5.1f s  The load ends; every accepted task is looked up.", seconds());
      awaitOutcomes(fleet, callers);
      history.add(Line.of(FRONT, Kind.END));
      history.flush();
      new Reader(front.dispatcher(), history.file(), history::add, PATIENCE).readAll();
      fleet.over();
    }
  }

  // ---------------------------------------------------------------- faults

  private void faults(Fleet fleet, Seat front) throws InterruptedException {
    Deque<FaultClass> left = new ArrayDeque<>(plan.faults());
    while (!left.isEmpty()) {
      sleep(plan.between().toMillis() * (1 + random.nextDouble() / 2));
      fleet.heal(front::heal);
      FaultClass next = left.remove();
      int victim = random.nextInt(fleet.size());
      long at = System.nanoTime();
      switch (next) {
        case KILL -> kill(fleet, victim, left);
        case PAUSE -> pause(fleet, victim);
        case LEAVE -> {
          report.say("%5.1f s  leave %s (SIGTERM)", seconds(), name(victim));
          fleet.leave(victim);
        }
        default -> throw new IllegalStateException("cannot do " + next);
      }
      // Sometimes its name comes back before anybody has missed it, sometimes later.
      sleep(random.nextDouble() * Math.min(MOST_AWAY_MILLIS, 2 * plan.gap().toMillis()));
      fleet.heal(front::heal);
      report.say("%5.1f s    back after %.1f s", seconds(), (System.nanoTime() - at) / 1e9);
    }
  }

  private void kill(Fleet fleet, int victim, Deque<FaultClass> left) throws InterruptedException {
    if (fleet.size() >= SIZE_FOR_TWO && left.peek() == FaultClass.KILL && random.nextInt(3) == 0) {
      left.remove();
      int other = (victim + 1 + random.nextInt(fleet.size() - 1)) % fleet.size();
      report.say("%5.1f s  kill %s and %s", seconds(), name(victim), name(other));
      fleet.kill(List.of(victim, other));
    } else {
      report.say("%5.1f s  kill %s", seconds(), name(victim));
      fleet.kill(List.of(victim));
    }
  }

  private void pause(Fleet fleet, int victim) throws InterruptedException {
    Duration length =
        plan.pause().isZero()
            ? Duration.ofMillis(500 + random.nextInt(LONGEST_PAUSE_MILLIS))
            : plan.pause();
    report.say(
        "%5.1f s  pause %s for %.1f s (SIGSTOP)", seconds(), name(victim), length.toMillis() / 1e3);
    fleet.pause(victim, length);
  }

  // ---------------------------------------------------------------- end

  /** Goes on until enough was accepted, or nothing is any more. */
  private void awaitAccepted(Fleet fleet, Callers callers) throws InterruptedException {
    Progress progress = new Progress(PATIENCE);
    while (true) {
      long accepted = fleet.accepted() + callers.accepted();
      if (accepted >= plan.tasks() || progress.stalled(accepted)) {
        break;
      }
      sleep(TURN_MILLIS);
    }
  }

  private static void awaitOutcomes(Fleet fleet, Callers callers) throws InterruptedException {
    Progress progress = new Progress(PATIENCE);
    for (int open = callers.open() + fleet.open();
        open > 0 && !progress.stalled(open);
        open = callers.open() + fleet.open()) {
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
