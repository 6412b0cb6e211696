package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskState;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger knows of one task. Immutable; a write replaces the whole entry.
 *
 * @param key the task's key, if it has one
 * @param payload of a failed task until it has moved to a dead letter; of any other task that is
 *     final only the name of one that lies beside the block
 * @param attempt the only attempt whose writes are accepted
 * @param state {@link TaskState#WAITING} until final: who runs what is known by the workers, not by
 *     the ledger
 * @param failures attempts that the task's own code failed
 * @param dueAt wall-clock milliseconds before which the next attempt does not start; 0 = at once
 * @param lastWrite the random id of the write that made this entry: a repeat of that write finds it
 *     here
 * @param result the result of a succeeded task, until it was fetched
 * @param failure the newest failure
 * @param checkpoint the newest saved checkpoint; once the task is final, only its name
 * @param saves how many the current attempt has saved: an older one that arrives late is told by it
 * @param history of a task that met trouble; null for all others
 */
public record TaskEntry(
    Profile profile,
    @Nullable String key,
    @Nullable Value payload,
    int attempt,
    TaskState state,
    int failures,
    long dueAt,
    long lastWrite,
    @Nullable Value result,
    @Nullable Failure failure,
    @Nullable Value checkpoint,
    int saves,
    @Nullable History history) {

  /** The type of the failure of a task that was set aside because nodes died of it. */
  public static final String POISON = "io.dispatcher.Poison";

  /** The type of the failure of a task that was set aside because its leases lapsed. */
  public static final String LAPSES = "io.dispatcher.LapsedLeases";

  /** The entry of a task that was just accepted. */
  public static TaskEntry accepted(
      Profile profile, @Nullable String key, Value payload, long write) {
    return accepted(profile, key, payload, write, null);
  }

  /** The entry of a task that was just accepted, and repeats another. */
  public static TaskEntry accepted(
      Profile profile, @Nullable String key, Value payload, long write, @Nullable History past) {
    return new TaskEntry(
        profile, key, payload, 1, TaskState.WAITING, 0, 0, write, null, null, null, 0, past);
  }

  /** Whether an outcome is recorded. */
  public boolean isFinal() {
    return state.isFinal();
  }

  /** Workers that died while they ran it, as {@link History#deaths} counts them. */
  public int deaths() {
    return history == null ? 0 : history.deaths();
  }

  /** Leases that lapsed while a worker had it. */
  public int lapses() {
    return history == null ? 0 : history.lapses();
  }

  TaskEntry reissued(Change.Reissue change, Change.Item item) {
    Change.Cause cause = change.cause();
    History before = History.of(history);
    boolean due = change.at() == 0 || (dueAt <= change.at() && profile.notBefore() <= change.at());
    boolean started = cause != Change.Cause.ADOPTED || (due && before.mayHaveStarted());
    History after = history;
    if (cause != Change.Cause.RETURNED && started) {
      after = before.givenUp(cause, true, givenUp(before, change, item));
    } else if (history != null) {
      after = history.givenUp(cause, started, null);
    }
    if (after != null && after.cancelled()) {
      return ended(change.write(), TaskState.CANCELLED, failures, null, failure, after);
    }
    if (after != null && (after.poison() || after.lapsedTooOften())) {
      Failure why = new Failure(setAside(after), reason(after), "", change.node(), attempt);
      return ended(change.write(), TaskState.FAILED, failures, null, why, after);
    }
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt + 1,
        state,
        failures,
        // What is adopted may not have been due yet.
        cause == Change.Cause.ADOPTED ? dueAt : 0,
        change.write(),
        null,
        failure,
        checkpoint,
        0,
        after);
  }

  private PastAttempt givenUp(History before, Change.Reissue change, Change.Item item) {
    // Nobody is to blame it for that death, nor to look there for what it did.
    boolean waited = change.cause() == Change.Cause.DEATH && !before.mayHaveStarted();
    long handedAt = waited ? 0 : item.startedAt();
    long startedAt = before.startedAt() == 0 ? handedAt : before.startedAt();
    boolean unknown = change.cause() == Change.Cause.ADOPTED && !before.begun();
    Peer by = before.starter();
    String node = by == null ? change.node() : by.node();
    PastAttempt.Cause cause =
        switch (change.cause()) {
          case DEATH -> PastAttempt.Cause.NODE_DIED;
          case LAPSE -> PastAttempt.Cause.LEASE_LAPSED;
          case LEFT -> PastAttempt.Cause.NODE_LEFT;
          case ADOPTED, RETURNED -> PastAttempt.Cause.OWNER_DIED;
        };
    return new PastAttempt(
        attempt,
        unknown || node.isEmpty() ? null : node,
        History.instant(startedAt),
        Instant.ofEpochMilli(change.at()),
        cause,
        waited
            ? "it was not running there"
            : unknown && !node.isEmpty() ? "node " + node + ", which drove the task, died" : "");
  }

  private static String setAside(History history) {
    return history.poison() ? POISON : LAPSES;
  }

  private static String reason(History history) {
    return history.poison()
        ? "set aside: "
            + history.deaths()
            + " nodes died while they ran this task or may have run it ("
            + history.nodesLost(PastAttempt.Cause.NODE_DIED)
            + "), and it saved no newer checkpoint between; look at what it does to its process"
            + " before it is retried"
        : "set aside: the leases of "
            + history.lapses()
            + " nodes lapsed while they had this task ("
            + history.nodesLost(PastAttempt.Cause.LEASE_LAPSED)
            + "), and it saved no newer checkpoint between; look at what holds those nodes up"
            + " before it is retried";
  }

  TaskEntry begun(Peer worker, long at) {
    return with(History.of(history).begun(worker, at));
  }

  /** Whoever has written ahead that it starts the attempt does not run it. */
  TaskEntry withdrawn() {
    return with(History.of(history).withdraw());
  }

  /** The write that made this entry stays: its repeat must find itself. */
  private TaskEntry with(History next) {
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt,
        state,
        failures,
        dueAt,
        lastWrite,
        null,
        failure,
        checkpoint,
        saves,
        next);
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
        dueAt,
        write,
        result,
        failure,
        checkpoint,
        saves,
        history);
  }

  TaskEntry saved(long write, Value progress, int sequence) {
    // A task that saves the same again has not got on.
    boolean cleared = history != null && !same(progress, checkpoint);
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt,
        state,
        failures,
        dueAt,
        write,
        null,
        failure,
        progress,
        sequence,
        cleared && history != null ? history.cleared() : history);
  }

  private static boolean same(Value one, @Nullable Value other) {
    if (other == null) {
      return false;
    }
    ValueId stored = one.stored();
    return stored == null
        ? Arrays.equals(one.bytes(), other.bytes())
        : stored.equals(other.stored());
  }

  TaskEntry retried(long write, Failure cause, Change.Settlement how) {
    History after = History.of(history).ended(past(how, PastAttempt.Cause.FAILED, cause));
    if (after.cancelled()) {
      return ended(write, TaskState.CANCELLED, failures + 1, null, cause, after);
    }
    return new TaskEntry(
        profile,
        key,
        payload,
        attempt + 1,
        state,
        failures + 1,
        how.retryDueAt(),
        write,
        null,
        cause,
        checkpoint,
        0,
        after);
  }

  private PastAttempt past(
      Change.Settlement how, PastAttempt.Cause cause, @Nullable Failure failed) {
    Change.Run run = how.run();
    String node = failed != null ? failed.node() : run == null ? null : run.node();
    return new PastAttempt(
        attempt,
        node,
        run == null ? null : History.instant(run.startedAt()),
        Instant.ofEpochMilli(run == null ? 0 : run.endedAt()),
        cause,
        failed == null ? "" : failed.summary());
  }

  TaskEntry succeeded(long write, Value value, Change.Settlement how) {
    History after =
        history == null ? null : history.ended(past(how, PastAttempt.Cause.SUCCEEDED, null));
    return ended(write, TaskState.SUCCEEDED, failures, value, null, after);
  }

  TaskEntry failed(long write, Failure cause, Change.Settlement how) {
    History after =
        history == null ? null : history.ended(past(how, PastAttempt.Cause.FAILED, cause));
    return ended(write, TaskState.FAILED, failures + 1, null, cause, after);
  }

  TaskEntry ended(long write, TaskState end) {
    return ended(write, end, failures, null, failure, history);
  }

  /** Somebody who cannot reach the owner wants it cancelled. */
  TaskEntry marked() {
    return with(History.of(history).marked());
  }

  /** The payload of a failed task is a dead letter's now, or nobody's. */
  TaskEntry moved() {
    return new TaskEntry(
        profile,
        key,
        null,
        attempt,
        state,
        failures,
        0,
        lastWrite,
        null,
        failure,
        checkpoint,
        0,
        history);
  }

  /** This failed task as a dead letter. */
  public TaskEntry letter(long write) {
    return new TaskEntry(
        profile, key, payload, attempt, state, failures, 0, write, null, failure, null, 0, history);
  }

  TaskEntry removed(long write) {
    return new TaskEntry(
        profile,
        key,
        null,
        attempt,
        TaskState.REMOVED,
        failures,
        0,
        write,
        null,
        null,
        null,
        0,
        null);
  }

  private TaskEntry ended(
      long write,
      TaskState end,
      int failed,
      @Nullable Value value,
      @Nullable Failure cause,
      @Nullable History past) {
    return new TaskEntry(
        profile,
        key,
        end == TaskState.FAILED ? payload : named(payload),
        attempt,
        end,
        failed,
        0,
        write,
        value,
        cause,
        named(checkpoint),
        0,
        past);
  }

  /** This entry as a patch changes it; the rest stays as the replica has it. */
  TaskEntry patched(TaskEntry patch) {
    return new TaskEntry(
        profile,
        key,
        patched(payload, patch),
        patch.attempt,
        patch.state,
        patch.failures,
        patch.dueAt,
        patch.lastWrite,
        patch.result,
        patch.failure,
        patch.checkpoint,
        patch.saves,
        patch.history);
  }

  private static @Nullable Value patched(@Nullable Value held, TaskEntry patch) {
    return switch (patch.state) {
      case REMOVED -> null;
      case FAILED -> patch.payload == null ? null : held;
      default -> patch.isFinal() ? named(held) : held;
    };
  }

  /** Without payload, result and checkpoint bytes: what an answer tells of it. */
  TaskEntry brief() {
    boolean inline = checkpoint != null && checkpoint.stored() == null;
    return payload == null && result == null && !inline
        ? this
        : new TaskEntry(
            profile,
            key,
            null,
            attempt,
            state,
            failures,
            dueAt,
            lastWrite,
            null,
            failure,
            inline ? null : checkpoint,
            inline ? 0 : saves,
            history);
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
    bytes += history == null ? 0 : history.weight();
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
