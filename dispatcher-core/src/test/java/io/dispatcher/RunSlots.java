package io.dispatcher;

import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Checker;
import io.dispatcher.task.TaskContext;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What runs on each worker: no more than it has slots, but for attempts that were told to stop. */
final class RunSlots {

  private final Checker checker;
  private final Map<Peer, Integer> slots = new HashMap<>();
  private final Map<Peer, Set<TaskContext>> running = new HashMap<>();

  RunSlots(Checker checker) {
    this.checker = checker;
  }

  /** A worker with that many slots is there. */
  void worker(Peer peer, int count) {
    checker.worker(peer, count);
    slots.put(peer, count);
    running.put(peer, new HashSet<>());
  }

  void started(Peer peer, String label, TaskContext context) {
    Set<TaskContext> here = running.get(peer);
    here.removeIf(TaskContext::cancelled);
    here.add(context);
    if (here.size() > slots.get(peer)) {
      checker.overSlots(label, peer, here.size());
    }
  }

  void ended(Peer peer, TaskContext context) {
    running.get(peer).remove(context);
  }
}
