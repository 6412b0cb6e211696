package io.dispatcher.node;

import io.dispatcher.DispatchListener;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The submitter's ledger of a campaign of kills, one line per task id, from three sources: the
 * nodes say what they start, the front what it settles and reissues, the handles what comes out.
 * Thread-safe.
 */
final class KillTally implements DispatchListener {
  private final Map<String, Line> lines = new HashMap<>();
  private final Map<String, Set<String>> running = new HashMap<>();
  private final Map<String, Integer> joins = new HashMap<>();
  private final Map<String, Integer> startsOn = new HashMap<>();
  private final List<Kill> kills = new ArrayList<>();
  private long wrong;
  private long refused;
  private long recordedTwice;
  private @Nullable String firstFault;

  private static final class Line {
    final List<DemoTally.Start> starts = new ArrayList<>();
    @Nullable String node;
    boolean accepted;
    int settled;
    int outcomes;

    boolean open() {
      return settled == 0 && outcomes == 0;
    }
  }

  /**
   * One kill.
   *
   * @param running tasks that had been started on the node and had no outcome
   * @param reissued the attempt that each task which the node had was given next
   */
  private record Kill(String node, long at, Set<String> running, Map<String, Integer> reissued) {}

  /**
   * The figures of one kill, milliseconds from the kill to a start of a task that had run there.
   *
   * @param first -1 if none was started again
   * @param reissued tasks that the node had, started or not
   */
  record KillFigures(
      String node,
      int running,
      int reissued,
      int restarted,
      long first,
      long p50,
      long p99,
      long last) {}

  /**
   * The sum of it all.
   *
   * @param lost accepted tasks without an outcome
   * @param wrong tasks that did not end with a value of their handler
   * @param recordedTwice tasks for which two outcomes were told, or another one was read later
   */
  record Totals(
      long accepted,
      long done,
      long lost,
      long wrong,
      long refused,
      long startedTwice,
      long recordedTwice,
      @Nullable String firstFault) {}

  synchronized void started(String node, DemoTally.Start start) {
    Line line = line(start.id());
    line.starts.add(start);
    startsOn.merge(node, 1, Integer::sum);
    stopped(start.id(), line);
    if (line.open()) {
      line.node = node;
      runningOn(node).add(start.id());
    }
  }

  private void stopped(String id, Line line) {
    if (line.node != null) {
      runningOn(line.node).remove(id);
      line.node = null;
    }
  }

  private Set<String> runningOn(String node) {
    return running.computeIfAbsent(node, key -> new HashSet<>());
  }

  @Override
  public synchronized void settled(TaskId id, int attempt, TaskState state) {
    if (state.isFinal()) {
      Line line = line(id.text());
      stopped(id.text(), line);
      if (++line.settled > 1) {
        twice("settled again: " + id.text());
      }
    }
  }

  @Override
  public synchronized void reissued(TaskId id, int nextAttempt, String lostNode) {
    for (int i = kills.size() - 1; i >= 0; i--) {
      if (kills.get(i).node.equals(lostNode)) {
        kills.get(i).reissued.putIfAbsent(id.text(), nextAttempt);
        return;
      }
    }
  }

  @Override
  public synchronized void workerJoined(String node) {
    joins.merge(node, 1, Integer::sum);
  }

  /** How often a worker of this name has come. */
  synchronized int joins(String node) {
    return joins.getOrDefault(node, 0);
  }

  synchronized void accepted(TaskId id) {
    line(id.text()).accepted = true;
  }

  synchronized void refused(Throwable why) {
    refused++;
    firstFault = firstFault == null ? why.toString() : firstFault;
  }

  synchronized void ended(Outcome<String> outcome) {
    Line line = line(outcome.id().text());
    stopped(outcome.id().text(), line);
    if (++line.outcomes > 1) {
      twice("told again: " + outcome);
    }
    if (!(outcome instanceof Outcome.Succeeded<String> succeeded)
        || !succeeded.value().startsWith(succeeded.attempts() + " on ")) {
      wrong++;
      firstFault = firstFault == null ? outcome.toString() : firstFault;
    }
  }

  /** The outcome was read a second time. */
  synchronized void readAgain(
      Outcome<String> first, @Nullable Outcome<String> second, @Nullable Throwable error) {
    if (!Objects.equals(first, second)) {
      twice(first + ", read again: " + (error == null ? second : error));
    }
  }

  private void twice(String what) {
    recordedTwice++;
    firstFault = firstFault == null ? what : firstFault;
  }

  /** How often a task was started on a node. */
  synchronized int startedOn(String node) {
    return startsOn.getOrDefault(node, 0);
  }

  /** Whether tasks run on a node now. */
  synchronized boolean busy(String node) {
    return !runningOn(node).isEmpty();
  }

  synchronized void killed(String node, long at) {
    kills.add(new Kill(node, at, Set.copyOf(runningOn(node)), new HashMap<>()));
  }

  /** Whether everything that ran on the node killed last has ended, or runs again. */
  synchronized boolean recovered() {
    return recovered(1);
  }

  /** As {@link #recovered()}, of the last nodes killed. */
  synchronized boolean recovered(int nodes) {
    return kills.subList(kills.size() - nodes, kills.size()).stream().allMatch(this::recovered);
  }

  private boolean recovered(Kill kill) {
    return kill.running.stream()
        .map(this::line)
        .allMatch(
            line ->
                !line.open()
                    || line.starts.stream()
                        .anyMatch(start -> start.millis() > kill.at && start.attempt() > 1));
  }

  synchronized KillFigures last() {
    return figures(kills.get(kills.size() - 1));
  }

  synchronized List<KillFigures> kills() {
    return kills.stream().map(this::figures).toList();
  }

  /** Milliseconds from a kill to the next start, of all tasks that had run there. */
  synchronized List<Long> restarts() {
    return kills.stream().flatMap(kill -> restarts(kill).stream()).toList();
  }

  private List<Long> restarts(Kill kill) {
    List<Long> restarts = new ArrayList<>();
    for (String id : kill.running) {
      Integer next = kill.reissued.get(id);
      if (next != null) {
        line(id).starts.stream()
            .filter(start -> start.attempt() >= next)
            .mapToLong(start -> start.millis() - kill.at)
            .min()
            .ifPresent(restarts::add);
      }
    }
    return restarts;
  }

  private KillFigures figures(Kill kill) {
    List<Long> restarts = restarts(kill);
    return new KillFigures(
        kill.node,
        kill.running.size(),
        kill.reissued.size(),
        restarts.size(),
        SoakReport.percentile(restarts, 0),
        SoakReport.percentile(restarts, 50),
        SoakReport.percentile(restarts, 99),
        SoakReport.percentile(restarts, 100));
  }

  synchronized Totals totals() {
    long accepted = lines.values().stream().filter(line -> line.accepted).count();
    long done = lines.values().stream().filter(line -> line.accepted && line.outcomes > 0).count();
    return new Totals(
        accepted,
        done,
        accepted - done,
        wrong,
        refused,
        lines.values().stream().filter(line -> line.starts.size() > 1).count(),
        recordedTwice,
        firstFault);
  }

  private Line line(String id) {
    return lines.computeIfAbsent(id, key -> new Line());
  }
}
