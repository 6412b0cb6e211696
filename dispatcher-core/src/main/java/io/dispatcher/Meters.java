package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Standing;
import io.dispatcher.task.TaskRefused;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The live counters behind {@link Stats}. Thread-safe: loops write, anyone reads. */
final class Meters {

  /** Nodes come and go under ever new names: those that come later are not told apart. */
  private static final int MAX_CHOICES = 1_000;

  final LongAdder submitted = new LongAdder();
  final LongAdder accepted = new LongAdder();
  final LongAdder started = new LongAdder();
  final LongAdder succeeded = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder expired = new LongAdder();
  final LongAdder retried = new LongAdder();
  final LongAdder reissued = new LongAdder();
  final LongAdder fenced = new LongAdder();
  final LongAdder checkpoints = new LongAdder();
  final LongAdder checkpointBytes = new LongAdder();
  final LongAdder repeated = new LongAdder();
  final LongAdder adopted = new LongAdder();

  /** Of workers, one type each. */
  final LongAdder ejections = new LongAdder();

  final LongAdder panics = new LongAdder();

  /** Failed tasks whose payloads were not kept: too many became dead letters at once. */
  final LongAdder lettersDropped = new LongAdder();

  /** Dead letters that went before their time, to make room. */
  final LongAdder lettersEvicted = new LongAdder();

  /** Of balancers that users brought. */
  final LongAdder balancerFaults = new LongAdder();

  /** Of the counts that balancers go by, from the attempts that are open. */
  volatile int drift;

  /** Unfinished blocks in this node's part of the ledger whose owner is gone. */
  volatile int orphaned;

  /** Since when the oldest of them has been, on the loop's clock. */
  volatile long orphanedSince;

  /** Types that are not sent to a worker now, by the worker's name. */
  volatile Map<String, List<String>> ejected = Map.of();

  final LongAdder lost = new LongAdder();
  final LongAdder recreated = new LongAdder();
  final LongAdder ledgerLosses = new LongAdder();
  final LongAdder rejoined = new LongAdder();
  final LongAdder thawed = new LongAdder();
  final LongAdder ledgerWrites = new LongAdder();
  final LongAdder ledgerRepeats = new LongAdder();
  final Histogram admission = new Histogram();
  final Histogram queueing = new Histogram();
  final Histogram running = new Histogram();
  final Histogram total = new Histogram();
  final Histogram restart = new Histogram();
  volatile long unfinished;
  volatile long waiting;
  volatile long assigned;
  volatile long oldestWaitingSince;
  volatile long retainedBytes;
  volatile int workers;
  volatile long held;
  private final ConcurrentHashMap<Figures.Choice, LongAdder> choices = new ConcurrentHashMap<>();
  private final Map<TaskRefused.Reason, LongAdder> refused =
      new EnumMap<>(TaskRefused.Reason.class);

  Meters() {
    for (TaskRefused.Reason reason : TaskRefused.Reason.values()) {
      refused.put(reason, new LongAdder());
    }
  }

  void refused(TaskRefused.Reason reason) {
    refused.getOrDefault(reason, new LongAdder()).increment();
  }

  /** Counts how often a balancer chooses a node; to be kept by whoever counts. */
  LongAdder choices(String balancer, String node) {
    Figures.Choice choice = new Figures.Choice(balancer, node);
    LongAdder counter = choices.get(choice);
    if (counter != null) {
      return counter;
    }
    return choices.size() < MAX_CHOICES
        ? choices.computeIfAbsent(choice, first -> new LongAdder())
        : new LongAdder();
  }

  Figures figures(long now, long leaked) {
    Map<Figures.Choice, Long> chosen = new HashMap<>();
    choices.forEach((choice, count) -> chosen.put(choice, count.sum()));
    return new Figures(
        assigned,
        drift,
        repeated.sum(),
        adopted.sum(),
        checkpoints.sum(),
        checkpointBytes.sum(),
        leaked,
        orphaned,
        orphaned == 0 ? 0 : Math.max(0, now - orphanedSince) / 1e9,
        Map.copyOf(chosen),
        ejections.sum(),
        panics.sum(),
        balancerFaults.sum(),
        lettersDropped.sum(),
        lettersEvicted.sum(),
        ejected,
        admission.distribution(),
        queueing.distribution(),
        running.distribution(),
        total.distribution(),
        restart.distribution());
  }

  Stats snapshot(long now, Standing standing, Map<String, Loop.Load> loops) {
    Map<TaskRefused.Reason, Long> refusals = new EnumMap<>(TaskRefused.Reason.class);
    refused.forEach((reason, count) -> refusals.put(reason, count.sum()));
    long since = oldestWaitingSince;
    return new Stats(
        submitted.sum(),
        accepted.sum(),
        Map.copyOf(refusals),
        started.sum(),
        succeeded.sum(),
        failed.sum(),
        cancelled.sum(),
        expired.sum(),
        retried.sum(),
        reissued.sum(),
        fenced.sum(),
        lost.sum(),
        recreated.sum(),
        ledgerLosses.sum(),
        rejoined.sum(),
        thawed.sum(),
        standing.era(),
        standing.lostMajorities(),
        standing.quickRestarts(),
        ledgerWrites.sum(),
        ledgerRepeats.sum(),
        unfinished,
        waiting,
        waiting == 0 ? 0 : Math.max(0, now - since) / 1e9,
        retainedBytes,
        workers,
        held,
        admission.snapshot(),
        queueing.snapshot(),
        running.snapshot(),
        total.snapshot(),
        restart.snapshot(),
        loops);
  }
}
