package io.dispatcher.task;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The failed tasks of the cluster whose payloads are kept: for 7 days, unless the budget of the
 * node that keeps them is full; then the oldest ones go first. A cancelled or expired task is none.
 *
 * <p>Thread-safe. Stages complete on the client's callback executor, and fail with a {@link
 * DispatcherException} if nobody who could know can be reached.
 */
public interface DeadLetters {

  /** The most that one page shows. */
  int MAX_PAGE = 500;

  /** The most that one call retries or deletes. */
  int MAX_BULK = 1000;

  /** Returns those that match, the newest first. */
  CompletionStage<Page> list(Query query);

  /** Looks one up, with its payload; empty if there is none of this task. */
  CompletionStage<Optional<DeadLetter>> find(TaskId id);

  /**
   * Submits the task again, as a new one of the same content that tells by {@link
   * TaskStatus#retryOf()} what it repeats, and drops the dead letter. Repeated after an error it
   * does not submit another one. Empty if there is no dead letter of this task.
   *
   * <p>The stage fails with {@link TaskRefused} if there is no room for it now; the dead letter
   * stays.
   */
  CompletionStage<Optional<TaskId>> retry(TaskId id);

  /**
   * Drops one; false if there is none of this task. The stage fails with {@link
   * DispatcherException} if another node has just taken it over: it stays, repeat the call.
   */
  CompletionStage<Boolean> delete(TaskId id);

  /** As {@link #retry(TaskId)}, for up to {@link #MAX_BULK} that match, the oldest first. */
  CompletionStage<Bulk> retryAll(Filter filter);

  /** As {@link #delete(TaskId)}, for up to {@link #MAX_BULK} that match, the oldest first. */
  CompletionStage<Bulk> deleteAll(Filter filter);

  /**
   * Which ones are meant: those for which everything that is set holds.
   *
   * @param type name of the task type; null for any
   * @param error a text that the type or the message of the failure has in it; null for any
   * @param olderThan failed at least this long ago; null for any
   * @param youngerThan failed at most this long ago; null for any
   */
  record Filter(
      @Nullable String type,
      @Nullable String error,
      @Nullable Duration olderThan,
      @Nullable Duration youngerThan) {

    /** All of them. */
    public static final Filter ALL = new Filter(null, null, null, null);
  }

  /**
   * What a page is to show.
   *
   * @param limit the most to show, 1 to {@link #MAX_PAGE}
   * @param cursor {@link Page#next} of the page before; null for the first page
   */
  record Query(Filter filter, int limit, @Nullable String cursor) {
    /**
     * Checks the limit and the cursor.
     *
     * @throws IllegalArgumentException if the limit is out of range, or the cursor is none
     */
    public Query {
      if (limit < 1 || limit > MAX_PAGE) {
        throw new IllegalArgumentException(
            "limit is " + limit + ", but must be 1 to " + MAX_PAGE + "; ask for several pages");
      }
      if (cursor != null && !cursor.matches("\\d{1,18}-[A-Za-z0-9_-]{1,32}")) {
        throw new IllegalArgumentException(
            "the cursor is " + Text.quote(cursor) + "; use the one of the page before");
      }
    }
  }

  /**
   * Some of them.
   *
   * @param letters the newest first
   * @param next names the page that follows; null if this is the last one
   * @param total how many match, those of other pages too
   * @param complete false if a front did not answer in time: some may be missing
   */
  record Page(List<DeadLetter> letters, @Nullable String next, long total, boolean complete) {
    public Page {
      letters = List.copyOf(letters);
    }
  }

  /**
   * What a call for many did.
   *
   * @param done how many were retried or deleted
   * @param refused how many could not be retried or deleted, because there was no room, the cluster
   *     did not answer, or another node has just taken them over; they stay
   * @param more how many match beyond what one call may do: repeat it
   * @param complete false if a front did not answer in time: some may be left
   */
  record Bulk(int done, int refused, long more, boolean complete) {}
}
