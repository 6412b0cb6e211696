package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger knows of one task. Immutable; a write replaces the whole entry.
 *
 * @param key the task's key, if it has one
 * @param payload once the task is final, only the name of one that lies beside the block
 * @param attempt the only attempt whose writes are accepted
 * @param state {@link TaskState#WAITING} until final: who runs what is known by the workers, not by
 *     the ledger
 * @param failures attempts that the task's own code failed
 * @param deaths workers that died while they ran it
 * @param lapses leases that lapsed while a worker ran it
 * @param dueAt wall-clock milliseconds before which the next attempt does not start; 0 = at once
 * @param lastWrite the random id of the write that made this entry: a repeat of that write finds it
 *     here
 * @param result the result of a succeeded task, until it was fetched
 * @param failure the newest failure
 * @param checkpoint the newest saved checkpoint; once the task is final, only its name
 * @param saves how many the current attempt has saved: an older one that arrives late is told by it
 */
public record TaskEntry(
    Profile profile,
    @Nullable String key,
    @Nullable Value payload,
    int attempt,
    TaskState state,
    int failures,
    int deaths,
    int lapses,
    long dueAt,
    long lastWrite,
    @Nullable Value result,
    @Nullable Failure failure,
    @Nullable Value checkpoint,
    int saves) {

  /** The entry of a task that was just accepted. */
  public static TaskEntry accepted(
      Profile profile, @Nullable String key, Value payload, long write) {
    return new TaskEntry(
        profile, key, payload, 1, TaskState.WAITING, 0, 0, 0, 0, write, null, null, null, 0);
  }

  /** Whether an outcome is recorded. */
  public boolean isFinal() {
    return state.isFinal();
  }

  TaskEntry reissued(long write, Change.Cause cause) {
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt + 1,
        state,
        failures,
        deaths + (cause == Change.Cause.DEATH ? 1 : 0),
        lapses + (cause == Change.Cause.LAPSE ? 1 : 0),
        // What is adopted may not have been due yet.
        cause == Change.Cause.ADOPTED ? dueAt : 0,
        write,
        null,
        failure,
        checkpoint,
        0);
  }

  /** The same, as made by this write. */
  TaskEntry writtenBy(long write) {
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt,
        state,
        failures,
        deaths,
        lapses,
        dueAt,
        write,
        result,
        failure,
        checkpoint,
        saves);
  }

  TaskEntry saved(long write, Value progress, int sequence) {
    return new TaskEntry(
        profile, key, payload, attempt, state, failures, deaths, lapses, dueAt, write, null,
        failure, progress, sequence);
  }

  TaskEntry retried(long write, Failure cause, long due) {
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt + 1,
        state,
        failures + 1,
        deaths,
        lapses,
        due,
        write,
        null,
        cause,
        checkpoint,
        0);
  }

  TaskEntry succeeded(long write, Value value) {
    return ended(write, TaskState.SUCCEEDED, failures, value, null);
  }

  TaskEntry failed(long write, Failure cause) {
    return ended(write, TaskState.FAILED, failures + 1, null, cause);
  }

  TaskEntry ended(long write, TaskState end) {
    return ended(write, end, failures, null, failure);
  }

  TaskEntry removed(long write) {
    return new TaskEntry(
        profile,
        key,
        null,
        attempt,
        TaskState.REMOVED,
        failures,
        deaths,
        lapses,
        0,
        write,
        null,
        null,
        null,
        0);
  }

  private TaskEntry ended(
      long write, TaskState end, int failed, @Nullable Value value, @Nullable Failure cause) {
    return new TaskEntry(
        profile,
        key,
        named(payload),
        attempt,
        end,
        failed,
        deaths,
        lapses,
        0,
        write,
        value,
        cause,
        named(checkpoint),
        0);
  }

  /**
   * What remains of a value that nobody needs any more: the name of one that lies beside the block.
   * Whoever is to drop it may die before, and the next owner has to find it.
   */
  static @Nullable Value named(@Nullable Value value) {
    return value == null || value.stored() == null ? null : value;
  }

  /** Heap bytes, roughly: what the budgets of a node count with. */
  int weight() {
    int bytes = 88;
    bytes += weight(payload) + weight(result) + weight(checkpoint);
    bytes += key == null ? 0 : 40 + key.length();
    Failure cause = failure;
    if (cause != null) {
      bytes += 120 + cause.message().length() + cause.trace().length();
    }
    return bytes;
  }

  /** What lies beside the block weighs there. */
  private static int weight(@Nullable Value value) {
    return value == null ? 0 : 40 + (value.stored() == null ? value.size() : 0);
  }
}
