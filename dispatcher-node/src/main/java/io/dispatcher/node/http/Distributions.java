package io.dispatcher.node.http;

import io.dispatcher.Figures;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The node's histograms and the counters whose labels come and go, as Prometheus reads them. The
 * dispatcher counts in buckets of its own; nothing is recorded a second time. Thread-safe.
 */
final class Distributions implements MultiCollector {
  private static final List<Double> BOUNDS = bounds();

  private final Supplier<Figures> figures;

  Distributions(Supplier<Figures> figures) {
    this.figures = figures;
  }

  private static List<Double> bounds() {
    List<Double> all = new ArrayList<>(Figures.Distribution.bounds());
    all.add(Double.POSITIVE_INFINITY);
    return List.copyOf(all);
  }

  @Override
  public MetricSnapshots collect() {
    Figures now = figures.get();
    return new MetricSnapshots(
        histogram("task_admission", "from submit to accepted", now.admission()),
        histogram("task_queueing", "from accepted to handed to a worker", now.queueing()),
        histogram("attempt_running", "of one attempt", now.running()),
        histogram("task_total", "from submit to outcome", now.total()),
        histogram("task_restart", "from the loss of a worker to the next hand-out", now.restart()),
        choices(now),
        counter(
            "worker_ejections",
            "how often this front stopped to send tasks of a type to a worker where they fail",
            now.ejections()),
        counter(
            "panics",
            "how often so few workers of a type were left that those ejected got tasks as well",
            now.panics()),
        counter(
            "balancer_faults",
            "how often a balancer of your own threw, or chose nobody who could take the task",
            now.balancerFaults()),
        ejected(now));
  }

  private static HistogramSnapshot histogram(
      String name, String help, Figures.Distribution distribution) {
    return HistogramSnapshot.builder()
        .name("dispatcher_" + name + "_seconds")
        .help(help)
        .dataPoint(
            HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(
                    ClassicHistogramBuckets.of(BOUNDS, List.<Number>copyOf(distribution.counts())))
                .sum(distribution.sum())
                .build())
        .build();
  }

  private static CounterSnapshot counter(String name, String help, long value) {
    return CounterSnapshot.builder()
        .name("dispatcher_" + name)
        .help(help)
        .dataPoint(CounterDataPointSnapshot.builder().value((double) value).build())
        .build();
  }

  private static GaugeSnapshot ejected(Figures now) {
    GaugeSnapshot.Builder ejected =
        GaugeSnapshot.builder()
            .name("dispatcher_worker_ejected")
            .help("1: this front sends no tasks of the type to the worker now");
    now.ejected()
        .forEach(
            (node, types) ->
                types.forEach(
                    type ->
                        ejected.dataPoint(
                            GaugeDataPointSnapshot.builder()
                                .labels(Labels.of("node", node, "type", type))
                                .value(1)
                                .build())));
    return ejected.build();
  }

  private static CounterSnapshot choices(Figures now) {
    CounterSnapshot.Builder choices =
        CounterSnapshot.builder()
            .name("dispatcher_balancer_choices")
            .help("how often a worker was chosen; one choice may hold for several tasks");
    now.choices()
        .forEach(
            (choice, count) ->
                choices.dataPoint(
                    CounterDataPointSnapshot.builder()
                        .labels(Labels.of("balancer", choice.balancer(), "node", choice.node()))
                        .value(count)
                        .build()));
    return choices.build();
  }
}
