package io.dispatcher.task;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Work to be done once: a type, an encoded payload and options. Made by {@link TaskType#task}.
 * Immutable and thread-safe; each option method returns a changed copy that shares the payload.
 *
 * <p>Submitting the same object twice makes two tasks, unless it has an idempotency key.
 *
 * @param <P> payload
 * @param <R> result
 */
public final class Task<P extends @Nullable Object, R extends @Nullable Object> {
  private final TaskType<P, R> type;
  private final byte[] payload;
  private final TaskOptions options;

  Task(TaskType<P, R> type, byte[] payload, TaskOptions options) {
    this.type = type;
    this.payload = payload;
    this.options = options;
  }

  /** Returns the type. */
  public TaskType<P, R> type() {
    return type;
  }

  /** Returns the encoded payload. Not a copy: do not change it. */
  public byte[] payload() {
    return payload;
  }

  /** Returns the options: those set on this task over those of its type. */
  public TaskOptions options() {
    return options;
  }

  /** Returns this task with the options that are set in {@code own} over those it has. */
  public Task<P, R> options(TaskOptions own) {
    return with(own.over(options));
  }

  /** Returns this task with a key of 1 to 256 characters, whose preferred worker it goes to. */
  public Task<P, R> key(String key) {
    return with(options.key(key));
  }

  /**
   * Returns this task with an idempotency key of 1 to 256 characters: submitting the same key with
   * the same content again gives the same id and outcome, other content is refused with {@code
   * CONFLICT}.
   */
  public Task<P, R> idempotencyKey(String idempotencyKey) {
    return with(options.idempotencyKey(idempotencyKey));
  }

  /** Returns this task with another number of retries, 0 to 1000. */
  public Task<P, R> retries(int retries) {
    return with(options.retries(retries));
  }

  /** Returns this task with another wait before a retry. */
  public Task<P, R> backoff(Backoff backoff) {
    return with(options.backoff(backoff));
  }

  /** Returns this task with another longest run of one attempt, 1 ms to 24 h. */
  public Task<P, R> timeLimit(Duration timeLimit) {
    return with(options.timeLimit(timeLimit));
  }

  /** Returns this task with another longest time from acceptance to outcome, 1 ms to 30 days. */
  public Task<P, R> deadline(Duration deadline) {
    return with(options.deadline(deadline));
  }

  /** Returns this task with an earliest start; a time in the past means at once. */
  public Task<P, R> notBefore(Instant notBefore) {
    return with(options.notBefore(notBefore));
  }

  /** Returns this task with another priority, 1 (first) to 9. */
  public Task<P, R> priority(int priority) {
    return with(options.priority(priority));
  }

  /**
   * Returns this task with another time that its outcome stays, 0 (gone once fetched) to 30 days.
   */
  public Task<P, R> retention(Duration retention) {
    return with(options.retention(retention));
  }

  /** Returns this task with another time that its submit may wait for room, 0 to 1 h. */
  public Task<P, R> admission(Duration admission) {
    return with(options.admission(admission));
  }

  /**
   * Returns this task with labels that a node must have to run it, in place of those of its type:
   * {@code requires("gpu", "disk:ssd")}. It waits while no node has them all.
   *
   * @throws IllegalArgumentException if one is no label, or there are more than {@value
   *     TaskLimits#MAX_LABELS}
   */
  public Task<P, R> requires(String... labels) {
    return with(options.requires(Labels.of("requires", List.of(labels))));
  }

  /** Returns this task, to remember why it went where it did: {@link TaskStatus#placement}. */
  public Task<P, R> explain() {
    return with(options.explain(true));
  }

  /** Returns type and size; the payload itself stays out of logs. */
  @Override
  public String toString() {
    return "Task[" + type + ", " + payload.length + " bytes]";
  }

  private Task<P, R> with(TaskOptions changed) {
    return new Task<>(type, payload, changed);
  }
}
