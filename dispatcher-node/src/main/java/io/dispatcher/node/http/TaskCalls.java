package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The calls about tasks, and the answers that several of them give. Confined to its loop. */
final class TaskCalls {
  /** Beside what a call asks to wait, this long may it take to record a task or find one. */
  static final Duration GRACE = Duration.ofSeconds(15);

  private static final CharSequence TASK_ID = HttpHeaders.createOptimized("task-id");
  private static final CharSequence TASK_ATTEMPTS = HttpHeaders.createOptimized("task-attempts");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("retry-after");
  private static final CharSequence ONE = HttpHeaders.createOptimized("1");

  private final DoorLoop loop;
  private final SubmitCalls submits;

  TaskCalls(DoorLoop loop) {
    this.loop = loop;
    this.submits = new SubmitCalls(this);
  }

  DoorLoop loop() {
    return loop;
  }

  Dispatcher dispatcher() {
    return loop.door().dispatcher();
  }

  void handle(Exchange exchange, Route.Match match) {
    switch (match.route()) {
      case TASKS -> submits.one(exchange);
      case BATCH -> submits.batch(exchange);
      case TASK -> new Following(this, exchange, id(match)).status(Patience.alone(exchange));
      case RESULT -> new Following(this, exchange, id(match)).result(Patience.alone(exchange));
      default -> new Cancelling(this, exchange, id(match)).go();
    }
  }

  private static TaskId id(Route.Match match) {
    try {
      return TaskId.of(match.part());
    } catch (IllegalArgumentException e) {
      throw new Refused(Problems.unknownTask(match.part()));
    }
  }

  /** Submits a task; unless the call waits, its outcome is for a later one. */
  TaskHandle<byte[]> submit(Task<byte[], byte[]> task, Exchange exchange, boolean waits) {
    Submitter submitter = exchange.submitter(dispatcher());
    return waits
        ? dispatcher().submit(task, submitter)
        : dispatcher().submitDetached(task, submitter);
  }

  // ---------------------------------------------------------------- answers about one task

  void accepted(Exchange exchange, TaskId id) {
    exchange.header(HttpHeaders.LOCATION, Route.pathOf(id));
    exchange.json(202, json -> Json.accepted(json, id));
  }

  /** How a task stands that was accepted this moment. */
  static TaskStatus fresh(TaskId id, String type) {
    return new TaskStatus(id, type, TaskState.WAITING, null, null, 0, null, null, false);
  }

  void unfinished(Exchange exchange, TaskStatus status) {
    exchange.header(HttpHeaders.LOCATION, Route.pathOf(status.id()));
    exchange.header(RETRY_AFTER, ONE);
    exchange.json(202, json -> Json.write(json, status));
  }

  void ended(Exchange exchange, Outcome<byte[]> outcome) {
    exchange.header(TASK_ID, outcome.id().text());
    if (outcome instanceof Outcome.Succeeded<byte[]> succeeded) {
      exchange.header(TASK_ATTEMPTS, Integer.toString(succeeded.attempts()));
      exchange.answer(
          200, MediaTypes.ofResult(exchange.head().accept()), Buffer.buffer(succeeded.value()));
    } else {
      exchange.problem(Problems.of(outcome));
    }
  }

  /** Looks a task up and goes on with what is known, or answers that it is not. */
  void find(Exchange exchange, TaskId id, Found found) {
    dispatcher()
        .find(id)
        .whenComplete(
            (status, error) ->
                loop.hop()
                    .run(
                        () -> {
                          TaskStatus known = error == null ? status.orElse(null) : null;
                          exchange.guarded(() -> found(exchange, id, known, error, found));
                        }));
  }

  /** What to do with a task that is known. */
  interface Found {
    void status(TaskStatus status);
  }

  private static void found(
      Exchange exchange,
      TaskId id,
      @Nullable TaskStatus status,
      @Nullable Throwable error,
      Found found) {
    if (error != null) {
      exchange.problem(Problems.of(error));
    } else if (status == null) {
      exchange.problem(Problems.unknownTask(id.text()));
    } else if (status.state() == TaskState.REMOVED) {
      exchange.problem(Problems.ended(id.text(), TaskState.REMOVED, null));
    } else {
      found.status(status);
    }
  }
}
