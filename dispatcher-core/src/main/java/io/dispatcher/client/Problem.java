package io.dispatcher.client;

import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskRefused.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a front says when an answer is no success. Something between may have said it instead, so
 * any member may be missing.
 *
 * @param code what it is, for programs; empty if it was not said
 * @param detail what it is, for people
 * @param taskId the task it is about; null if there is none
 * @param state of that task, where it stands in the way of the call; null if it was not said
 * @param failure what that task failed with; null if that is not the problem
 */
record Problem(
    int status,
    String code,
    String detail,
    @Nullable Duration retryAfter,
    @Nullable String taskId,
    @Nullable String state,
    @Nullable Failure failure) {

  private static final int SHOWN_CHARS = 200;

  /** What may not have been so a moment earlier. */
  private static final Set<Reason> PASSING =
      EnumSet.of(Reason.OVERLOADED, Reason.NO_QUORUM, Reason.CLOSED, Reason.UNKNOWN_TYPE);

  static Problem of(Answer answer) {
    JsonObject json;
    try {
      json = JsonObject.of(answer.body());
    } catch (IllegalArgumentException none) {
      return new Problem(
          answer.status(), "", shown(answer.body()), answer.retryAfter(), null, null, null);
    }
    return of(json, answer.status(), answer.retryAfter());
  }

  /** The problem of one task in the answer to several. */
  static Problem of(JsonObject json, int status, @Nullable Duration retryAfter) {
    int seconds = json.number("retryAfter", 0);
    JsonObject failure = json.object("failure");
    return new Problem(
        json.number("status", status),
        json.text("code", ""),
        json.text("detail", json.text("title", "")),
        seconds > 0 ? Duration.ofSeconds(seconds) : retryAfter,
        json.text("taskId"),
        json.text("state"),
        failure == null ? null : failure(failure));
  }

  static Failure failure(JsonObject json) {
    return new Failure(
        json.text("type", "unknown"),
        json.text("message", ""),
        json.text("trace", ""),
        json.text("node", ""),
        Math.max(0, json.number("attempt", 0)));
  }

  private static String shown(byte[] body) {
    String text = new String(body, 0, Math.min(body.length, SHOWN_CHARS), StandardCharsets.UTF_8);
    return text.replaceAll("\\p{Cntrl}+", " ").strip();
  }

  /**
   * Why a task was not accepted.
   *
   * @param repeated whether an earlier try may have been accepted all the same
   */
  DispatcherException refusal(String type, String idempotencyKey, boolean repeated) {
    Reason reason = reason();
    TaskRefused refused = new TaskRefused(reason, text(type), retryAfter);
    if (code.equals("accept-unknown")) {
      return new AcceptUnknown(text(type), idempotencyKey, null);
    }
    if (repeated && PASSING.contains(reason)) {
      return new AcceptUnknown(
          "a task of type "
              + type
              + " may have been accepted: its first try was not answered, a later one was refused ("
              + text(type)
              + "); repeat it with idempotency key "
              + idempotencyKey,
          idempotencyKey,
          refused);
    }
    return refused;
  }

  private String text(String type) {
    return detail.isEmpty() ? "a task of type " + type + " was answered with " + status : detail;
  }

  private Reason reason() {
    for (Reason reason : Reason.values()) {
      if (reason.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(code)) {
        return reason;
      }
    }
    return switch (status) {
      case 413 -> Reason.TOO_LARGE;
      case 429 -> Reason.OVERLOADED;
      case 503 -> Reason.CLOSED;
      default -> Reason.INVALID;
    };
  }

  /** For a call about a task that was accepted. */
  DispatcherException error(String what) {
    return new DispatcherException(
        what + ": " + (detail.isEmpty() ? "the answer was " + status : detail));
  }
}
