package io.dispatcher.client;

import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.WaitingReason;
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
    return new TaskStatus(
        id,
        json.text("type", ""),
        state,
        state == TaskState.WAITING ? reason(json.text("waiting")) : null,
        json.text("node"),
        Math.max(0, json.number("attempt", 0)),
        json.text("progress"),
        failure == null ? null : Problem.failure(failure),
        json.flag("stale") && !state.isFinal());
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
