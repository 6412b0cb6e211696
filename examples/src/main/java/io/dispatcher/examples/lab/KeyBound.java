package io.dispatcher.examples.lab;

/**
 * The bound of {@code consistent-hash} from what is truly there, those on their way included. One
 * front keeps to it; of several, each goes by what it knows.
 */
final class KeyBound {

  private static final double BOUND = 1.5;

  private KeyBound() {}

  /** By how many tasks a worker is over its bound with one more; 0 if it is not. */
  static long over(Members members, int worker, Simulation simulation) {
    long load = 0;
    double all = 0;
    double own = 0;
    int slots = 0;
    for (int i = 0; i < members.size(); i++) {
      if (members.open(i)) {
        load += simulation.outstanding(members.number(i));
        all += members.weight(i);
      }
      if (members.number(i) == worker) {
        own = members.weight(i);
        slots = members.slots(i);
      }
    }
    long cap = (long) Math.ceil(BOUND * (load + 1.0) * own / all);
    return Math.max(0, simulation.outstanding(worker) + 1 - Math.max(slots, cap));
  }
}
