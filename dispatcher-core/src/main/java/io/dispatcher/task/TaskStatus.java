package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a task stood when somebody looked. Only the final states stay true.
 *
 * @param id the task
 * @param type name of its type; empty if the task is removed and its type forgotten
 * @param state where it is in its life
 * @param waiting what it waits for; null unless it is waiting
 * @param node node that runs it, or ran its last attempt; null if it was never started
 * @param attempt number of its newest attempt, from 1; 0 if it was never started
 * @param progress the newest note of its handler, at most {@value TaskLimits#MAX_PROGRESS_CHARS}
 *     characters; null if there is none
 * @param failure what it failed with, or, while it is retried, what its last attempt failed with;
 *     null if no attempt has failed
 * @param stale whether this is the word of only one of two, as the other did not answer in time: of
 *     the front that drives the task, then the task may run although it is shown as waiting, or of
 *     the ledger, then it may have ended. A final state never is
 * @param history how its earlier attempts ended, the newest {@value TaskLimits#MAX_PAST_ATTEMPTS}
 *     of them, oldest first; once it has an outcome, the last one too. Empty of a task that needed
 *     one attempt only
 * @param retryOf the failed task that this one repeats; null if it repeats none
 * @param why what a waiting task waits for, in words: {@code no node with a handler for thumbnail
 *     has label gpu}; null if it does not wait, or its front did not say
 * @param placement why the task went where it did; null if it did not ask, or nobody remembers
 */
public record TaskStatus(
    TaskId id,
    String type,
    TaskState state,
    @Nullable WaitingReason waiting,
    @Nullable String node,
    int attempt,
    @Nullable String progress,
    @Nullable Failure failure,
    boolean stale,
    List<PastAttempt> history,
    @Nullable TaskId retryOf,
    @Nullable String why,
    @Nullable Placement placement) {

  /** Of a task without a history, of which nobody says why. */
  public TaskStatus(
      TaskId id,
      String type,
      TaskState state,
      @Nullable WaitingReason waiting,
      @Nullable String node,
      int attempt,
      @Nullable String progress,
      @Nullable Failure failure,
      boolean stale) {
    this(
        id, type, state, waiting, node, attempt, progress, failure, stale, List.of(), null, null,
        null);
  }

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the attempt is negative, a task that does not wait has a
   *     waiting reason, or a final state is said to be stale
   */
  public TaskStatus {
    requireNonNull(id, "id");
    requireNonNull(type, "type");
    requireNonNull(state, "state");
    history = List.copyOf(history);
    if (waiting != null && state != TaskState.WAITING) {
      throw new IllegalArgumentException(
          "Task " + id + " is " + state.text() + " and cannot wait for " + waiting.text());
    }
    if (stale && state.isFinal()) {
      throw new IllegalArgumentException(
          "Task " + id + " is " + state.text() + ", which is final and cannot be stale");
    }
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt is " + attempt + ", but must be 0 or more");
    }
  }
}
