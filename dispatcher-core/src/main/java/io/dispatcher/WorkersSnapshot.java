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

  /** A report is fresh for as long as a task takes, at least: 50 ms, at most 10 s. */
  private static final long FRESH = 50_000_000L;

  private static final long MOST_FRESH = 10_000_000_000L;

  /** While no task has ended yet, those that a worker had are likely to be there still. */
  private static final long UNKNOWN_FRESH = 1_000_000_000L;

  /** exp(-x) for x from 0 to 4, when nothing is left. */
  private static final double[] FADING = new double[64];

  static {
    for (int step = 0; step < FADING.length; step++) {
      FADING[step] = Math.exp(-4.0 * step / FADING.length);
    }
  }

  private static final Comparator<WorkerView> BY_NAME =
      Comparator.comparing(view -> view.member.peer());

  /** What takes longer is not quick. */
  private static final long QUICK = 10_000_000L;

  private final WorkerView[] views;
  private final double[] weights;
  private final long[] hashes;
  private final Track[] tracks;
  private final PoolView[] pools;
  private final Breaker[] breakers;
  private final Ejections ejections;

  private boolean anyEjected;

  /** So few workers are left that it is better not to be choosy. */
  private boolean panic;

  /** What the type's tasks take on most workers; 0 if that is not known. */
  private long usual;

  private long now;

  /** What a worker has said for so long of the other fronts' tasks is taken as it was said. */
  private long fresh;

  /** In the order of their names. */
  static WorkerView[] ordered(Collection<WorkerView> views) {
    return views.stream().sorted(BY_NAME).toArray(WorkerView[]::new);
  }

  /**
   * @param views in the order of their names
   * @param usual as it was last known
   */
  WorkersSnapshot(
      WorkerView[] views, Function<WorkerView, Track> track, double[] weights, long usual) {
    this.views = views;
    this.weights = weights;
    this.hashes = Arrays.stream(views).mapToLong(view -> Balancers.hash(view.node())).toArray();
    this.tracks = Arrays.stream(views).map(track).toArray(Track[]::new);
    this.pools = Arrays.stream(tracks).map(each -> each.pool).toArray(PoolView[]::new);
    this.breakers = Arrays.stream(tracks).map(each -> each.breaker).toArray(Breaker[]::new);
    this.ejections = new Ejections(breakers);
    this.usual = usual;
    this.fresh = fresh(usual);
    count();
  }

  WorkerView[] views() {
    return views;
  }

  double[] weights() {
    return weights;
  }

  WorkerView view(int i) {
    return views[i];
  }

  Track track(int i) {
    return tracks[i];
  }

  /** The worker's index, or -1 if it is not in here. */
  int index(WorkerView view) {
    int i = Arrays.binarySearch(views, view, BY_NAME);
    return i >= 0 && views[i] == view ? i : -1;
  }

  /** Loop time at which the next picks are made. */
  void at(long time) {
    now = time;
  }

  long usual() {
    return usual;
  }

  /**
   * Whether tasks are known to take little on most workers. What is known includes the ledger's
   * answer, and the wait for a slot while there are more of them than slots.
   */
  boolean quick() {
    long load = 0;
    long slots = 1;
    for (int i = 0; i < views.length; i++) {
      load += load(i);
      slots += pools[i].slots;
    }
    return usual > 0 && usual <= QUICK * Math.max(1, load / slots);
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
    fresh = fresh(usual);
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

  /** Whether the worker is ejected, and not yet so long that any task may try it. */
  boolean needsProbe(int i) {
    return breakers[i].ejected() && !breakers[i].untried(now);
  }

  boolean panics() {
    return panic;
  }

  /** Whether some worker is ejected. */
  boolean anyEjected() {
    return anyEjected;
  }

  /** Why the worker takes no task of this type now, in words; null if it does. */
  @Nullable String closed(int i) {
    WorkerView view = views[i];
    if (view.draining()) {
      return "draining";
    }
    if (view.suspect()) {
      return "silent";
    }
    if (weight(i) <= 0) {
      return "weight 0";
    }
    if (view.inFlight() >= view.credit()) {
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
    anyEjected = false;
    for (int i = 0; i < views.length; i++) {
      anyEjected |= breakers[i].ejected();
      left += !breakers[i].ejected() && !views[i].draining() && !views[i].suspect() ? 1 : 0;
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
    return weights[i];
  }

  @Override
  public @Nullable String zone(int i) {
    return views[i].member.zone();
  }

  @Override
  public int slots(int i) {
    return pools[i].slots;
  }

  @Override
  public long load(int i) {
    PoolView pool = pools[i];
    return pool.load() - faded(pool);
  }

  @Override
  public void openLoads(int[] of, long[] into) {
    openLoads(of, into, true);
  }

  private void openLoads(int[] of, long[] into, boolean failed) {
    boolean choosy = anyEjected && !panic;
    for (int p = 0; p < of.length; p++) {
      PoolView pool = pools[of[p]];
      long load = failed ? pool.openLoad() : pool.openHeld();
      if (now - pool.heardAt() > fresh && load != CLOSED) {
        load -= faded(pool);
      }
      into[p] = choosy && !breakers[of[p]].allows(now) ? CLOSED : load;
    }
  }

  /**
   * How much of a report does not count any more as it is too old: with the fronts' own counts
   * beside it, half of a wrong number does less harm than all of it.
   */
  private long faded(PoolView pool) {
    long stale = now - pool.heardAt() - fresh;
    if (stale <= 0 || pool.others() == 0) {
      return 0;
    }
    long step = stale * FADING.length / (4 * fresh);
    long left = step >= FADING.length ? 0 : Math.round(pool.others() * FADING[(int) step]);
    return pool.others() - left;
  }

  private static long fresh(long usual) {
    return usual == 0 ? UNKNOWN_FRESH : Math.max(FRESH, Math.min(usual, MOST_FRESH));
  }

  @Override
  public boolean open(int i) {
    return views[i].open() && (!anyEjected || panic || breakers[i].allows(now));
  }

  @Override
  public long sessions(int i) {
    return views[i].sessions;
  }

  @Override
  public long latencyNanos(int i) {
    return tracks[i].times.nanos(now, usual);
  }

  /**
   * The same with the weights that are configured: what all fronts have to agree on. Load is only
   * what is there: a key is not to leave a worker that has a free slot.
   */
  Workers configured() {
    return new Workers() {
      @Override
      public int size() {
        return WorkersSnapshot.this.size();
      }

      @Override
      public String name(int i) {
        return WorkersSnapshot.this.name(i);
      }

      @Override
      public long nameHash(int i) {
        return hashes[i];
      }

      @Override
      public double weight(int i) {
        return views[i].weight(pools[i]);
      }

      @Override
      public @Nullable String zone(int i) {
        return WorkersSnapshot.this.zone(i);
      }

      @Override
      public int slots(int i) {
        return WorkersSnapshot.this.slots(i);
      }

      @Override
      public long load(int i) {
        PoolView pool = pools[i];
        return pool.held() - faded(pool);
      }

      @Override
      public boolean open(int i) {
        return WorkersSnapshot.this.open(i);
      }

      @Override
      public void openLoads(int[] of, long[] into) {
        WorkersSnapshot.this.openLoads(of, into, false);
      }
    };
  }
}
