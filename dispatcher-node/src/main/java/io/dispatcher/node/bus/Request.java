package io.dispatcher.node.bus;

import io.dispatcher.node.http.Json;
import io.dispatcher.node.http.Problem;
import io.dispatcher.node.http.Problems;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message until it is answered, once; what comes later is dropped. Once answered it holds
 * nothing of the message: the task may take long to end. Thread-safe.
 */
final class Request {
  private final Runnable onEnd;
  private final List<Runnable> stops = new ArrayList<>(2);
  private @Nullable Message<Object> message;

  /**
   * @param onEnd runs once it is answered
   */
  Request(Message<Object> message, Runnable onEnd) {
    this.message = message;
    this.onEnd = onEnd;
  }

  /**
   * The message; not once it is answered.
   *
   * @throws IllegalStateException if it is answered
   */
  synchronized Message<Object> message() {
    if (message == null) {
      throw new IllegalStateException("the message is answered");
    }
    return message;
  }

  /** To be run once it is answered, whoever does that. */
  void whenAnswered(Runnable stop) {
    synchronized (this) {
      if (message != null) {
        stops.add(stop);
        return;
      }
    }
    stop.run();
  }

  /** Does a step; what goes wrong becomes the answer. */
  void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      problem(Problems.of(e));
    }
  }

  /** The id, and the state it was in a moment ago. */
  void accepted(TaskId id, String state) {
    reply(202, new JsonObject().put("id", id.text()).put("state", state), null);
  }

  /** Accepted, and known to stand so. */
  void accepted(TaskStatus status) {
    accepted(status.id(), status.state().text());
  }

  void status(int code, TaskStatus status) {
    JsonObject json = new JsonObject(Json.buffer(out -> Json.write(out, status)));
    // Those are of HTTP.
    json.remove("links");
    reply(code, json, null);
  }

  void ended(Outcome<byte[]> outcome) {
    if (outcome instanceof Outcome.Succeeded<byte[]> succeeded) {
      reply(200, Buffer.buffer(succeeded.value()), succeeded);
    } else {
      problem(Problems.of(outcome));
    }
  }

  private void reply(int status, Object body, Outcome.@Nullable Succeeded<byte[]> outcome) {
    Message<Object> asked = end();
    if (asked == null) {
      return;
    }
    DeliveryOptions options = new DeliveryOptions().addHeader("status", Integer.toString(status));
    if (outcome != null) {
      options.addHeader("id", outcome.id().text());
      options.addHeader("attempt", Integer.toString(outcome.attempts()));
    }
    asked.reply(body, options);
  }

  void problem(Problem problem) {
    Message<Object> asked = end();
    if (asked != null) {
      boolean json = "json".equals(asked.headers().get("failure"));
      String text =
          json ? Json.buffer(problem::write).toString(StandardCharsets.UTF_8) : problem.detail();
      asked.fail(problem.status(), text);
    }
  }

  /** The message, for the one who answers it; null for all others. */
  private @Nullable Message<Object> end() {
    Message<Object> asked;
    List<Runnable> ended;
    synchronized (this) {
      asked = message;
      message = null;
      ended = List.copyOf(stops);
      stops.clear();
    }
    if (asked != null) {
      onEnd.run();
      ended.forEach(Runnable::run);
    }
    return asked;
  }
}
