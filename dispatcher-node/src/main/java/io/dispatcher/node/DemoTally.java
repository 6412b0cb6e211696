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
  private int killedNode = NO_NODE;
  private long killedAt;

  DemoTally(int workers) {
    super(workers);
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
    private boolean reissued;
  }

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
  }

  @Override
  public synchronized void settled(TaskId id, int attempt, TaskState state) {
    if (state.isFinal() && ++line(id.text()).settled > 1) {
      recordedTwice++;
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

  synchronized void killed(int node, long millis) {
    killedNode = node;
    killedAt = millis;
  }

  synchronized int killedNode() {
    return killedNode;
  }

  synchronized Totals totals() {
    LongSummaryStatistics restarts =
        lines.values().stream()
            .filter(line -> line.reissued)
            .flatMap(line -> line.starts.stream())
            .filter(start -> start.attempt() > 1 && start.millis() >= killedAt)
            .mapToLong(start -> start.millis() - killedAt)
            .summaryStatistics();
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
