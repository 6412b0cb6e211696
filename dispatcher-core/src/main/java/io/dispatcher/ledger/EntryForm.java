package io.dispatcher.ledger;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.io.IOException;

/** A task as its block keeps it, as bytes; in a patch without what the replica has. */
final class EntryForm {

  private static final int HAS_KEY = 1;
  private static final int HAS_PAYLOAD = 1 << 1;
  private static final int HAS_RESULT = 1 << 2;
  private static final int HAS_FAILURE = 1 << 3;
  private static final int HAS_CHECKPOINT = 1 << 4;
  private static final int SAME_WRITE = 1 << 5;
  private static final int COUNTERS = 1 << 6;
  private static final int FIRST_ATTEMPT = 1 << 7;

  // The places in this array are the format; the order of the enum is not.
  static final TaskState[] STATES = {
    TaskState.WAITING,
    TaskState.RUNNING,
    TaskState.SUCCEEDED,
    TaskState.FAILED,
    TaskState.CANCELLED,
    TaskState.EXPIRED,
    TaskState.REMOVED
  };

  /** Stand where a patch leaves something out; the replica has it. */
  private static final Value OMITTED_VALUE = Value.inline(new byte[0]);

  private static final Profile OMITTED = new Profile("", 0, Backoff.DEFAULT, 0, 0, 0, 5, 0);

  private EntryForm() {}

  static void write(PieceWriter out, TaskEntry entry, boolean patch) {
    String key = patch ? null : entry.key();
    // Of a failed task a patch tells whether the replica is to keep the payload that it has.
    boolean kept = patch && entry.state() == TaskState.FAILED && entry.payload() != null;
    Value payload = patch ? null : entry.payload();
    Value result = entry.result();
    Failure failure = entry.failure();
    Value checkpoint = entry.checkpoint();
    History history = entry.history();
    boolean counters = entry.failures() != 0 || entry.dueAt() != 0 || history != null;
    boolean sameWrite = entry.lastWrite() == out.lastWrite;
    out.u8(
        (key == null ? 0 : HAS_KEY)
            | (payload == null && !kept ? 0 : HAS_PAYLOAD)
            | (result == null ? 0 : HAS_RESULT)
            | (failure == null ? 0 : HAS_FAILURE)
            | (checkpoint == null ? 0 : HAS_CHECKPOINT)
            | (sameWrite ? SAME_WRITE : 0)
            | (counters ? COUNTERS : 0)
            | (entry.attempt() == 1 ? FIRST_ATTEMPT : 0));
    out.u8(PieceWriter.place(STATES, entry.state()));
    if (!patch) {
      ProfileForm.write(out, entry.profile());
    }
    if (key != null) {
      out.text(key);
    }
    if (payload != null) {
      out.value(payload);
    }
    if (entry.attempt() != 1) {
      out.number(entry.attempt());
    }
    if (counters) {
      out.number(entry.failures());
      out.fixed64(entry.dueAt());
      out.bool(history != null);
      if (history != null) {
        HistoryForm.write(out, history);
      }
    }
    if (!sameWrite) {
      out.fixed64(entry.lastWrite());
      out.lastWrite = entry.lastWrite();
    }
    if (result != null) {
      out.value(result);
    }
    if (failure != null) {
      out.failure(failure);
    }
    if (checkpoint != null) {
      out.value(checkpoint);
      out.number(entry.saves());
    }
  }

  static TaskEntry read(PieceReader in, boolean patch) throws IOException {
    int flags = in.u8();
    TaskState state = in.oneOf(STATES, "state");
    Profile profile = patch ? OMITTED : ProfileForm.read(in);
    String key = (flags & HAS_KEY) == 0 ? null : in.text();
    Value payload = (flags & HAS_PAYLOAD) == 0 ? null : patch ? OMITTED_VALUE : in.value();
    int attempt = (flags & FIRST_ATTEMPT) == 0 ? in.number() : 1;
    boolean counters = (flags & COUNTERS) != 0;
    int failures = counters ? in.number() : 0;
    History history = counters && in.isFormatBefore() ? HistoryForm.readBefore(in) : null;
    long dueAt = counters ? in.fixed64() : 0;
    if (counters && !in.isFormatBefore() && in.bool()) {
      history = HistoryForm.read(in);
    }
    if ((flags & SAME_WRITE) == 0) {
      in.lastWrite = in.fixed64();
    }
    long write = in.lastWrite;
    Value result = (flags & HAS_RESULT) == 0 ? null : in.value();
    Failure failure = (flags & HAS_FAILURE) == 0 ? null : in.failure();
    Value checkpoint = (flags & HAS_CHECKPOINT) == 0 ? null : in.value();
    int saves = checkpoint == null ? 0 : in.number();
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
}
