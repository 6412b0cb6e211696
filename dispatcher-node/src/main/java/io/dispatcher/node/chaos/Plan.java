package io.dispatcher.node.chaos;

import io.dispatcher.node.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What a run is to do.
 *
 * @param tasks to be accepted at least
 * @param taskMillis what most tasks take
 * @param gap the least time from the return of a node to the next fault
 * @param pause how long every pause lasts; zero: the seed decides
 */
record Plan(
    int nodes,
    int tasks,
    int taskMillis,
    int kills,
    int pauses,
    int leaves,
    long seed,
    Duration gap,
    Duration pause) {

  /** Attempts that one node runs at once. */
  static final int SLOTS = 8;

  /** A node that comes back takes about this long on a small machine. */
  private static final double KILL_SECONDS = 4;

  private static final double LEAVE_SECONDS = 5;
  private static final double PAUSE_SECONDS = 12;

  /** Share of the slots that the load is to fill while one node is away. */
  private static final double MOST_LOAD = 0.6;

  private static final double LEAST_LOAD = 0.3;

  /** Tells what cannot be done, before anything starts. */
  Plan {
    UsageException.checkRange("--tasks", tasks, 1, 10_000_000);
    UsageException.checkRange("--task-ms", taskMillis, 1, 60_000);
    UsageException.checkRange("--kills", kills, 0, 100_000);
    UsageException.checkRange("--pauses", pauses, 0, 100_000);
    UsageException.checkRange("--leaves", leaves, 0, 100_000);
    UsageException.checkRange("--gap, in milliseconds,", gap.toMillis(), 0, 600_000);
    UsageException.checkRange("--pause-for, in milliseconds,", pause.toMillis(), 0, 600_000);
    if (nodes != 3 && nodes != 5) {
      throw new UsageException("--nodes is " + nodes + ", it must be 3 or 5");
    }
  }

  /** The faults, in an order that the seed decides. */
  List<FaultClass> faults() {
    List<FaultClass> all = new ArrayList<>();
    all.addAll(Collections.nCopies(kills, FaultClass.KILL));
    all.addAll(Collections.nCopies(pauses, FaultClass.PAUSE));
    all.addAll(Collections.nCopies(leaves, FaultClass.LEAVE));
    Collections.shuffle(all, new Random(seed));
    return all;
  }

  /** Tasks a second that the nodes bear although one of them is away. */
  private double bearable() {
    return (nodes - 1) * SLOTS * 1000.0 / (taskMillis * ChaosWork.MEAN_LENGTH);
  }

  private double faultSeconds() {
    double one = pause.isZero() ? PAUSE_SECONDS : pause.toMillis() / 1e3 + KILL_SECONDS;
    return kills * KILL_SECONDS + pauses * one + leaves * LEAVE_SECONDS;
  }

  /** The time between two faults: they last as long as the load. */
  Duration between() {
    int count = Math.max(1, kills + pauses + leaves);
    double load = tasks / (MOST_LOAD * bearable());
    double spare = Math.max(0, load - faultSeconds()) / count;
    return Duration.ofMillis(Math.max(gap.toMillis(), (long) (spare * 1e3 / 1.25)));
  }

  /** Tasks a second that the whole run submits. */
  double rate() {
    int count = kills + pauses + leaves;
    double seconds = faultSeconds() + count * 1.25 * between().toMillis() / 1e3 + 1;
    return Math.min(Math.max(tasks / seconds, LEAST_LOAD * bearable()), MOST_LOAD * bearable());
  }

  /** As the first line of a history says it. */
  String text() {
    return "nodes=%d tasks=%d task-ms=%d kills=%d pauses=%d leaves=%d seed=%d gap-ms=%d pause-ms=%d"
        .formatted(
            nodes,
            tasks,
            taskMillis,
            kills,
            pauses,
            leaves,
            seed,
            gap.toMillis(),
            pause.toMillis());
  }
}
