package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kind of task: its name, how payload and result become bytes, and the options its tasks have
 * unless they say otherwise. Immutable and thread-safe; meant to be a constant that the submitting
 * and the handling side share.
 *
 * <pre>{@code
 * static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text()).retries(5);
 * }</pre>
 *
 * @param <P> payload
 * @param <R> result
 */
public final class TaskType<P extends @Nullable Object, R extends @Nullable Object> {
  private final String name;
  private final Codec<P> payload;
  private final Codec<R> result;
  private final TaskOptions options;

  private TaskType(String name, Codec<P> payload, Codec<R> result, TaskOptions options) {
    this.name = name;
    this.payload = payload;
    this.result = result;
    this.options = options;
  }

  /**
   * Returns a type without options of its own.
   *
   * @param name 1 to {@value TaskLimits#MAX_TYPE_CHARS} characters of {@code A-Z a-z 0-9 . _ : /
   *     -}, the first one a letter; the same on every node
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static <P extends @Nullable Object, R extends @Nullable Object> TaskType<P, R> of(
      String name, Codec<P> payload, Codec<R> result) {
    checkName(name);
    return new TaskType<>(
        name,
        requireNonNull(payload, "payload"),
        requireNonNull(result, "result"),
        TaskOptions.NONE);
  }

  /** Returns the name, the same on every node. */
  public String name() {
    return name;
  }

  /** Returns the codec of the payload. */
  public Codec<P> payload() {
    return payload;
  }

  /** Returns the codec of the result. */
  public Codec<R> result() {
    return result;
  }

  /** Returns the options that tasks of this type have unless they say otherwise. */
  public TaskOptions options() {
    return options;
  }

  /** Returns this type with another number of retries, 0 to 1000. */
  public TaskType<P, R> retries(int retries) {
    return with(options.retries(retries));
  }

  /** Returns this type with another wait before a retry. */
  public TaskType<P, R> backoff(Backoff backoff) {
    return with(options.backoff(backoff));
  }

  /** Returns this type with another longest run of one attempt, 1 ms to 24 h. */
  public TaskType<P, R> timeLimit(Duration timeLimit) {
    return with(options.timeLimit(timeLimit));
  }

  /** Returns this type with another longest time from acceptance to outcome, 1 ms to 30 days. */
  public TaskType<P, R> deadline(Duration deadline) {
    return with(options.deadline(deadline));
  }

  /** Returns this type with another priority, 1 (first) to 9. */
  public TaskType<P, R> priority(int priority) {
    return with(options.priority(priority));
  }

  /** Returns this type with another time that outcomes stay, 0 (gone once fetched) to 30 days. */
  public TaskType<P, R> retention(Duration retention) {
    return with(options.retention(retention));
  }

  /** Returns this type with another time that a submit may wait for room, 0 to 1 h. */
  public TaskType<P, R> admission(Duration admission) {
    return with(options.admission(admission));
  }

  /**
   * Returns this type with labels that a node must have to run its tasks.
   *
   * @throws IllegalArgumentException if one is no label, or there are more than {@value
   *     TaskLimits#MAX_LABELS}
   */
  public TaskType<P, R> requires(String... labels) {
    return with(options.requires(Labels.of("requires", List.of(labels))));
  }

  /**
   * Returns a task with this payload. The payload is encoded now, on this thread, so it may be
   * changed afterwards (unless the codec is {@link Codec#bytes()}, which does not copy).
   *
   * @param payload null only if the payload's codec is {@link Codec#nothing()}
   * @throws NullPointerException if the payload is null and its codec is another one
   * @throws TaskRefused with {@code TOO_LARGE} if it has more than {@link
   *     TaskLimits#MAX_VALUE_BYTES} bytes, with {@code INVALID} if the codec could not encode it
   */
  public Task<P, R> task(P payload) {
    if (payload == null && this.payload != Codec.nothing()) {
      throw new NullPointerException(
          "The payload of a task of type "
              + name
              + " is null; use Codec.nothing() for a type without payload");
    }
    byte[] bytes = encode(payload);
    if (bytes.length > TaskLimits.MAX_VALUE_BYTES) {
      throw new TaskRefused(
          TaskRefused.Reason.TOO_LARGE,
          "The payload of a task of type "
              + name
              + " has "
              + bytes.length
              + " bytes, "
              + TaskLimits.MAX_VALUE_BYTES
              + " are allowed; send a reference to the data instead",
          null);
    }
    return new Task<>(this, bytes, options);
  }

  /** Returns the name. */
  @Override
  public String toString() {
    return name;
  }

  private byte[] encode(P value) {
    byte[] bytes;
    try {
      bytes = payload.encode(value);
    } catch (Exception e) {
      throw notEncoded(e.toString(), e);
    }
    if (bytes == null) {
      throw notEncoded("its codec returned null", null);
    }
    return bytes;
  }

  private TaskRefused notEncoded(String why, @Nullable Exception cause) {
    return new TaskRefused(
        TaskRefused.Reason.INVALID,
        "The payload of a task of type " + name + " could not be encoded: " + why,
        null,
        cause);
  }

  private TaskType<P, R> with(TaskOptions changed) {
    return new TaskType<>(name, payload, result, changed);
  }

  private static void checkName(String name) {
    requireNonNull(name, "name");
    int length = name.length();
    if (length == 0 || length > TaskLimits.MAX_TYPE_CHARS) {
      throw new IllegalArgumentException(
          "The name of a task type has 1 to "
              + TaskLimits.MAX_TYPE_CHARS
              + " characters, but "
              + Text.quote(name)
              + " has "
              + length);
    }
    if (!Text.isLetter(name.charAt(0))) {
      throw new IllegalArgumentException(
          "The name of a task type starts with a letter A-Z or a-z, unlike " + Text.quote(name));
    }
    for (int i = 1; i < length; i++) {
      char c = name.charAt(i);
      if (!Text.isLetterOrDigit(c) && "._:/-".indexOf(c) < 0) {
        throw new IllegalArgumentException(
            "The name of a task type has only A-Z a-z 0-9 . _ : / - in it, unlike "
                + Text.quote(name)
                + " at index "
                + i);
      }
    }
  }
}
