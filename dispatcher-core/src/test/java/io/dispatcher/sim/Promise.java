package io.dispatcher.sim;

/** What a violation breaks; {@link Checker} says it in full. */
public enum Promise {
  /** What was accepted is on all replicas, known to whoever asks, and reaches its outcome. */
  RECORDED,
  /** One outcome is recorded and shown, and once it is, the task is never open again. */
  ONE_OUTCOME,
  /** An attempt starts once, attempts and fences only grow, and a result is its attempt's own. */
  FENCED,
  /** An attempt goes on from what an earlier one was told is saved. */
  CHECKPOINTS,
  /** A submission is one task, a refused one none, and a confirmed cancel is the outcome. */
  AS_ANSWERED,
  /** A task that takes its nodes with it is set aside in time, and no other one. */
  BUDGETS,
  /** Tasks, handles and submitters do not wait for nothing. */
  PROGRESS,
  /** No exception escapes. */
  NO_EXCEPTION
}
