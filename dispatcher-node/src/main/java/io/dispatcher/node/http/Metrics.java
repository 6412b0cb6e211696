package io.dispatcher.node.http;

import io.dispatcher.ClusterView;
import io.dispatcher.Dispatcher;
import io.dispatcher.Figures;
import io.dispatcher.Stats;
import io.dispatcher.cluster.Loop;
import io.dispatcher.task.TaskRefused;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The node's figures in the text format of Prometheus. What has {@code cluster} in its name is the
 * whole cluster as this node sees it, the same from every node: do not add it up. Thread-safe.
 */
final class Metrics implements AutoCloseable {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String P = "dispatcher.";
  private static final int MAX_LABELS = 200;
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

  private record Answered(Route route, int status) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final ConcurrentHashMap<Answered, Timer> timers = new ConcurrentHashMap<>();
  private final Dispatcher dispatcher;
  private final MultiGauge waiting;
  private final MultiGauge oldest;
  private final MultiGauge running;
  private final MultiGauge ended;
  private final MultiGauge nodeSlots;
  private final MultiGauge nodeRunning;
  private volatile Stats stats;
  private volatile Figures figures;

  Metrics(Dispatcher dispatcher, AtomicInteger connections, AtomicLong bodies) {
    this.dispatcher = dispatcher;
    this.stats = dispatcher.stats();
    this.figures = dispatcher.figures();
    counters();
    gauges();
    moreCounters();
    registry.getPrometheusRegistry().register(new Distributions(() -> figures));
    gauge("http.connections", "open connections", none -> connections.get());
    gauge("http.bodies.bytes", "bodies of requests under way", none -> bodies.get());
    waiting = rows("cluster.type.tasks.waiting", "tasks not with a worker");
    oldest = rows("cluster.type.oldest.waiting.seconds", "age of the oldest waiting task");
    running = rows("cluster.type.tasks.running", "tasks with a worker");
    ended = rows("cluster.type.tasks.ended", "tasks that ended, of what the fronts remember");
    nodeSlots = rows("cluster.node.slots", "tasks that the node runs at once");
    nodeRunning = rows("cluster.node.attempts.running", "attempts on its slots");
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  static String text(TaskRefused.Reason reason) {
    return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private void counters() {
    counter("tasks.submitted", "tasks handed to this front", Tags.empty(), Stats::submitted);
    counter("tasks.accepted", "tasks recorded", Tags.empty(), Stats::accepted);
    for (TaskRefused.Reason reason : TaskRefused.Reason.values()) {
      counter(
          "tasks.refused",
          "tasks not accepted",
          Tags.of("reason", text(reason)),
          now -> now.refused().getOrDefault(reason, 0L));
    }
    String finished = "tasks of this front with an outcome";
    counter("tasks.finished", finished, Tags.of("outcome", "succeeded"), Stats::succeeded);
    counter("tasks.finished", finished, Tags.of("outcome", "failed"), Stats::failed);
    counter("tasks.finished", finished, Tags.of("outcome", "cancelled"), Stats::cancelled);
    counter("tasks.finished", finished, Tags.of("outcome", "expired"), Stats::expired);
    counter("tasks.lost", "accepted tasks that the ledger lost", Tags.empty(), Stats::lost);
    counter("tasks.recreated", "of these, put back from memory", Tags.empty(), Stats::recreated);
    String losses = "how often no copy was left of parts of the ledger";
    counter("ledger.losses", losses, Tags.empty(), Stats::ledgerLosses);
    String rejoined = "how often this node left its part of the cluster to join another";
    counter("node.rejoined", rejoined, Tags.empty(), Stats::rejoined);
    String thawed = "how often this node's worker went on after its leases had lapsed";
    counter("node.thawed", thawed, Tags.empty(), Stats::thawed);
    String majorities = "how often a majority of the store nodes was not here any more";
    counter("node.lost.majorities", majorities, Tags.empty(), Stats::lostMajorities);
    String restarts = "how often this node's start waited for its earlier incarnation to be gone";
    counter("node.quick.restarts", restarts, Tags.empty(), Stats::quickRestarts);
    counter("attempts.started", "attempts started here", Tags.empty(), Stats::started);
    String retried = "attempts raised, because of the task's code or of a lost worker";
    counter("attempts.retried", retried, Tags.of("cause", "task"), Stats::retried);
    counter("attempts.retried", retried, Tags.of("cause", "worker"), Stats::reissued);
    counter("writes.fenced", "writes of stale attempts", Tags.empty(), Stats::fenced);
    counter("ledger.writes", "calls to the ledger", Tags.empty(), Stats::ledgerWrites);
    counter("ledger.repeats", "of these, repeats", Tags.empty(), Stats::ledgerRepeats);
  }

  private void counter(String name, String help, Tags tags, ToDoubleFunction<Stats> value) {
    FunctionCounter.builder(P + name, this, self -> value.applyAsDouble(self.stats))
        .description(help)
        .tags(tags)
        .register(registry);
  }

  private void gauges() {
    gauge("tasks.unfinished", "accepted tasks without an outcome", Stats::unfinished);
    gauge("tasks.waiting", "of these, not with a worker", Stats::waiting);
    gauge("tasks.assigned", "of these, with a worker", now -> figures.assigned());
    gauge(
        "tasks.assigned.drift",
        "by how much that differs from the open attempts; always 0",
        now -> figures.drift());
    gauge("tasks.oldest.waiting.seconds", "age of the oldest", Stats::oldestWaitingSeconds);
    gauge("outcomes.retained.bytes", "weight of kept outcomes", Stats::retainedBytes);
    gauge("workers", "workers that this front sees", Stats::workers);
    gauge("ledger.era", "every change of the membership raises it", Stats::era);
    gauge("attempts.held", "attempts that this worker holds", Stats::held);
    String leaked = "attempts that ignore that they were stopped; their slots were given on";
    gauge("attempts.leaked", leaked, now -> figures.leaked());
    String orphaned = "unfinished blocks of this node's part of the ledger without a live owner";
    gauge("blocks.orphaned", orphaned, now -> figures.orphaned());
    gauge("blocks.orphaned.seconds", "since when the oldest", now -> figures.orphanedSeconds());
    for (String role : stats.loops().keySet()) {
      loop(role, "turns", "turns that wait for the loop", Loop.Load::depth);
      loop(role, "oldest.turn.seconds", "how long the oldest has waited", Loop.Load::oldestSeconds);
      loop(role, "longest.turn.seconds", "of the last minute", Loop.Load::longestSeconds);
      String late = "timers found over 100 ms late";
      Tags loop = Tags.of("loop", role);
      counter("loop.late.wakeups", late, loop, now -> load(now, role).lateWakeUps());
    }
    gauge("ready", "1 if this node takes tasks", now -> dispatcher.readiness().ready() ? 1 : 0);
  }

  private void gauge(String name, String help, ToDoubleFunction<Stats> value) {
    Gauge.builder(P + name, this, self -> value.applyAsDouble(self.stats))
        .description(help)
        .register(registry);
  }

  private void loop(String role, String name, String help, ToDoubleFunction<Loop.Load> value) {
    Gauge.builder(P + "loop." + name, this, self -> value.applyAsDouble(load(self.stats, role)))
        .description(help)
        .tags("loop", role)
        .register(registry);
  }

  private static Loop.Load load(Stats stats, String role) {
    return stats.loops().getOrDefault(role, Loop.Load.NONE);
  }

  private void moreCounters() {
    figure("submits.repeated", "submits with a known idempotency key", Figures::repeated);
    figure("blocks.adopted", "blocks taken over from a front that was gone", Figures::adopted);
    String dropped = "failed tasks without a dead letter: too many became one at once";
    figure("dead.letters.dropped", dropped, Figures::lettersDropped);
    String evicted = "dead letters that went before their 7 days, to make room";
    figure("dead.letters.evicted", evicted, Figures::lettersEvicted);
    figure("checkpoints.saved", "checkpoints recorded", Figures::checkpoints);
    figure("checkpoints.saved.bytes", "bytes of these", Figures::checkpointBytes);
  }

  private void figure(String name, String help, ToDoubleFunction<Figures> value) {
    FunctionCounter.builder(P + name, this, self -> value.applyAsDouble(self.figures))
        .description(help)
        .register(registry);
  }

  private MultiGauge rows(String name, String help) {
    return MultiGauge.builder(P + name).description(help).register(registry);
  }

  /** Counts an answer. */
  void answered(Route route, int status, long nanos) {
    timers
        .computeIfAbsent(new Answered(route, status), this::timer)
        .record(nanos, java.util.concurrent.TimeUnit.NANOSECONDS);
  }

  private Timer timer(Answered answered) {
    return Timer.builder(P + "http.requests")
        .description("requests, by what they asked for and how they were answered")
        .tags("route", answered.route.template(), "status", Integer.toString(answered.status))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** The figures as of now; those of the cluster as of the last view if there is none. */
  synchronized String scrape(@Nullable ClusterView view) {
    stats = dispatcher.stats();
    figures = dispatcher.figures();
    if (view != null) {
      types(view.types());
      nodes(view.nodes());
    }
    return registry.scrape(CONTENT_TYPE);
  }

  private void types(List<ClusterView.TypeView> all) {
    List<ClusterView.TypeView> types = all.subList(0, Math.min(all.size(), MAX_LABELS));
    waiting.register(rowsOf(types, ClusterView.TypeView::waiting), true);
    oldest.register(rowsOf(types, ClusterView.TypeView::oldestSeconds), true);
    running.register(rowsOf(types, ClusterView.TypeView::running), true);
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (ClusterView.TypeView type : types) {
      rows.add(row(type, "succeeded", type.succeeded()));
      rows.add(row(type, "failed", type.failed()));
      rows.add(row(type, "cancelled", type.cancelled()));
      rows.add(row(type, "expired", type.expired()));
    }
    ended.register(rows, true);
  }

  private static MultiGauge.Row<?> row(ClusterView.TypeView type, String outcome, long count) {
    return MultiGauge.Row.of(Tags.of("type", type.name(), "outcome", outcome), count);
  }

  private static List<MultiGauge.Row<?>> rowsOf(
      List<ClusterView.TypeView> types, Function<ClusterView.TypeView, Number> value) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (ClusterView.TypeView type : types) {
      rows.add(MultiGauge.Row.of(Tags.of("type", type.name()), value.apply(type)));
    }
    return rows;
  }

  private void nodes(List<ClusterView.NodeView> all) {
    List<MultiGauge.Row<?>> slots = new ArrayList<>();
    List<MultiGauge.Row<?>> busy = new ArrayList<>();
    for (ClusterView.NodeView node : all.subList(0, Math.min(all.size(), MAX_LABELS))) {
      Tags tags = Tags.of("node", node.name(), "state", node.state());
      slots.add(MultiGauge.Row.of(tags, node.slots()));
      busy.add(MultiGauge.Row.of(tags, node.running()));
    }
    nodeSlots.register(slots, true);
    nodeRunning.register(busy, true);
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
