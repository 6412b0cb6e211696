package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.Stats;

/**
 * What a process of a run sees of the others. It asks nobody for that: where the network is cut,
 * nobody would answer.
 *
 * @param workers that its front sees
 * @param reason why it takes no tasks in; empty if it does
 * @param era of the ledger: who was removed may be back as another peer by now
 */
record View(int workers, String reason, long era) {

  static View of(Dispatcher dispatcher) {
    Stats stats = dispatcher.stats();
    return new View(stats.workers(), dispatcher.readiness().reason(), stats.era());
  }
}
