package io.dispatcher.client;

import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.WaitingReason;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads how a task stands. */
final class Statuses {

  private Statuses() {}

  static TaskStatus removed(TaskId id) {
    return new TaskStatus(id, "", TaskState.REMOVED, null, null, 0, null, null, false);
  }

  /**
   * @throws IllegalArgumentException if a state is unknown here: the front is of a later version
   */
  static TaskStatus of(TaskId id, JsonObject json) {
    TaskState state = TaskState.of(json.text("state", ""));
    JsonObject failure = json.object("failure");
    String retryOf = json.text("retryOf");
    return new TaskStatus(
        id,
        json.text("type", ""),
        state,
        state == TaskState.WAITING ? reason(json.text("waiting")) : null,
        json.text("node"),
        Math.max(0, json.number("attempt", 0)),
        json.text("progress"),
        failure == null ? null : Problem.failure(failure),
        json.flag("stale") && !state.isFinal(),
        history(json),
        retryOf == null ? null : TaskId.of(retryOf),
        json.text("why"),
        placement(json.object("placement")));
  }

  private static @Nullable Placement placement(@Nullable JsonObject json) {
    Instant at = json == null ? null : instant(json.text("at"));
    if (json == null || at == null) {
      return null;
    }
    List<Placement.Candidate> candidates = new ArrayList<>();
    for (JsonObject candidate : json.objects("candidates")) {
      if (candidates.size() < Placement.MAX_CANDIDATES) {
        candidates.add(
            new Placement.Candidate(
                candidate.text("node", ""),
                candidate.text("zone", ""),
                candidate.number("load", 0),
                candidate.number("slots", 0),
                candidate.decimal("weight"),
                candidate.number("sessions", 0),
                candidate.decimal("latencyMillis"),
                candidate.flag("drawn"),
                candidate.text("excluded")));
      }
    }
    return new Placement(
        json.text("balancer", ""),
        json.text("rule", ""),
        json.text("node"),
        json.number("attempt", 0),
        at,
        candidates,
        Math.max(0, json.number("omitted", 0)));
  }

  /** Without those whose causes are of a later version. */
  static List<PastAttempt> history(JsonObject json) {
    List<PastAttempt> history = new ArrayList<>();
    for (JsonObject past : json.objects("history")) {
      for (PastAttempt.Cause cause : PastAttempt.Cause.values()) {
        Instant endedAt = instant(past.text("endedAt"));
        if (cause.text().equals(past.text("cause")) && endedAt != null) {
          history.add(
              new PastAttempt(
                  Math.max(1, past.number("attempt", 1)),
                  past.text("node"),
                  instant(past.text("startedAt")),
                  endedAt,
                  cause,
                  past.text("note", "")));
        }
      }
    }
    return history;
  }

  private static @Nullable Instant instant(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException malformed) {
      throw new IllegalArgumentException("no time: " + text, malformed);
    }
  }

  private static @Nullable WaitingReason reason(@Nullable String text) {
    for (WaitingReason reason : WaitingReason.values()) {
      if (reason.text().equals(text)) {
        return reason;
      }
    }
    return null;
  }
}
