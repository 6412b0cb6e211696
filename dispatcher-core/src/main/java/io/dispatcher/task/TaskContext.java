package io.dispatcher.task;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a handler can know about the attempt it runs. Thread-safe; valid until the attempt ends, and
 * harmless after that.
 */
public interface TaskContext {
  /** Returns the id of the task, the same in every attempt. */
  TaskId id();

  /** Returns the name of the task's type. */
  String type();

  /** Returns the task's key; empty if it has none. */
  Optional<String> key();

  /**
   * Returns the number of this attempt, 1 for the first one. Grows with every start, also after a
   * node was lost, and may skip numbers.
   */
  int attempt();

  /**
   * Returns a number that grows with every start of this task. Store it with what the handler
   * writes elsewhere and write only where the stored one is not larger: then an older attempt that
   * wakes up late cannot overwrite the work of a newer one.
   *
   * <pre>{@code update invoice set total = ?, fence = ? where id = ? and fence <= ?}</pre>
   */
  long fence();

  /** Returns the name of the node that runs this attempt. */
  String node();

  /** Returns when the task expires, by this node's clock; empty if it has no deadline. */
  Optional<Instant> deadline();

  /**
   * Returns true once this attempt counts no more: it was cancelled, ran over its time limit, or
   * was fenced off by a newer one. What it returns from then on is dropped. Cheap enough for an
   * inner loop.
   */
  boolean cancelled();

  /**
   * Completes with null when {@link #cancelled()} turns true; never completes if it does not, and
   * never fails. Callbacks run on a pool thread or, if it has completed already, on the caller's.
   */
  CompletionStage<@Nullable Void> cancellation();

  /**
   * Returns true once the node of this attempt drains and another node could go on with the task:
   * the next {@link #save} ends this attempt, and the next one begins elsewhere from that
   * checkpoint. A handler need not ask; one that rarely saves may save at once when it sees this,
   * so that the node does not have to wait, or to stop it when the wait is over. Cheap enough for
   * an inner loop.
   */
  boolean draining();

  /**
   * Says how far the attempt is, for {@link TaskStatus#progress()}. Never blocks; only the newest
   * note counts, and some may never be seen. Ignored once the attempt is over.
   *
   * @param note cut to {@value TaskLimits#MAX_PROGRESS_CHARS} characters
   */
  void progress(String note);

  /**
   * Records how far this attempt is: once this returns, the next attempt finds the value, whatever
   * dies. Blocks until every replica has it, about a millisecond on a quiet cluster. A newer
   * checkpoint replaces the older one.
   *
   * @throws StaleAttempt if this attempt no longer owns the task; stop working on it. While the
   *     node drains ({@link #draining()}) this is thrown after the value was recorded: the next
   *     attempt begins from it, on another node
   * @throws TaskRefused if the encoded value is over {@value TaskLimits#MAX_VALUE_BYTES} bytes
   * @throws DispatcherException if the value cannot be encoded, or the thread was interrupted
   */
  <T extends @Nullable Object> void save(Codec<T> codec, T value);

  /**
   * As {@link #save}, without blocking. Of values that are saved while an earlier one is being
   * recorded only the newest counts; their stages complete together. The stage completes on the
   * callback executor, with {@link StaleAttempt} if this attempt no longer owns the task.
   */
  <T extends @Nullable Object> CompletionStage<@Nullable Void> saveAsync(Codec<T> codec, T value);

  /**
   * Returns the newest checkpoint of this task, of this or an earlier attempt; empty if none was
   * saved. In the first attempt this costs nothing; later it may block for a read of the ledger.
   *
   * @throws StaleAttempt if this attempt no longer owns the task
   * @throws DispatcherException if the bytes cannot be decoded
   */
  <T> Optional<T> last(Codec<T> codec);

  /** As {@link #last}, without blocking. The stage completes on the callback executor. */
  <T> CompletionStage<Optional<T>> lastAsync(Codec<T> codec);

  /** Returns a context to test a handler with, without a dispatcher. */
  static TestTaskContext forTest() {
    return new TestTaskContext();
  }
}
