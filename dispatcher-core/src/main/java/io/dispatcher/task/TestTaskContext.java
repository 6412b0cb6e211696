package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TaskContext} whose values a test sets and whose progress notes it can read. Made by
 * {@link TaskContext#forTest()}: the first attempt of task {@code Test} of type {@code test} on
 * node {@code test}, without key and deadline, not cancelled.
 *
 * <p>Thread-safe. The setters return this context.
 */
public final class TestTaskContext implements TaskContext {
  private volatile TaskId id = TaskId.of("Test");
  private volatile String type = "test";
  private volatile @Nullable String key;
  private volatile int attempt = 1;
  private volatile long fence = 1;
  private volatile String node = "test";
  private volatile @Nullable Instant deadline;
  private volatile byte @Nullable [] checkpoint;
  private volatile boolean draining;
  private final CompletableFuture<@Nullable Void> cancellation = new CompletableFuture<>();
  private final List<String> progressNotes = new CopyOnWriteArrayList<>();

  TestTaskContext() {}

  @Override
  public TaskId id() {
    return id;
  }

  /** Sets the id. */
  public TestTaskContext id(TaskId id) {
    this.id = requireNonNull(id, "id");
    return this;
  }

  @Override
  public String type() {
    return type;
  }

  /** Sets the name of the type. */
  public TestTaskContext type(String type) {
    this.type = requireNonNull(type, "type");
    return this;
  }

  @Override
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** Sets the key; null: none. */
  public TestTaskContext key(@Nullable String key) {
    this.key = key;
    return this;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  /**
   * Sets the number of the attempt, and the {@link #fence()} to the same number.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public TestTaskContext attempt(int attempt) {
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt is " + attempt + ", but must be 1 or more");
    }
    this.attempt = attempt;
    this.fence = attempt;
    return this;
  }

  @Override
  public long fence() {
    return fence;
  }

  /** Sets the fencing number. */
  public TestTaskContext fence(long fence) {
    this.fence = fence;
    return this;
  }

  @Override
  public String node() {
    return node;
  }

  /** Sets the name of the node. */
  public TestTaskContext node(String node) {
    this.node = requireNonNull(node, "node");
    return this;
  }

  @Override
  public Optional<Instant> deadline() {
    return Optional.ofNullable(deadline);
  }

  /** Sets the deadline; null: none. Only the value: nothing happens when it passes. */
  public TestTaskContext deadline(@Nullable Instant deadline) {
    this.deadline = deadline;
    return this;
  }

  @Override
  public boolean cancelled() {
    return cancellation.isDone();
  }

  @Override
  public CompletionStage<@Nullable Void> cancellation() {
    return cancellation.minimalCompletionStage();
  }

  /**
   * Cancels the attempt, for good. Callbacks of {@link #cancellation()} run on this thread. No
   * thread is interrupted.
   */
  public TestTaskContext cancel() {
    cancellation.complete(null);
    return this;
  }

  @Override
  public boolean draining() {
    return draining;
  }

  /** From now on a node that drains: the next {@link #save} is recorded and ends the attempt. */
  public TestTaskContext drain() {
    draining = true;
    return this;
  }

  @Override
  public void progress(String note) {
    progressNotes.add(TaskLimits.cutProgress(note));
  }

  @Override
  public <T extends @Nullable Object> void save(Codec<T> codec, T value) {
    if (cancelled()) {
      throw new StaleAttempt(id, node, attempt);
    }
    byte[] bytes;
    try {
      bytes = codec.encode(value);
    } catch (Exception e) {
      throw new DispatcherException("the checkpoint cannot be encoded: " + e, e);
    }
    if (bytes.length > TaskLimits.MAX_VALUE_BYTES) {
      throw new TaskRefused(
          TaskRefused.Reason.TOO_LARGE,
          "the checkpoint has "
              + bytes.length
              + " bytes, at most "
              + TaskLimits.MAX_VALUE_BYTES
              + " are allowed; save a reference to it instead",
          null);
    }
    checkpoint = bytes;
    if (draining) {
      cancel();
      throw new StaleAttempt(id, node, attempt);
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<@Nullable Void> saveAsync(
      Codec<T> codec, T value) {
    try {
      save(codec, value);
      return CompletableFuture.completedStage(null);
    } catch (StaleAttempt stale) {
      return CompletableFuture.failedStage(stale);
    }
  }

  @Override
  public <T> Optional<T> last(Codec<T> codec) {
    byte[] bytes = checkpoint;
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(codec.decode(bytes));
    } catch (Exception e) {
      throw new DispatcherException("the checkpoint cannot be decoded: " + e, e);
    }
  }

  @Override
  public <T> CompletionStage<Optional<T>> lastAsync(Codec<T> codec) {
    return CompletableFuture.completedStage(last(codec));
  }

  /** Sets what an earlier attempt has saved, encoded; null: nothing. */
  public TestTaskContext checkpoint(byte @Nullable [] bytes) {
    this.checkpoint = bytes;
    return this;
  }

  /** Returns a copy of the progress notes so far, oldest first, each cut to its limit. */
  public List<String> progressNotes() {
    return List.copyOf(progressNotes);
  }
}
