package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A failed task whose payload is kept, so that somebody can look at it and run it again.
 *
 * @param id the failed task
 * @param type name of its type
 * @param key the task's key; null if it had none
 * @param failedAt when it was set aside
 * @param expiresAt when it will be dropped; earlier if the budget for dead letters is full
 * @param attempts attempts it had
 * @param failure what it failed with; in a list without the trace
 * @param payloadBytes size of its payload
 * @param history how its attempts ended; in a list empty
 * @param payload its payload; null in a list. Not copied: nobody may change it
 */
public record DeadLetter(
    TaskId id,
    String type,
    @Nullable String key,
    Instant failedAt,
    Instant expiresAt,
    int attempts,
    Failure failure,
    int payloadBytes,
    List<PastAttempt> history,
    byte @Nullable [] payload) {
  public DeadLetter {
    requireNonNull(id, "id");
    requireNonNull(type, "type");
    requireNonNull(failedAt, "failedAt");
    requireNonNull(expiresAt, "expiresAt");
    requireNonNull(failure, "failure");
    history = List.copyOf(history);
  }
}
