package io.dispatcher.examples.lab;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * The simulator against a closed formula.
 *
 * @param formula the mean time of a task, by the load
 */
record Check(String rule, Setup setup, DoubleUnaryOperator formula) {

  /** Even where runs deviate by more than is estimated, one in a hundred is further off. */
  private static final double DEVIATIONS = 4;

  /** So much more load: for the slope of a formula. */
  private static final double MORE = 1.0 / 128;

  /** The longer, the closer to the formula. */
  static List<Check> all(int tasks) {
    return List.of(
        random(0.7, 4 * tasks),
        random(0.9, 16 * tasks),
        twoChoices(0.7, 4 * tasks),
        twoChoices(0.9, 8 * tasks),
        twoChoices(0.95, 16 * tasks));
  }

  private static Check random(double load, int tasks) {
    Setup setup = Setup.of(20, 4, 1, load).ideal().tasks(tasks);
    return new Check("random", setup, at -> Theory.random(4, at));
  }

  /** Enough workers for what holds of very many; they take long to get to their usual load. */
  private static Check twoChoices(double load, int tasks) {
    Setup setup = Setup.of(500, 1, 1, load).ideal().tasks(tasks, 0.5);
    return new Check("power-of-two", setup, at -> Theory.bestOf(2, at));
  }

  double expected() {
    return formula.applyAsDouble(setup.work().load());
  }

  /**
   * How far off chance puts a run, as a part of what is expected. Gaps and sizes are exponential,
   * so the load that a run has deviates by √(2 / tasks) of what it should be, and the mean time by
   * that times its growth with the load: most of all where that is high. Over 8 to 12 seeds runs
   * deviated by 0.5 to 1.6 times as much.
   */
  double off() {
    double load = setup.work().load();
    double growth = (formula.applyAsDouble(load * (1 + MORE)) / expected() - 1) / MORE;
    double measured = setup.length().tasks() * (1 - setup.length().warmUp());
    return DEVIATIONS * growth * Math.sqrt(2 / measured);
  }

  Goal run() {
    return run(Scenario.ours(rule));
  }

  /**
   * @param other than the rule of which the formula is
   */
  Goal run(Rule other) {
    String what = other.name() + " by the formula, load " + setup.work().load();
    return Goal.near(what, Simulation.run(setup, other).mean(), expected(), off());
  }
}
