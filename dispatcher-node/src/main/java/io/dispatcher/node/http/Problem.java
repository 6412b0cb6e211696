package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is no success, as RFC 9457 has it.
 *
 * @param status of HTTP
 * @param code what it is, for programs: last part of the {@code type}, and a member of its own
 * @param title what it is, for people; the same for every problem of this code
 * @param detail what was wrong this time and what to do
 * @param retryAfter when the same request may succeed; null if a repeat does not help
 * @param about the task it is about
 */
public record Problem(
    int status,
    String code,
    String title,
    String detail,
    @Nullable Duration retryAfter,
    About about) {

  static final String CONTENT_TYPE = "application/problem+json";
  private static final String TYPE = "urn:dispatcher:problem:";

  /**
   * A task, as far as it is known.
   *
   * @param state where it stands in the way
   * @param failure what it failed with, if that is the problem
   * @param idempotencyKey to repeat its submission with
   */
  public record About(
      @Nullable String taskId,
      @Nullable TaskState state,
      @Nullable Failure failure,
      @Nullable String idempotencyKey) {
    static final About NOTHING = new About(null, null, null, null);
  }

  /** A problem that stays one however often the request is repeated. */
  public static Problem of(int status, String code, String title, String detail) {
    return new Problem(status, code, title, detail, null, About.NOTHING);
  }

  public static Problem malformed(String detail) {
    return of(400, "malformed", "The request is malformed", detail);
  }

  public static Problem invalid(String detail) {
    return of(422, "invalid", "The request is not valid", detail);
  }

  public static Problem tooLarge(String detail) {
    return of(413, "too-large", "Too large", detail);
  }

  public static Problem overloaded(String detail, Duration retryAfter) {
    return of(429, "overloaded", "No room", detail).retryAfter(retryAfter);
  }

  /** This problem, which a repeat after that time may not meet. */
  public Problem retryAfter(Duration time) {
    return new Problem(status, code, title, detail, time, about);
  }

  /** This problem of a task. */
  public Problem about(String taskId, @Nullable TaskState state) {
    return about(new About(taskId, state, null, null));
  }

  Problem about(About task) {
    return new Problem(status, code, title, detail, retryAfter, task);
  }

  /** Whole seconds for {@code Retry-After}, at least 1. */
  static long seconds(Duration time) {
    return Math.max(1, (time.toMillis() + 999) / 1000);
  }

  public void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", TYPE + code);
    json.writeStringField("title", title);
    json.writeNumberField("status", status);
    json.writeStringField("detail", detail);
    json.writeStringField("code", code);
    json.writeBooleanField("retryable", retryAfter != null);
    if (retryAfter != null) {
      json.writeNumberField("retryAfter", seconds(retryAfter));
    }
    if (about.taskId != null) {
      json.writeStringField("taskId", about.taskId);
    }
    if (about.state != null) {
      json.writeStringField("state", about.state.text());
    }
    if (about.idempotencyKey != null) {
      json.writeStringField("idempotencyKey", about.idempotencyKey);
    }
    if (about.failure != null) {
      json.writeFieldName("failure");
      Json.write(json, about.failure);
    }
    json.writeEndObject();
  }
}
