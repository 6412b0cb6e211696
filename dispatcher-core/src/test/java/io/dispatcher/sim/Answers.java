package io.dispatcher.sim;

import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.util.HashMap;
import java.util.Map;

/**
 * What those were told who asked how a task stands, at any front: what somebody was told as ended
 * is open to nobody who asks later, unless the answer says itself that it is not confirmed; and
 * what was accepted is known until it was removed.
 */
final class Answers {
  private final Simulation simulation;
  private final Violations violations;
  private final Replicas replicas;
  private final Map<TaskRef, Long> endedAt = new HashMap<>();
  private Map<TaskRef, Long> exported = Map.of();

  Answers(Simulation simulation, Violations violations, Replicas replicas) {
    this.simulation = simulation;
    this.violations = violations;
    this.replicas = replicas;
  }

  /** From now on the ledger is exported. */
  void exports() {
    exported = Map.copyOf(endedAt);
  }

  /** What was exported goes on in another cluster. */
  void goesOn() {
    endedAt.keySet().retainAll(exported.keySet());
  }

  /** Somebody was told that it has ended. */
  void ended(TaskRef task) {
    endedAt.putIfAbsent(task, simulation.now());
    replicas.told(task);
  }

  /** Somebody was told that there is no such task, of one that was accepted. */
  void unknown(TaskRef task) {
    violations.add(Promise.RECORDED, task, "was accepted, and told as unknown");
  }

  /** Somebody was told this who asked at that time. */
  void told(TaskRef task, TaskStatus status, long asked) {
    if (status.state() == TaskState.REMOVED && !replicas.forgotten(task)) {
      violations.add(Promise.RECORDED, task, "was told as removed, and nobody has removed it");
    }
    if (status.state().isFinal()) {
      ended(task);
      simulation.count("question answered with an end");
    } else if (!status.stale() && asked > endedAt.getOrDefault(task, Long.MAX_VALUE)) {
      violations.add(
          Promise.ONE_OUTCOME,
          task,
          "was told as " + status.state().text() + " after it had ended");
    }
  }
}
