package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Workers;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The workers that can run one type, in the order of their names, with their live loads. */
final class WorkersSnapshot implements Workers {

  private final WorkerView[] views;
  private final long[] hashes;
  private final Track[] tracks;
  private final Breaker[] breakers;
  private final Ejections ejections;

  /** So few workers are left that it is better not to be choosy. */
  private boolean panic;

  /** What the type's tasks take on most workers; 0 if that is not known. */
  private long usual;

  private long now;

  /**
   * @param usual as it was last known
   */
  WorkersSnapshot(Collection<WorkerView> able, Function<WorkerView, Track> track, long usual) {
    this.views =
        able.stream()
            .sorted(Comparator.comparing(view -> view.member.peer()))
            .toArray(WorkerView[]::new);
    this.hashes = Arrays.stream(views).mapToLong(view -> Balancers.hash(view.node())).toArray();
    this.tracks = Arrays.stream(views).map(track).toArray(Track[]::new);
    this.breakers = Arrays.stream(tracks).map(each -> each.breaker).toArray(Breaker[]::new);
    this.ejections = new Ejections(breakers);
    this.usual = usual;
  }

  WorkerView view(int i) {
    return views[i];
  }

  Track track(int i) {
    return tracks[i];
  }

  /** The worker's index, or -1 if it is not in here. */
  int index(WorkerView view) {
    int i = Arrays.binarySearch(views, view, Comparator.comparing(any -> any.member.peer()));
    return i >= 0 && views[i] == view ? i : -1;
  }

  /** Loop time at which the next picks are made. */
  void at(long time) {
    now = time;
  }

  long usual() {
    return usual;
  }

  /** Finds out what is usual: the median of the workers that are known. */
  void sample(long time) {
    long[] known =
        Arrays.stream(tracks)
            .filter(each -> each.times.known())
            .mapToLong(each -> each.times.nanos(time, usual))
            .sorted()
            .toArray();
    usual = known.length == 0 ? usual : known[known.length / 2];
    for (Breaker breaker : breakers) {
      breaker.sample(time);
    }
    count();
  }

  /** Ejects the workers on which tasks fail while they succeed elsewhere. */
  void judge(Ejections.Sink sink) {
    ejections.judge(sink);
    count();
  }

  Breaker breaker(int i) {
    return breakers[i];
  }

  boolean panics() {
    return panic;
  }

  /** Why the worker takes no task of this type now, in words; null if it does. */
  @Nullable String closed(int i) {
    WorkerView view = views[i];
    if (view.draining) {
      return "draining";
    }
    if (view.suspect) {
      return "silent";
    }
    if (weight(i) <= 0) {
      return "weight 0";
    }
    if (view.inFlight >= view.credit) {
      return "full";
    }
    return panic || breakers[i].allows(now) ? null : "ejected";
  }

  /** Why none of them takes a task, in words. */
  String closed(String what) {
    Map<String, Integer> causes = new TreeMap<>();
    for (int i = 0; i < views.length; i++) {
      String cause = closed(i);
      causes.merge(cause == null ? "about to take one" : cause, 1, Integer::sum);
    }
    StringBuilder told = new StringBuilder("no node with a ").append(what).append(" takes a task:");
    String next = " ";
    for (Map.Entry<String, Integer> cause : causes.entrySet()) {
      told.append(next).append(cause.getValue()).append(' ').append(cause.getKey());
      next = ", ";
    }
    return told.toString();
  }

  /** Which labels none of them has, in words. */
  String without(String type, List<String> requires) {
    TreeSet<String> missing = new TreeSet<>(requires);
    for (WorkerView view : views) {
      missing.removeAll(view.member.labels());
    }
    boolean together = missing.isEmpty();
    Collection<String> told = together ? requires : missing;
    return "no node with a handler for "
        + type
        + " has "
        + (told.size() == 1 ? "label " : "labels ")
        + String.join(", ", told)
        + (together ? " together" : "");
  }

  /** Whether so few are left that ejected ones count as well. */
  void count() {
    int left = 0;
    for (int i = 0; i < views.length; i++) {
      left += !breakers[i].ejected() && !views[i].draining && !views[i].suspect ? 1 : 0;
    }
    panic = 2 * left < views.length;
  }

  @Override
  public int size() {
    return views.length;
  }

  @Override
  public String name(int i) {
    return views[i].node();
  }

  @Override
  public long nameHash(int i) {
    return hashes[i];
  }

  @Override
  public double weight(int i) {
    return views[i].weight;
  }

  @Override
  public @Nullable String zone(int i) {
    return views[i].member.zone();
  }

  @Override
  public int slots(int i) {
    return views[i].slots;
  }

  @Override
  public long load(int i) {
    WorkerView view = views[i];
    return (long) view.inFlight + view.others;
  }

  @Override
  public boolean open(int i) {
    return views[i].open() && (panic || breakers[i].allows(now));
  }

  @Override
  public long sessions(int i) {
    return views[i].sessions;
  }

  @Override
  public long latencyNanos(int i) {
    return tracks[i].times.nanos(now, usual);
  }
}
