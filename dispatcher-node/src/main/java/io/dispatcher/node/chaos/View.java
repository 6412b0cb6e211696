package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;

/**
 * What a process of a run sees of the others. It asks nobody for that: where the network is cut,
 * nobody would answer.
 *
 * @param workers that its front sees
 * @param reason why it takes no tasks in; empty if it does
 */
record View(int workers, String reason) {

  static View of(Dispatcher dispatcher) {
    return new View(dispatcher.stats().workers(), dispatcher.readiness().reason());
  }
}
