package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.Handler;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a node is to be made of, as its builder was told, checked. Not thread-safe. */
final class Setup {

  private record Wanted<P extends @Nullable Object, R extends @Nullable Object>(
      TaskType<P, R> type,
      @Nullable Handler<P, R> handler,
      @Nullable AsyncHandler<P, R> async,
      HandlerOptions options) {
    Registration<P, R> in(Pools pools) {
      String pool = options.pool();
      return new Registration<>(
          type,
          handler,
          async,
          options,
          pools.get(pool == null ? Pools.DEFAULT : pool),
          new ShortestRun());
    }
  }

  final Pools pools = new Pools();
  @Nullable Cluster cluster;
  @Nullable Executor callbacks;
  @Nullable DispatchListener listener;
  @Nullable AttemptScope scope;
  @Nullable Runnable drainAsked;
  Limits limits = Limits.ofHeap(Runtime.getRuntime().maxMemory());
  boolean measured;

  private final Map<String, Wanted<?, ?>> handlers = new LinkedHashMap<>();
  private final Map<String, String> balancerOfType = new LinkedHashMap<>();
  private final Map<String, TaskOptions> declared = new LinkedHashMap<>();
  private String balancer = Balancers.DEFAULT;
  private @Nullable Double weight;
  private Duration slowStart = Duration.ofNanos(Weights.Rule.DEFAULT.slowStart());
  private boolean started;

  Setup() {
    pools.addPlatform(
        Pools.DEFAULT, Pools.defaultSlots(Runtime.getRuntime().availableProcessors()));
  }

  <P extends @Nullable Object, R extends @Nullable Object> void handle(
      TaskType<P, R> type, Handler<P, R> handler, HandlerOptions options) {
    Objects.requireNonNull(handler, "handler");
    add(new Wanted<>(type, handler, null, options));
  }

  <P extends @Nullable Object, R extends @Nullable Object> void handleAsync(
      TaskType<P, R> type, AsyncHandler<P, R> handler, HandlerOptions options) {
    Objects.requireNonNull(handler, "handler");
    add(new Wanted<>(type, null, handler, options));
  }

  private void add(Wanted<?, ?> wanted) {
    String name = Objects.requireNonNull(wanted.type(), "type").name();
    if (handlers.putIfAbsent(name, wanted) != null) {
      throw new IllegalArgumentException(
          "type " + name + " has a handler on this node already; register it once");
    }
  }

  /** The number, if a pool may have so many slots. */
  static int slotsInRange(String name, int slots) {
    if (slots < 1 || slots > 100_000) {
      throw new IllegalArgumentException(
          "pool " + name + " has " + slots + " slots; 1 to 100000 are allowed");
    }
    return slots;
  }

  void balancer(String name) {
    Balancers.named(name);
    balancer = name;
  }

  void balancer(String type, String name) {
    Balancers.named(name);
    balancerOfType.put(type, name);
  }

  void declare(String type, TaskOptions options) {
    declared.put(type, Types.checked(type, options));
  }

  void weight(double share) {
    if (!(share >= 0 && share <= 1_000_000)) {
      throw new IllegalArgumentException(
          "weight is " + share + ", but must be 0 to 1000000; leave it out for as many as slots");
    }
    weight = share;
  }

  /** This worker's share of the work; null: as many as its slots. */
  @Nullable Double weight() {
    return weight;
  }

  void slowStart(Duration time) {
    if (time.isNegative() || time.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("slowStart is " + time + ", but must be 0 to 1 h");
    }
    slowStart = time;
  }

  Types types() {
    return new Types(
        declared, balancerOfType, balancer, new Weights.Rule(measured, slowStart.toNanos()));
  }

  /**
   * The handlers by type, each with its pool.
   *
   * @throws IllegalArgumentException if a handler names a pool that is not configured
   */
  Map<String, Registration<?, ?>> registrations() {
    Map<String, Registration<?, ?>> all = new LinkedHashMap<>();
    handlers.forEach((name, wanted) -> all.put(name, wanted.in(pools)));
    return Map.copyOf(all);
  }

  /** The cluster that the node joins. May be called once. */
  Cluster join() {
    if (started) {
      throw new IllegalStateException("this builder has started a dispatcher already");
    }
    started = true;
    return cluster == null ? LocalCluster.start() : cluster;
  }
}
