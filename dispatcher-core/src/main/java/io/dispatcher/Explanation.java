package io.dispatcher;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.KeyBounds;
import io.dispatcher.balance.Pick;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Says why a task went where it did, or why it cannot go anywhere, for people. */
final class Explanation {

  /** A chosen one first, then who it was compared with, then who could have been chosen. */
  private static final Comparator<Row> MATTERS =
      Comparator.<Row, Boolean>comparing(row -> !row.chosen)
          .thenComparing(row -> !row.candidate.drawn())
          .thenComparing(row -> row.candidate.excluded() != null)
          .thenComparing(row -> row.place);

  private record Row(Candidate candidate, boolean chosen, int place) {}

  private final OwnedTask task;
  private final WorkersSnapshot workers;
  private final @Nullable Zones zones;
  private final @Nullable Pick pick;

  private final Exclusions exclusions;

  /** Null if the task has no key. */
  private final @Nullable KeyBounds bounds;

  /**
   * @param zones if the pick was restricted to one
   * @param pick with which it was chosen; null if nobody was
   */
  Explanation(OwnedTask task, WorkersSnapshot workers, @Nullable Zones zones, @Nullable Pick pick) {
    this.task = task;
    this.workers = workers;
    this.zones = zones;
    this.pick = pick;
    this.exclusions = new Exclusions(task, workers);
    this.bounds =
        task.key == null
            ? null
            : KeyBounds.of(workers.configured(), i -> exclusions.why(i) != null);
  }

  /**
   * @param everyone all workers, those without the handler too
   * @param chosen index of the one that gets it; -1 if nobody can take it
   */
  Placement of(
      Collection<WorkerView> everyone,
      Balancer balancer,
      int chosen,
      Instant at,
      boolean sessions) {
    int[] order =
        task.key == null ? new int[0] : Balancers.preference(workers.configured(), task.keyHash);
    Map<WorkerView, Integer> places = places(order);
    Integer ofChosen = chosen < 0 ? null : places.get(workers.view(chosen));
    int passed = ofChosen == null || order.length == 0 ? 0 : ofChosen;
    List<Row> rows = new ArrayList<>(everyone.size());
    for (WorkerView view : everyone) {
      int i = workers.index(view);
      Integer place = places.get(view);
      rows.add(
          new Row(
              candidate(view, i, i >= 0 && i == chosen, sessions, place != null && place < passed),
              i >= 0 && i == chosen,
              place == null ? Integer.MAX_VALUE : place));
    }
    rows.sort(MATTERS);
    int told = Math.min(rows.size(), Placement.MAX_CANDIDATES);
    List<Row> kept = new ArrayList<>(rows.subList(0, told));
    kept.sort(
        Comparator.<Row>comparingInt(row -> row.place).thenComparing(row -> row.candidate.node()));
    return new Placement(
        balancer.name(),
        balancer.rule(),
        chosen < 0 ? null : workers.name(chosen),
        task.attempt,
        at,
        kept.stream().map(Row::candidate).toList(),
        rows.size() - told);
  }

  /** The order in which they are told: that of the key, then that of their names. */
  private Map<WorkerView, Integer> places(int[] order) {
    Map<WorkerView, Integer> places = new HashMap<>();
    for (int i : order) {
      places.put(workers.view(i), places.size());
    }
    for (int i = 0; i < workers.size(); i++) {
      places.putIfAbsent(workers.view(i), places.size());
    }
    return places;
  }

  /**
   * @param passed whether it comes before the chosen one in the key's order
   */
  private Candidate candidate(
      WorkerView view, int i, boolean chosen, boolean sessions, boolean passed) {
    boolean handles = view.types.contains(task.profile.type());
    PoolView pool = view.pool(task.profile.type());
    long unfit = handles ? pool.inFlight() + pool.others() : view.inFlight() + view.others;
    return new Candidate(
        view.node(),
        Objects.requireNonNullElse(view.member.zone(), ""),
        i < 0 ? unfit : load(i),
        view.types.isEmpty() ? 0 : pool.slots,
        i < 0 || task.key != null ? view.weight(pool) : workers.weight(i),
        sessions ? view.sessions : 0,
        i < 0 ? 0 : workers.latencyNanos(i) / 1e6,
        i >= 0 && pick != null && pick.drawn(i),
        chosen ? null : i < 0 ? unable(view) : closed(i, passed));
  }

  private long load(int i) {
    return task.key == null ? workers.load(i) : workers.configured().load(i);
  }

  private String unable(WorkerView view) {
    if (!view.listed) {
      return "no member of the cluster yet";
    }
    if (!view.types.contains(task.profile.type())) {
      return "no handler for " + task.profile.type();
    }
    TreeSet<String> missing = new TreeSet<>(task.profile.requires());
    missing.removeAll(view.member.labels());
    return "no label " + String.join(", ", missing);
  }

  private @Nullable String closed(int i, boolean passed) {
    String closed = workers.closed(i);
    if (closed != null) {
      return closed;
    }
    String avoided = exclusions.why(i);
    if (avoided != null) {
      return avoided;
    }
    if (bounds != null) {
      String over = bounds.passed(i);
      return over == null && passed ? "no free slot, which the chosen one has" : over;
    }
    return zones != null && zones.left(i) ? "in another zone" : null;
  }
}
