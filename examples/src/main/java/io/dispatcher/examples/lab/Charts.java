package io.dispatcher.examples.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/** Draws what the table cannot show: how figures grow. */
final class Charts {

  private static final double[] LOADS = {0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
  private static final double[] FRONTS = {1, 2, 4, 8, 16};

  /** Above this a rule is not stable, and the figure says only how long the run was. */
  private static final double MOST_SHOWN = 30;

  private final Path folder;
  private final int tasks;

  Charts(Path folder, int tasks) {
    this.folder = folder;
    this.tasks = tasks;
  }

  void drawAll() {
    Rule least = Scenario.ours("least-requests");
    Rule two = Scenario.ours("power-of-two");
    Rule latency = Scenario.ours("latency");
    Rule hash = Scenario.ours("consistent-hash");
    List<Rule> all =
        List.of(Scenario.EXACT, least, two, Scenario.HAZELCAST, Scenario.IGNITE, Scenario.VERTX);
    draw(
        new Chart("load", "20 workers × 4 slots, 4 fronts", "load", "mean", LOADS),
        all,
        load -> Setup.of(20, 4, 4, load),
        Figures::mean);
    draw(
        new Chart("fronts", "20 workers × 4 slots, load 0.9", "fronts", "mean", FRONTS),
        List.of(Scenario.EXACT, least, two, Scenario.VERTX),
        fronts -> Setup.of(20, 4, (int) fronts, 0.9),
        Figures::mean);
    draw(
        new Chart(
            "slow",
            "10 workers × 4 slots, one becomes 10 × slower",
            "load",
            "p99",
            Arrays.copyOf(LOADS, 4)),
        List.of(least, latency, two, Scenario.HAZELCAST, Scenario.IGNITE, Scenario.VERTX),
        load -> Setup.of(10, 4, 4, load).oneSlowsDown(),
        Figures::p99);
    draw(
        new Chart("keys", "20 workers × 4 slots, Zipf(1) keys", "load", "mean", LOADS),
        List.of(Scenario.EXACT, hash, Scenario.HAZELCAST, Scenario.VERTX),
        load -> Setup.of(20, 4, 4, load).keys(10_000, 1),
        Figures::mean);
  }

  private record Chart(String file, String title, String x, String y, double[] at) {}

  private void draw(
      Chart chart,
      List<Rule> rules,
      DoubleFunction<Setup> setup,
      ToDoubleFunction<Figures> figure) {
    XYChart drawn =
        new XYChartBuilder()
            .width(900)
            .height(600)
            .title(chart.title)
            .xAxisTitle(chart.x)
            .yAxisTitle(chart.y + ", in mean task times, cut at " + (int) MOST_SHOWN)
            .build();
    double least = MOST_SHOWN;
    double most = 0;
    for (Rule rule : rules) {
      double[] values =
          Arrays.stream(chart.at)
              .map(
                  x ->
                      Math.min(
                          MOST_SHOWN,
                          figure.applyAsDouble(Simulation.run(setup.apply(x).tasks(tasks), rule))))
              .toArray();
      drawn.addSeries(rule.name(), chart.at, values);
      least = Math.min(least, Arrays.stream(values).min().orElse(least));
      most = Math.max(most, Arrays.stream(values).max().orElse(most));
    }
    // Its only numbers are the powers of ten.
    drawn.getStyler().setYAxisLogarithmic(most > 10 * least);
    Path file = folder.resolve(chart.file + ".png");
    try {
      Files.createDirectories(folder);
      ImageIO.write(BitmapEncoder.getBufferedImage(drawn), "png", file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException("the chart " + file + " cannot be written", e);
    }
    System.out.println("drawn: " + file);
  }
}
