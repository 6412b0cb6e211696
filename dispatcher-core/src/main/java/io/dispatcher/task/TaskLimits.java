package io.dispatcher.task;

import java.time.Duration;

/**
 * The limits every door keeps, in one place. What is over its limit is refused; only progress notes
 * and the texts of failures are cut.
 */
public final class TaskLimits {
  /** Longest encoded payload or result, in bytes: 1 MiB. */
  public static final int MAX_VALUE_BYTES = 1 << 20;

  /** Longest task id, in characters. */
  public static final int MAX_ID_CHARS = 32;

  /** Longest name of a task type, in characters. */
  public static final int MAX_TYPE_CHARS = 100;

  /** Longest name of a pool, in characters. */
  public static final int MAX_POOL_CHARS = 100;

  /** Longest key or idempotency key, in characters ({@code String.length()}). */
  public static final int MAX_KEY_CHARS = 256;

  /** Longest progress note, in characters; a longer one is cut. */
  public static final int MAX_PROGRESS_CHARS = 256;

  /** Most retries a task may ask for. */
  public static final int MAX_RETRIES = 1000;

  /** The most urgent priority. */
  public static final int FIRST_PRIORITY = 1;

  /** The least urgent priority. */
  public static final int LAST_PRIORITY = 9;

  /** Shortest time limit and shortest deadline: 1 ms. */
  public static final Duration MIN_TIME = Duration.ofMillis(1);

  /** Longest time limit of one attempt: 24 h. */
  public static final Duration MAX_TIME_LIMIT = Duration.ofHours(24);

  /** Longest deadline: 30 days. */
  public static final Duration MAX_DEADLINE = Duration.ofDays(30);

  /** Longest retention of an outcome: 30 days. */
  public static final Duration MAX_RETENTION = Duration.ofDays(30);

  /** Longest wait for room at submit: 1 h. */
  public static final Duration MAX_ADMISSION = Duration.ofHours(1);

  /** Longest wait before a retry, before jitter: 24 h. */
  public static final Duration MAX_BACKOFF = Duration.ofHours(24);

  /** Longest class name kept in a {@link Failure}, in UTF-8 bytes; the rest is cut. */
  public static final int MAX_FAILURE_TYPE_BYTES = 512;

  /** Longest message kept in a {@link Failure}, in UTF-8 bytes; the rest is cut. */
  public static final int MAX_FAILURE_MESSAGE_BYTES = 1 << 10;

  /** Longest stack trace kept in a {@link Failure}, in UTF-8 bytes; the rest is cut. */
  public static final int MAX_FAILURE_TRACE_BYTES = 8 << 10;

  /** The most labels that a task may ask for, or a node may have. */
  public static final int MAX_LABELS = 16;

  /** The most characters of a label. */
  public static final int MAX_LABEL_CHARS = 64;

  /** The most ends of attempts kept of one task; older ones are dropped. */
  public static final int MAX_PAST_ATTEMPTS = 10;

  /** Longest note kept of how an attempt ended, in UTF-8 bytes; the rest is cut. */
  public static final int MAX_PAST_NOTE_BYTES = 200;

  private TaskLimits() {}

  /**
   * Returns a progress note cut to {@link #MAX_PROGRESS_CHARS} characters, never inside a surrogate
   * pair.
   */
  public static String cutProgress(String note) {
    return Text.cutChars(note, MAX_PROGRESS_CHARS);
  }
}
