package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a task wants, spelt the same at every door. A null option is not set: the task's own options
 * go over those of its {@link TaskType}, those over what the cluster's configuration says for the
 * type, and {@link #DEFAULTS} come last.
 *
 * @param key goes to the key's preferred worker; 1 to 256 characters
 * @param idempotencyKey same key and same content give the same task; 1 to 256 characters
 * @param retries how often the task is run again after its own code failed, 0 to 1000; starts lost
 *     with their node are not counted
 * @param backoff wait before a retry
 * @param timeLimit longest run of one attempt, 1 ms to 24 h; over it the attempt fails
 * @param deadline longest time from acceptance to outcome, 1 ms to 30 days; over it the task
 *     expires. It is not started with less time left than tasks of its type have lately taken at
 *     the least
 * @param notBefore the task is not started earlier
 * @param priority 1 (first) to 9
 * @param retention how long the outcome stays, 0 to 30 days; 0: gone once it was fetched, but not
 *     within 20 s if its record had to be repeated
 * @param admission how long a submit may wait for room, 0 to 1 h; 0: refused at once
 * @param requires labels that a node must have to run the task, at most {@value
 *     TaskLimits#MAX_LABELS}; empty: any node will do, whatever the type says
 * @param explain whether the task is to remember why it went where it did: {@link
 *     TaskStatus#placement}
 */
public record TaskOptions(
    @Nullable String key,
    @Nullable String idempotencyKey,
    @Nullable Integer retries,
    @Nullable Backoff backoff,
    @Nullable Duration timeLimit,
    @Nullable Duration deadline,
    @Nullable Instant notBefore,
    @Nullable Integer priority,
    @Nullable Duration retention,
    @Nullable Duration admission,
    @Nullable Set<String> requires,
    @Nullable Boolean explain) {
  /** Nothing set. */
  public static final TaskOptions NONE =
      new TaskOptions(null, null, null, null, null, null, null, null, null, null, null, null);

  /**
   * What holds where nobody says anything: 3 retries, {@link Backoff#DEFAULT}, time limit 10 min,
   * no deadline, priority 5, retention 5 min, admission 10 s (a door over a network uses 0), on any
   * node.
   */
  public static final TaskOptions DEFAULTS =
      NONE.retries(3)
          .backoff(Backoff.DEFAULT)
          .timeLimit(Duration.ofMinutes(10))
          .priority(5)
          .retention(Duration.ofMinutes(5))
          .admission(Duration.ofSeconds(10));

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if an option is out of its range; the message names the
   *     option, the value and the range
   */
  public TaskOptions {
    checkKey("key", key);
    checkKey("idempotencyKey", idempotencyKey);
    checkNumber("retries", retries, 0, TaskLimits.MAX_RETRIES);
    checkTime("timeLimit", timeLimit, TaskLimits.MIN_TIME, TaskLimits.MAX_TIME_LIMIT);
    checkTime("deadline", deadline, TaskLimits.MIN_TIME, TaskLimits.MAX_DEADLINE);
    checkNumber("priority", priority, TaskLimits.FIRST_PRIORITY, TaskLimits.LAST_PRIORITY);
    checkTime("retention", retention, Duration.ZERO, TaskLimits.MAX_RETENTION);
    checkTime("admission", admission, Duration.ZERO, TaskLimits.MAX_ADMISSION);
    requires = requires == null ? null : Labels.of("requires", requires);
  }

  /** Returns these options, with {@code fallback}'s where these are not set. */
  public TaskOptions over(TaskOptions fallback) {
    requireNonNull(fallback, "fallback");
    if (equals(NONE)) {
      return fallback;
    }
    if (fallback.equals(NONE)) {
      return this;
    }
    return new TaskOptions(
        key != null ? key : fallback.key,
        idempotencyKey != null ? idempotencyKey : fallback.idempotencyKey,
        retries != null ? retries : fallback.retries,
        backoff != null ? backoff : fallback.backoff,
        timeLimit != null ? timeLimit : fallback.timeLimit,
        deadline != null ? deadline : fallback.deadline,
        notBefore != null ? notBefore : fallback.notBefore,
        priority != null ? priority : fallback.priority,
        retention != null ? retention : fallback.retention,
        admission != null ? admission : fallback.admission,
        requires != null ? requires : fallback.requires,
        explain != null ? explain : fallback.explain);
  }

  /** Returns these options with another key. */
  public TaskOptions key(String key) {
    requireNonNull(key, "key");
    return new TaskOptions(key, null, null, null, null, null, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another idempotency key. */
  public TaskOptions idempotencyKey(String idempotencyKey) {
    requireNonNull(idempotencyKey, "idempotencyKey");
    return new TaskOptions(
            null, idempotencyKey, null, null, null, null, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another number of retries. */
  public TaskOptions retries(int retries) {
    return new TaskOptions(
            null, null, retries, null, null, null, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another backoff. */
  public TaskOptions backoff(Backoff backoff) {
    requireNonNull(backoff, "backoff");
    return new TaskOptions(
            null, null, null, backoff, null, null, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another time limit. */
  public TaskOptions timeLimit(Duration timeLimit) {
    requireNonNull(timeLimit, "timeLimit");
    return new TaskOptions(
            null, null, null, null, timeLimit, null, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another deadline. */
  public TaskOptions deadline(Duration deadline) {
    requireNonNull(deadline, "deadline");
    return new TaskOptions(
            null, null, null, null, null, deadline, null, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another earliest start. */
  public TaskOptions notBefore(Instant notBefore) {
    requireNonNull(notBefore, "notBefore");
    return new TaskOptions(
            null, null, null, null, null, null, notBefore, null, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another priority. */
  public TaskOptions priority(int priority) {
    return new TaskOptions(
            null, null, null, null, null, null, null, priority, null, null, null, null)
        .over(this);
  }

  /** Returns these options with another retention. */
  public TaskOptions retention(Duration retention) {
    requireNonNull(retention, "retention");
    return new TaskOptions(
            null, null, null, null, null, null, null, null, retention, null, null, null)
        .over(this);
  }

  /** Returns these options with another admission time. */
  public TaskOptions admission(Duration admission) {
    requireNonNull(admission, "admission");
    return new TaskOptions(
            null, null, null, null, null, null, null, null, null, admission, null, null)
        .over(this);
  }

  /** Returns these options with other labels that a node must have. */
  public TaskOptions requires(Set<String> labels) {
    requireNonNull(labels, "labels");
    return new TaskOptions(null, null, null, null, null, null, null, null, null, null, labels, null)
        .over(this);
  }

  /** Returns these options with another choice whether to remember why the task went where. */
  public TaskOptions explain(boolean explain) {
    return new TaskOptions(
            null, null, null, null, null, null, null, null, null, null, null, explain)
        .over(this);
  }

  static void checkTime(String option, @Nullable Duration value, Duration min, Duration max) {
    if (value != null && (value.compareTo(min) < 0 || value.compareTo(max) > 0)) {
      throw new IllegalArgumentException(
          option
              + " is "
              + Text.duration(value)
              + ", but must be "
              + Text.duration(min)
              + " to "
              + Text.duration(max));
    }
  }

  private static void checkNumber(String option, @Nullable Integer value, int min, int max) {
    if (value != null && (value < min || value > max)) {
      throw new IllegalArgumentException(
          option + " is " + value + ", but must be " + min + " to " + max);
    }
  }

  private static void checkKey(String option, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (value.isEmpty() || value.length() > TaskLimits.MAX_KEY_CHARS) {
      throw new IllegalArgumentException(
          option
              + " "
              + Text.quote(value)
              + " has "
              + value.length()
              + " characters, but must have 1 to "
              + TaskLimits.MAX_KEY_CHARS);
    }
    int unpaired = Text.unpairedSurrogate(value);
    if (unpaired >= 0) {
      // Two such keys could become the same bytes, and then the same task.
      throw new IllegalArgumentException(
          option + " has half a surrogate pair at index " + unpaired + ", but must be valid text");
    }
  }
}
