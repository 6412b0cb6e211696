package io.dispatcher.task;

import java.util.Locale;

/**
 * Where a task is in its life.
 *
 * <pre>
 * WAITING ⇄ RUNNING → SUCCEEDED | FAILED ┐
 *    └────────┴─────→ CANCELLED | EXPIRED┴→ REMOVED
 * </pre>
 */
public enum TaskState {
  /**
   * Accepted and not running; {@link WaitingReason} says what for. Its owner, a front, moves it on.
   * If the owner dies another front adopts the task, and it goes on waiting there.
   */
  WAITING,
  /**
   * A worker has it. The worker moves it on by settling an outcome or a retry, the owner at its
   * time limit, deadline or cancellation. If the worker dies, the owner starts it again elsewhere
   * under a higher attempt; if the owner dies, the attempt goes on and its new owner is told.
   */
  RUNNING,
  /** Ended with a result. Final; nothing moves it on but its retention. */
  SUCCEEDED,
  /** Ended with a {@link Failure}, no retry left or wanted. Final. */
  FAILED,
  /** Ended by a call of {@code cancel}. Final; an attempt that still runs is fenced off. */
  CANCELLED,
  /** Ended by its deadline. Final; an attempt that still runs is fenced off. */
  EXPIRED,
  /**
   * Was accepted, and nothing is kept of it any more. Its owner, or whoever adopted it, removes it
   * after its retention; its id alone still tells that it was accepted here, for ever. Final.
   */
  REMOVED;

  /** Returns true if the task will never be started again. */
  public boolean isFinal() {
    return this != WAITING && this != RUNNING;
  }

  /** Returns the name as it is shown at every door, in lower case: {@code succeeded}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the state with this {@link #text()}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static TaskState of(String text) {
    for (TaskState state : values()) {
      if (state.text().equals(text)) {
        return state;
      }
    }
    throw new IllegalArgumentException("There is no task state " + Text.quote(text));
  }
}
