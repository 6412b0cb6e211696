package io.dispatcher.examples.lab;

/** What mathematics says of the mean time of a task, in mean task times. */
final class Theory {

  private Theory() {}

  /**
   * Tasks that go to workers at random, each with so many slots: M/M/c, by Erlang's formula.
   *
   * @param load of each worker, below 1
   */
  static double random(int slots, double load) {
    double offered = slots * load;
    // The probability that all slots of c are busy and nobody may wait, for c = 0, 1, 2 …
    double blocked = 1;
    for (int c = 1; c <= slots; c++) {
      blocked = offered * blocked / (c + offered * blocked);
    }
    double waits = blocked / (1 - load * (1 - blocked));
    return 1 + waits / (slots * (1 - load));
  }

  /**
   * Tasks that go to the better of so many random workers with one slot each, of which there are
   * very many.
   *
   * @see <a href="https://doi.org/10.1109/71.963420">Mitzenmacher: The power of two choices in
   *     randomized load balancing, 2001</a>
   */
  static double bestOf(int choices, double load) {
    double sum = 0;
    double power = 1;
    for (int i = 1; power < 1e6; i++) {
      // (d^i - d) / (d - 1)
      double exponent = (Math.pow(choices, i) - choices) / (choices - 1);
      double term = Math.pow(load, exponent);
      sum += term;
      power = exponent;
    }
    return sum;
  }
}
