package io.dispatcher.examples.lab;

/** How the worker of a task is chosen. */
interface Rule {

  String name();

  /**
   * What a front chooses with.
   *
   * @param first its members at the start, of which the chooser is told like of all later ones
   */
  Chooser chooser(Members first, Simulation simulation);

  /** How often it has workers send heartbeats to all fronts, in mean task times; 0 = never. */
  default double heartbeatEvery() {
    return 0;
  }

  /** The choice of one front. */
  interface Chooser {

    /** The front has these members from now on. */
    void membersChanged(Members members);

    /** The number of a worker, or -1 if the task has to wait. */
    int choose(SimTask task);
  }
}
