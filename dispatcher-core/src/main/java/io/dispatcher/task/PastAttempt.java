package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How one attempt of a task ended. Kept only of tasks that needed more than one attempt, the last
 * {@value TaskLimits#MAX_PAST_ATTEMPTS} of each.
 *
 * @param attempt its number, from 1
 * @param node the node that had it; null if nobody knows
 * @param startedAt when it was started, or handed to the node if that died or left; null if nobody
 *     knows, or if it had not started when its node died
 * @param endedAt when it ended, or was found lost
 * @param cause how it ended
 * @param note what it failed with, at most {@value TaskLimits#MAX_PAST_NOTE_BYTES} bytes of UTF-8;
 *     empty if there is nothing to say
 */
public record PastAttempt(
    int attempt,
    @Nullable String node,
    @Nullable Instant startedAt,
    Instant endedAt,
    Cause cause,
    String note) {

  /** How an attempt ended. */
  public enum Cause {
    /** It returned a result. */
    SUCCEEDED,
    /** The task's own code failed, or ran over its time limit. */
    FAILED,
    /** Its node died. */
    NODE_DIED,
    /** Its node left on purpose: it stopped at a checkpoint, or when the node's time was over. */
    NODE_LEFT,
    /** Its node was not heard of for longer than its lease. */
    LEASE_LAPSED,
    /**
     * The node that drove the task died, and no node had the task: it may have run on the node that
     * died, or may not have been started.
     */
    OWNER_DIED;

    /** Returns the name as it is shown at every door, in lower case: {@code node-died}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Returns the cause with this {@link #text()}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Cause of(String text) {
      for (Cause cause : values()) {
        if (cause.text().equals(text)) {
          return cause;
        }
      }
      throw new IllegalArgumentException(
          "There is no cause of an attempt's end " + Text.quote(text));
    }
  }

  /**
   * Cuts the note to its limit.
   *
   * @throws IllegalArgumentException if the attempt is not positive
   */
  public PastAttempt {
    requireNonNull(endedAt, "endedAt");
    requireNonNull(cause, "cause");
    note = Text.cutBytes(requireNonNull(note, "note"), TaskLimits.MAX_PAST_NOTE_BYTES);
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt is " + attempt + ", but must be 1 or more");
    }
  }
}
