package io.dispatcher.examples.lab;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What came out. Times are in mean task times, from a task's arrival at a front until that front
 * knows its end.
 *
 * @param spread tasks of the worker that has the most, over the mean; on average
 * @param fairness Jain's index of tasks per unit of weight: 1 = all have the same, 1/n = one has
 *     all
 * @param slowShare of the tasks, those that went to the first worker
 * @param firstChoice of the tasks with keys, those that went to their key's first worker of those
 *     that their front had been told of
 * @param overBound of the tasks with keys, those that went to a worker that was, by what is truly
 *     there, at the bound of {@code consistent-hash} already
 * @param mostOver by so many tasks, at the most
 * @param returned of the tasks whose key belongs to the worker that dies, those that go to it once
 *     it is back, beside those that went to it before
 * @param sameWorker of the tasks of clients, those that went where the client's last one had gone
 * @param clientSpread clients of the worker that the last tasks of most went to, over the mean; on
 *     average
 * @param newShare of the tasks since a worker joined, those that went to it
 * @param toDying tasks sent to a worker that was dead, before its front was told
 * @param toGone tasks sent to a worker after its front was told that it left, or before it was told
 *     that it is there
 */
record Figures(
    Setup setup,
    String rule,
    double mean,
    double p50,
    double p99,
    double p999,
    double spread,
    double fairness,
    double slowShare,
    double firstChoice,
    double overBound,
    double mostOver,
    double returned,
    double sameWorker,
    double clientSpread,
    double newShare,
    long toDying,
    long toGone) {

  /** The means of runs with different seeds; what was counted is added up. */
  static Figures of(List<Figures> runs) {
    Figures first = runs.get(0);
    return new Figures(
        first.setup,
        first.rule,
        mean(runs, Figures::mean),
        mean(runs, Figures::p50),
        mean(runs, Figures::p99),
        mean(runs, Figures::p999),
        mean(runs, Figures::spread),
        mean(runs, Figures::fairness),
        mean(runs, Figures::slowShare),
        mean(runs, Figures::firstChoice),
        mean(runs, Figures::overBound),
        mean(runs, Figures::mostOver),
        mean(runs, Figures::returned),
        mean(runs, Figures::sameWorker),
        mean(runs, Figures::clientSpread),
        mean(runs, Figures::newShare),
        runs.stream().mapToLong(Figures::toDying).sum(),
        runs.stream().mapToLong(Figures::toGone).sum());
  }

  private static double mean(List<Figures> runs, ToDoubleFunction<Figures> figure) {
    return runs.stream().mapToDouble(figure).average().orElseThrow();
  }

  static String header() {
    return String.format(
        "%-17s %8s %7s %8s %8s %8s %6s %6s %6s %6s %5s %6s %6s %7s %6s %5s %4s",
        "rule",
        "mean",
        "p50",
        "p99",
        "p99.9",
        "max/mean",
        "Jain",
        "slow",
        "first",
        "over",
        "by",
        "back",
        "same",
        "clients",
        "new",
        "dying",
        "gone");
  }

  /** What does not apply is left out. */
  String row() {
    boolean keyed = setup.work().keys() > 0;
    boolean known = setup.work().clients() > 0;
    return String.format(
        "%-17s %8.3f %7.3f %8.2f %8.2f %8.2f %6.3f %6s %6s %6s %5s %6s %6s %7s %6s %5s %4s",
        rule,
        mean,
        p50,
        p99,
        p999,
        spread,
        fairness,
        setup.slowsDown() ? percent(slowShare) : "",
        keyed ? percent(firstChoice) : "",
        keyed ? percent(overBound) : "",
        keyed ? String.format("%.0f", mostOver) : "",
        keyed && setup.changes() ? percent(returned) : "",
        known ? percent(sameWorker) : "",
        known ? String.format("%.2f", clientSpread) : "",
        setup.changes() ? percent(newShare) : "",
        setup.changes() ? toDying : "",
        setup.changes() ? toGone : "");
  }

  private static String percent(double share) {
    return String.format("%.1f%%", 100 * share);
  }
}
