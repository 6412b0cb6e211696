package io.dispatcher.node;

import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The demo's own book-keeping, from three sources: the nodes say what they start, the dispatcher of
 * this process what it settles and reissues, and the handles what comes out. Thread-safe.
 */
final class DemoTally extends WorkersSeen {
  private static final int NO_NODE = -1;

  private final Map<String, Line> lines = new HashMap<>();
  private long accepted;
  private long refused;
  private long done;
  private long wrong;
  private long verified;
  private long recordedTwice;
  private @Nullable String firstWrong;
  private final long[] before;
  private final long[] after;
  private int killedNode = NO_NODE;
  private long killedAt;
  private long leftAt;

  DemoTally(int workers) {
    super(workers);
    before = new long[workers];
    after = new long[workers];
  }

  /**
   * One start of a task, as a node says it; wall-clock time, which is the same for all processes
   * here.
   */
  record Start(String id, int attempt, long millis) {
    String text() {
      return id + " " + attempt + " " + millis;
    }

    static Start of(String text) {
      String[] parts = text.split(" ");
      return new Start(parts[0], Integer.parseInt(parts[1]), Long.parseLong(parts[2]));
    }
  }

  /** What is known of one task. */
  private static final class Line {
    private final List<Start> starts = new ArrayList<>();
    private int node = NO_NODE;
    private int settled;
    private long settledAt;
    private boolean reissued;

    /** Those of a task that was given out again because of a kill. */
    private Stream<Start> restarts(long killedAt) {
      return reissued
          ? starts.stream().filter(start -> start.attempt() > 1 && start.millis() >= killedAt)
          : Stream.empty();
    }
  }

  /**
   * Tasks that a node started.
   *
   * @param before the kill; all, if there was none
   */
  record PerNode(int node, long before, long after) {}

  /**
   * What became of the tasks of the killed node.
   *
   * @param left when the cluster had removed it, in milliseconds since the kill; -1 if not yet
   * @param first when the first of its tasks was started again, likewise
   * @param last likewise
   * @param tasks how many were started again
   * @param open how many are still to be
   */
  record Aftermath(long left, long first, long last, long tasks, long open) {}

  /**
   * The sum of it all.
   *
   * @param verified outcomes that were read a second time
   * @param restartFirst from the kill to the first start of a task that was on the killed node; -1
   *     if none was
   */
  record Totals(
      long accepted,
      long refused,
      long done,
      long wrong,
      long verified,
      long startedTwice,
      long recordedTwice,
      long restartFirst,
      long restartLast,
      @Nullable String firstWrong) {
    long lost() {
      return accepted - done;
    }
  }

  synchronized void started(int node, Start start) {
    Line line = line(start.id());
    line.starts.add(start);
    line.node = node;
    if (killedNode == NO_NODE || start.millis() < killedAt) {
      before[node]++;
    } else {
      after[node]++;
    }
  }

  @Override
  public synchronized void settled(TaskId id, int attempt, TaskState state) {
    if (state.isFinal()) {
      Line line = line(id.text());
      line.settledAt = System.currentTimeMillis();
      if (++line.settled > 1) {
        recordedTwice++;
      }
    }
  }

  @Override
  public synchronized void workerLeft(String node) {
    if (node.equals(Topology.name(killedNode)) && leftAt == 0) {
      leftAt = System.currentTimeMillis();
    }
  }

  @Override
  public synchronized void reissued(TaskId id, int nextAttempt, String lostNode) {
    line(id.text()).reissued = true;
  }

  synchronized void accepted() {
    accepted++;
  }

  synchronized void refused() {
    refused++;
  }

  /** A task ended; right is whether with the value that was computed here. */
  synchronized void done(Outcome<?> outcome, boolean right) {
    done++;
    if (!right) {
      wrong++;
      if (firstWrong == null) {
        firstWrong = outcome.toString();
      }
    }
  }

  /** The outcome was asked for again, by id. */
  synchronized void verified(Outcome<?> first, Outcome<?> second) {
    verified++;
    if (!Objects.equals(first, second)) {
      recordedTwice++;
    }
  }

  /** Tasks that run on a node now. */
  synchronized long running(int node) {
    return lines.values().stream().filter(line -> line.node == node && line.settled == 0).count();
  }

  /** A node is killed: from now on it is this one whose tasks are watched. */
  synchronized void killed(int node, long millis) {
    killedNode = node;
    killedAt = millis;
    leftAt = 0;
    lines.values().forEach(line -> line.reissued = false);
  }

  /** Drops what ended a while ago, so that a cluster that stays up does not fill this process. */
  synchronized void forgetEndedBefore(long millis) {
    lines.values().removeIf(line -> line.settled > 0 && line.settledAt < millis);
  }

  /** In the order of the nodes. */
  synchronized List<PerNode> perNode() {
    return IntStream.range(0, before.length)
        .mapToObj(node -> new PerNode(node, before[node], after[node]))
        .toList();
  }

  synchronized Aftermath aftermath() {
    LongSummaryStatistics restarts = restarts();
    boolean any = restarts.getCount() > 0;
    return new Aftermath(
        leftAt == 0 ? -1 : leftAt - killedAt,
        any ? restarts.getMin() : -1,
        any ? restarts.getMax() : -1,
        lines.values().stream()
            .filter(line -> line.restarts(killedAt).findAny().isPresent())
            .count(),
        lines.values().stream()
            .filter(line -> line.reissued && line.settled == 0)
            .filter(line -> line.restarts(killedAt).findAny().isEmpty())
            .count());
  }

  /** Milliseconds from the kill. */
  private LongSummaryStatistics restarts() {
    return lines.values().stream()
        .flatMap(line -> line.restarts(killedAt))
        .mapToLong(start -> start.millis() - killedAt)
        .summaryStatistics();
  }

  synchronized int killedNode() {
    return killedNode;
  }

  synchronized Totals totals() {
    LongSummaryStatistics restarts = restarts();
    boolean any = killedNode != NO_NODE && restarts.getCount() > 0;
    return new Totals(
        accepted,
        refused,
        done,
        wrong,
        verified,
        lines.values().stream().filter(line -> line.starts.size() > 1).count(),
        recordedTwice,
        any ? restarts.getMin() : -1,
        any ? restarts.getMax() : -1,
        firstWrong);
  }

  private Line line(String id) {
    return lines.computeIfAbsent(id, key -> new Line());
  }
}
