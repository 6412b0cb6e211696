package io.dispatcher.ledger;

import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What happened to a task before, as bytes: deaths, lapses, where it runs, past attempts. */
final class HistoryForm {

  private static final int HAS_WORKER = 1;
  private static final int HAS_RETRY_OF = 1 << 1;
  private static final int IS_CANCELLED = 1 << 2;

  private static final int HAS_NODE = 1;
  private static final int HAS_START = 1 << 1;

  // The places in this array are the format; the order of the enum is not.
  private static final PastAttempt.Cause[] CAUSES = {
    PastAttempt.Cause.SUCCEEDED,
    PastAttempt.Cause.FAILED,
    PastAttempt.Cause.NODE_DIED,
    PastAttempt.Cause.LEASE_LAPSED,
    PastAttempt.Cause.OWNER_DIED,
    PastAttempt.Cause.NODE_LEFT
  };

  private HistoryForm() {}

  static void write(PieceWriter out, History history) {
    Peer worker = history.worker();
    TaskId retryOf = history.retryOf();
    out.u8(
        (worker == null ? 0 : HAS_WORKER)
            | (retryOf == null ? 0 : HAS_RETRY_OF)
            | (history.cancelled() ? IS_CANCELLED : 0));
    out.number(history.deaths());
    out.number(history.lapses());
    if (worker != null) {
      out.peer(worker);
      out.fixed64(history.startedAt());
    }
    if (retryOf != null) {
      out.text(retryOf.text());
    }
    out.number(history.attempts().size());
    for (PastAttempt attempt : history.attempts()) {
      pastAttempt(out, attempt);
    }
  }

  private static void pastAttempt(PieceWriter out, PastAttempt attempt) {
    String node = attempt.node();
    Instant startedAt = attempt.startedAt();
    out.number(attempt.attempt());
    out.u8(PieceWriter.place(CAUSES, attempt.cause()));
    out.u8((node == null ? 0 : HAS_NODE) | (startedAt == null ? 0 : HAS_START));
    if (node != null) {
      out.shared(node);
    }
    if (startedAt != null) {
      out.fixed64(startedAt.toEpochMilli());
    }
    out.fixed64(attempt.endedAt().toEpochMilli());
    out.shared(attempt.note());
  }

  /** Deaths were counted then of whatever the dead node had, run or not. */
  static @Nullable History readBefore(PieceReader in) throws IOException {
    int deaths = Math.min(1, in.number());
    int lapses = in.number();
    return deaths == 0 && lapses == 0
        ? null
        : new History(deaths, lapses, null, 0, null, false, List.of());
  }

  static History read(PieceReader in) throws IOException {
    int flags = in.u8();
    int deaths = in.number();
    int lapses = in.number();
    boolean begun = (flags & HAS_WORKER) != 0;
    Peer worker = begun ? in.peer() : null;
    long startedAt = begun ? in.fixed64() : 0;
    TaskId retryOf = (flags & HAS_RETRY_OF) == 0 ? null : taskId(in);
    int size = in.atMost(TaskLimits.MAX_PAST_ATTEMPTS, "the number of past attempts");
    List<PastAttempt> attempts = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      attempts.add(pastAttempt(in));
    }
    boolean cancelled = (flags & IS_CANCELLED) != 0;
    return new History(
        deaths, lapses, worker, startedAt, retryOf, cancelled, List.copyOf(attempts));
  }

  private static TaskId taskId(PieceReader in) throws IOException {
    String text = in.text();
    try {
      return TaskId.of(text);
    } catch (IllegalArgumentException malformed) {
      throw new IOException("no task id: " + malformed.getMessage(), malformed);
    }
  }

  private static PastAttempt pastAttempt(PieceReader in) throws IOException {
    int attempt = in.number();
    PastAttempt.Cause cause = in.oneOf(CAUSES, "cause of an attempt's end");
    int flags = in.u8();
    String node = (flags & HAS_NODE) == 0 ? null : in.shared();
    Instant startedAt = (flags & HAS_START) == 0 ? null : Instant.ofEpochMilli(in.fixed64());
    Instant endedAt = Instant.ofEpochMilli(in.fixed64());
    if (attempt < 1) {
      throw new IOException("a past attempt has the number " + attempt);
    }
    return new PastAttempt(attempt, node, startedAt, endedAt, cause, in.shared());
  }
}
