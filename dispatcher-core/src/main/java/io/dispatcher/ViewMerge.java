package io.dispatcher;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes one of what several fronts know. */
final class ViewMerge {

  private static final int MOST_FAULTS = 20;
  private static final int MOST_FAILURES = 20;

  /** Fronts that notice the same loss this close to each other mean the same one. */
  private static final long SAME_LOSS_MILLIS = 10_000;

  private ViewMerge() {}

  /** Sums of one type. */
  private static final class Sum {
    private boolean declared;
    private long waiting;
    private final Map<String, Long> reasons = new TreeMap<>();
    private double oldestSeconds;
    private long running;
    private long succeeded;
    private long failed;
    private long cancelled;
    private long expired;
    private double donePerSecond;
    private final long[] queueing = new long[Histogram.BUCKETS];
    private final long[] total = new long[Histogram.BUCKETS];

    void add(FrontView.Type type) {
      declared |= type.declared();
      waiting += type.waiting();
      type.reasons().forEach((reason, count) -> reasons.merge(reason, count, Long::sum));
      oldestSeconds = Math.max(oldestSeconds, type.oldestSeconds());
      running += type.running();
      succeeded += type.succeeded();
      failed += type.failed();
      cancelled += type.cancelled();
      expired += type.expired();
      donePerSecond += type.donePerSecond();
      Arrays.setAll(queueing, i -> queueing[i] + type.queueing()[i]);
      Arrays.setAll(total, i -> total[i] + type.total()[i]);
    }

    ClusterView.TypeView view(String name, String balancer, List<String> nodes) {
      return new ClusterView.TypeView(
          name,
          declared,
          balancer,
          nodes,
          waiting,
          Map.copyOf(reasons),
          oldestSeconds,
          running,
          succeeded,
          failed,
          cancelled,
          expired,
          donePerSecond,
          Histogram.brief(queueing),
          Histogram.brief(total));
    }
  }

  /**
   * The types of all fronts, by name.
   *
   * @param balancer name of a type's balancer
   * @param nodes names of the workers with a handler for a type
   */
  static List<ClusterView.TypeView> types(
      Collection<FrontView> fronts,
      Function<String, String> balancer,
      Function<String, List<String>> nodes) {
    Map<String, Sum> sums = new TreeMap<>();
    for (FrontView front : fronts) {
      for (FrontView.Type type : front.types()) {
        sums.computeIfAbsent(type.name(), name -> new Sum()).add(type);
      }
    }
    List<ClusterView.TypeView> types = new ArrayList<>();
    sums.forEach((name, sum) -> types.add(sum.view(name, balancer.apply(name), nodes.apply(name))));
    return List.copyOf(types);
  }

  /** The last faults of all fronts, newest first; fronts that lost the same worker share one. */
  static List<ClusterView.Fault> faults(Collection<FrontView> fronts) {
    List<FrontView.Fault> all = new ArrayList<>();
    fronts.forEach(front -> all.addAll(front.faults()));
    all.sort(Comparator.comparingLong(FrontView.Fault::atMillis));
    List<FrontView.Fault> merged = new ArrayList<>();
    for (FrontView.Fault fault : all) {
      FrontView.Fault same = null;
      for (FrontView.Fault other : merged) {
        if (other.worker().equals(fault.worker())
            && other.cause().equals(fault.cause())
            && fault.atMillis() - other.atMillis() < SAME_LOSS_MILLIS) {
          same = other;
        }
      }
      if (same == null) {
        merged.add(fault);
      } else {
        merged.set(merged.indexOf(same), both(same, fault));
      }
    }
    return merged.stream()
        .sorted(Comparator.comparingLong(FrontView.Fault::atMillis).reversed())
        .limit(MOST_FAULTS)
        .map(ViewMerge::fault)
        .toList();
  }

  private static FrontView.Fault both(FrontView.Fault one, FrontView.Fault other) {
    double first =
        one.firstMillis() == 0 || other.firstMillis() == 0
            ? one.firstMillis() + other.firstMillis()
            : Math.min(one.firstMillis(), other.firstMillis());
    return new FrontView.Fault(
        one.worker(),
        Math.min(one.atMillis(), other.atMillis()),
        one.cause(),
        one.reissued() + other.reissued(),
        one.waiting() + other.waiting(),
        first,
        Math.max(one.lastMillis(), other.lastMillis()));
  }

  private static ClusterView.Fault fault(FrontView.Fault fault) {
    boolean all = fault.waiting() <= 0;
    return new ClusterView.Fault(
        fault.atMillis(),
        fault.worker().node(),
        fault.cause(),
        fault.reissued(),
        positive(fault.firstMillis()),
        all ? positive(fault.lastMillis()) : null);
  }

  private static @Nullable Double positive(double millis) {
    return millis > 0 ? millis : null;
  }

  /** What tasks of all fronts failed with, most frequent first. */
  static List<ClusterView.FailureGroup> failures(Collection<FrontView> fronts) {
    record Key(String type, String error) {}
    Map<Key, ClusterView.FailureGroup> groups = new LinkedHashMap<>();
    for (FrontView front : fronts) {
      for (ClusterView.FailureGroup group : front.failures()) {
        groups.merge(new Key(group.type(), group.error()), group, ViewMerge::both);
      }
    }
    return groups.values().stream()
        .sorted(Comparator.comparingLong(ClusterView.FailureGroup::count).reversed())
        .limit(MOST_FAILURES)
        .toList();
  }

  private static ClusterView.FailureGroup both(
      ClusterView.FailureGroup one, ClusterView.FailureGroup other) {
    ClusterView.FailureGroup newer = one.lastMillis() >= other.lastMillis() ? one : other;
    return new ClusterView.FailureGroup(
        one.type(),
        one.error(),
        newer.message(),
        one.count() + other.count(),
        newer.lastTask(),
        newer.lastMillis());
  }
}
