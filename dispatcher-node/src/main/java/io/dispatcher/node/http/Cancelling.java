package io.dispatcher.node.http;

import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request to cancel a task, until it is answered. Confined to its loop. */
final class Cancelling {
  private static final int MAX_BODY = 4 << 10;

  /** Any type will do: the result is not wanted. */
  private static final TaskType<byte[], byte[]> ANY =
      TaskType.of("cancelled", Codec.bytes(), Codec.bytes());

  private final TaskCalls calls;
  private final Exchange exchange;
  private final TaskId id;

  Cancelling(TaskCalls calls, Exchange exchange, TaskId id) {
    this.calls = calls;
    this.exchange = exchange;
    this.id = id;
  }

  void go() {
    if (exchange.head().query() != null) {
      throw new Refused(Problem.malformed("cancel takes no parameters"));
    }
    exchange.body(
        MAX_BODY,
        body -> {
          exchange.limit(TaskCalls.GRACE, () -> exchange.problem(notCancelled()));
          calls.find(exchange, id, this::cancel);
        });
  }

  private void cancel(TaskStatus status) {
    if (status.state().isFinal()) {
      exchange.problem(tooLate(status));
      return;
    }
    calls
        .dispatcher()
        .look(id, ANY)
        .cancel()
        .whenComplete(
            (cancelled, error) ->
                calls
                    .loop()
                    .hop()
                    .run(
                        () ->
                            exchange.guarded(() -> cancelled(error == null && cancelled, error))));
  }

  private void cancelled(boolean done, @Nullable Throwable error) {
    if (error != null) {
      exchange.problem(Problems.of(error));
    } else if (done) {
      calls.find(exchange, id, status -> calls.unfinished(exchange, status));
    } else {
      calls.find(
          exchange,
          id,
          status -> exchange.problem(status.state().isFinal() ? tooLate(status) : notCancelled()));
    }
  }

  private static Problem tooLate(TaskStatus status) {
    return Problem.of(
            409,
            "already-ended",
            "The task has ended already",
            "task " + status.id() + " is " + status.state().text() + " and cannot be cancelled")
        .about(status.id().text(), status.state());
  }

  private Problem notCancelled() {
    return Problem.of(
            503,
            "unavailable",
            "Not possible here now",
            "task " + id + " was not cancelled: the node that drives it did not answer; ask again")
        .retryAfter(Duration.ofSeconds(1))
        .about(id.text(), null);
  }
}
