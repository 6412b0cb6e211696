package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.PeakEwma;
import io.dispatcher.balance.Workers;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** The workers that can run one type, in the order of their names, with their live loads. */
final class WorkersSnapshot implements Workers {

  private final WorkerView[] views;
  private final long[] hashes;
  private final PeakEwma[] times;

  /** What the type's tasks take on most workers; 0 if that is not known. */
  private long usual;

  private long now;

  /**
   * @param usual as it was last known
   */
  WorkersSnapshot(String type, Collection<WorkerView> able, long usual) {
    this.views =
        able.stream()
            .sorted(Comparator.comparing(view -> view.member.peer()))
            .toArray(WorkerView[]::new);
    this.hashes = Arrays.stream(views).mapToLong(view -> Balancers.hash(view.node())).toArray();
    this.times = Arrays.stream(views).map(view -> view.times(type)).toArray(PeakEwma[]::new);
    this.usual = usual;
  }

  WorkerView view(int i) {
    return views[i];
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
        Arrays.stream(times)
            .filter(PeakEwma::known)
            .mapToLong(each -> each.nanos(time, usual))
            .sorted()
            .toArray();
    usual = known.length == 0 ? usual : known[known.length / 2];
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
    return views[i].open();
  }

  @Override
  public long sessions(int i) {
    return views[i].sessions;
  }

  @Override
  public long latencyNanos(int i) {
    return times[i].nanos(now, usual);
  }
}
