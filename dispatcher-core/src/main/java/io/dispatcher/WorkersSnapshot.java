package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Workers;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The workers that can run one type, in the order of their names, with their live loads. */
final class WorkersSnapshot implements Workers {

  private final List<WorkerView> views;
  private final long[] hashes;

  WorkersSnapshot(Collection<WorkerView> able) {
    this.views = able.stream().sorted(Comparator.comparing(view -> view.member.peer())).toList();
    this.hashes = views.stream().mapToLong(view -> Balancers.hash(view.node())).toArray();
  }

  WorkerView view(int i) {
    return views.get(i);
  }

  @Override
  public int size() {
    return views.size();
  }

  @Override
  public String name(int i) {
    return views.get(i).node();
  }

  @Override
  public long nameHash(int i) {
    return hashes[i];
  }

  @Override
  public double weight(int i) {
    return views.get(i).weight;
  }

  @Override
  public @Nullable String zone(int i) {
    return views.get(i).member.zone();
  }

  @Override
  public int slots(int i) {
    return views.get(i).slots;
  }

  @Override
  public long load(int i) {
    WorkerView view = views.get(i);
    return (long) view.inFlight + view.others;
  }

  @Override
  public boolean open(int i) {
    return views.get(i).open();
  }
}
