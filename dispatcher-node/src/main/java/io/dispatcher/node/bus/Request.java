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
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One message until it is answered, once; what comes later is dropped. Thread-safe. */
final class Request {
  private static final Runnable NOTHING = () -> {};

  private final Message<Object> message;
  private final Runnable onEnd;
  private final AtomicBoolean answered = new AtomicBoolean();
  private volatile Runnable stopWaiting = NOTHING;

  /**
   * @param onEnd runs once it is answered
   */
  Request(Message<Object> message, Runnable onEnd) {
    this.message = message;
    this.onEnd = onEnd;
  }

  Message<Object> message() {
    return message;
  }

  boolean isOpen() {
    return !answered.get();
  }

  /** To be run when the answer is there before the wait is over. */
  void waiting(Runnable stop) {
    stopWaiting = stop;
    if (answered.get()) {
      stop.run();
    }
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
    if (!end()) {
      return;
    }
    DeliveryOptions options = new DeliveryOptions().addHeader("status", Integer.toString(status));
    if (outcome != null) {
      options.addHeader("id", outcome.id().text());
      options.addHeader("attempt", Integer.toString(outcome.attempts()));
    }
    message.reply(body, options);
  }

  void problem(Problem problem) {
    if (end()) {
      boolean json = "json".equals(message.headers().get("failure"));
      String text =
          json ? Json.buffer(problem::write).toString(StandardCharsets.UTF_8) : problem.detail();
      message.fail(problem.status(), text);
    }
  }

  private boolean end() {
    if (!answered.compareAndSet(false, true)) {
      return false;
    }
    onEnd.run();
    stopWaiting.run();
    return true;
  }
}
