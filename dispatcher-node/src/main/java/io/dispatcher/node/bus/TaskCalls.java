package io.dispatcher.node.bus;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.dispatcher.node.http.Problem;
import io.dispatcher.node.http.Problems;
import io.dispatcher.node.http.Refused;
import io.dispatcher.node.http.Waiters;
import io.dispatcher.node.http.Wanted;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the addresses do. Thread-safe; blocks nowhere. */
final class TaskCalls {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  /** Beside what a call asks to wait, this long may it take to read an outcome. */
  private static final Duration GRACE = Duration.ofSeconds(15);

  private static final TaskType<byte[], byte[]> ANY =
      TaskType.of("any", Codec.bytes(), Codec.bytes());

  private final Vertx vertx;
  private final Dispatcher dispatcher;
  private final int maxPayload;
  private final Waiters waiters;

  TaskCalls(Vertx vertx, Dispatcher dispatcher, int maxPayload) {
    this.vertx = vertx;
    this.dispatcher = dispatcher;
    this.maxPayload = maxPayload;
    this.waiters = new Waiters(dispatcher);
  }

  // ---------------------------------------------------------------- submit

  void submit(Request request) {
    Submission submission = Submission.of(request.message(), maxPayload);
    Duration wait = checked(submission.patience());
    Task<byte[], byte[]> task = submission.task();
    Submitter submitter = submitter(submission.client());
    if (wait.isZero()) {
      // Whoever sent it may come for the outcome later, through any front.
      TaskHandle<byte[]> handle = dispatcher.submitDetached(task, submitter);
      handle
          .accepted()
          .whenComplete((id, error) -> request.guarded(() -> accepted(request, handle, id, error)));
      return;
    }
    TaskHandle<byte[]> handle = dispatcher.submit(task, submitter);
    handle
        .outcome()
        .whenComplete((outcome, error) -> request.guarded(() -> ended(request, outcome, error)));
    after(request, wait, () -> waited(request, handle));
  }

  /** Without a name there is nothing in a message that tells which client it is of. */
  private @Nullable Submitter submitter(@Nullable String client) {
    return client == null ? null : dispatcher.submitter(client);
  }

  private void accepted(
      Request request, TaskHandle<byte[]> handle, @Nullable TaskId id, @Nullable Throwable error) {
    if (id == null) {
      request.problem(Problems.of(error));
    } else if (dispatcher.isRepeat(handle)) {
      // It may be the task of an earlier call, however far that is.
      find(request, id, request::accepted);
    } else {
      request.accepted(id, TaskState.WAITING.text());
    }
  }

  private void ended(
      Request request, @Nullable Outcome<byte[]> outcome, @Nullable Throwable error) {
    if (outcome == null) {
      request.problem(Problems.of(error));
    } else {
      request.ended(outcome);
    }
  }

  /** The wait is over: the outcome stays for whoever comes for it. */
  private void waited(Request request, TaskHandle<byte[]> handle) {
    handle
        .accepted()
        .whenComplete(
            (id, refused) ->
                request.guarded(
                    () -> {
                      if (id == null) {
                        request.problem(Problems.of(refused));
                        return;
                      }
                      dispatcher
                          .detach(handle)
                          .whenComplete(
                              (detached, error) ->
                                  request.guarded(() -> find(request, id, request::accepted)));
                    }));
  }

  // ---------------------------------------------------------------- a task that was submitted

  void find(Request request) {
    find(request, id(request), status -> request.status(200, status));
  }

  void result(Request request) {
    TaskId id = id(request);
    Duration wait = checked(wait(request));
    find(
        request,
        id,
        status -> {
          if (status.state().isFinal() && status.state() != TaskState.SUCCEEDED) {
            request.problem(Problems.ended(id.text(), status.state(), status.failure()));
          } else if (wait.isZero() && !status.state().isFinal()) {
            request.status(202, status);
          } else {
            request.whenAnswered(
                waiters.await(
                    id,
                    true,
                    (outcome, error) -> request.guarded(() -> shown(request, id, outcome, error))));
            late(request, status, wait);
          }
        });
  }

  /** What is answered if the outcome does not come in time. */
  private void late(Request request, TaskStatus status, Duration wait) {
    TaskId id = status.id();
    if (status.state() == TaskState.SUCCEEDED) {
      // Only its bytes are still to be read.
      after(request, GRACE, () -> request.problem(unreadable(id)));
    } else {
      after(
          request,
          wait,
          () ->
              find(
                  request,
                  id,
                  now -> {
                    if (!now.state().isFinal()) {
                      request.status(202, now);
                    } else if (now.state() == TaskState.SUCCEEDED) {
                      late(request, now, wait);
                    } else {
                      request.problem(Problems.ended(id.text(), now.state(), now.failure()));
                    }
                  }));
    }
  }

  private static Problem unreadable(TaskId id) {
    return Problem.of(
            503,
            "unavailable",
            "Not possible here now",
            "task " + id + " cannot be read now; ask again")
        .retryAfter(Duration.ofSeconds(1));
  }

  private void shown(
      Request request, TaskId id, @Nullable Outcome<byte[]> outcome, @Nullable Throwable error) {
    if (outcome != null) {
      request.ended(outcome);
      return;
    }
    // It was there a moment ago: forgotten meanwhile, or not to be read.
    find(request, id, now -> request.problem(Problems.of(error)));
  }

  void cancel(Request request) {
    TaskId id = id(request);
    find(
        request,
        id,
        before -> {
          if (before.state().isFinal()) {
            request.problem(tooLate(before));
            return;
          }
          dispatcher
              .look(id, ANY)
              .cancel()
              .whenComplete(
                  (done, error) ->
                      request.guarded(
                          () -> {
                            if (done == null) {
                              request.problem(Problems.of(error));
                            } else {
                              find(request, id, now -> cancelled(request, now, done));
                            }
                          }));
        });
  }

  private static void cancelled(Request request, TaskStatus now, boolean done) {
    if (done) {
      request.status(202, now);
    } else if (now.state().isFinal()) {
      request.problem(tooLate(now));
    } else {
      request.problem(
          Problem.of(
                  503,
                  "unavailable",
                  "Not possible here now",
                  "task "
                      + now.id()
                      + " was not cancelled: the node that drives it did not answer; ask again")
              .retryAfter(Duration.ofSeconds(1)));
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

  // ---------------------------------------------------------------- parts

  private void find(Request request, TaskId id, Consumer<TaskStatus> known) {
    dispatcher
        .find(id)
        .whenComplete(
            (status, error) ->
                request.guarded(
                    () -> {
                      if (error != null) {
                        request.problem(Problems.of(error));
                      } else {
                        found(request, id, status, known);
                      }
                    }));
  }

  private static void found(
      Request request, TaskId id, Optional<TaskStatus> status, Consumer<TaskStatus> known) {
    if (status.isEmpty()) {
      request.problem(Problems.unknownTask(id.text()));
    } else if (status.get().state() == TaskState.REMOVED) {
      request.problem(Problems.ended(id.text(), TaskState.REMOVED, null));
    } else {
      known.accept(status.get());
    }
  }

  private void after(Request request, Duration wait, Runnable then) {
    long timer = vertx.setTimer(Math.max(1, wait.toMillis()), fired -> request.guarded(then));
    request.whenAnswered(() -> vertx.cancelTimer(timer));
  }

  private static Duration checked(@Nullable Duration wait) {
    if (wait == null) {
      return Duration.ZERO;
    }
    if (wait.compareTo(LONGEST_WAIT) > 0) {
      throw new Refused(
          Problem.invalid(
              "wait is "
                  + wait
                  + ", but must be at most "
                  + LONGEST_WAIT
                  + "; ask again after it"));
    }
    return wait;
  }

  private static TaskId id(Request request) {
    Object body = request.message().body();
    Object id = body instanceof JsonObject json ? json.getValue("id") : body;
    if (!(id instanceof String text)) {
      throw new Refused(
          Problem.malformed("the body must be a JsonObject with the field id, or the id itself"));
    }
    try {
      return TaskId.of(text);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problems.unknownTask(text));
    }
  }

  private static @Nullable Duration wait(Request request) {
    String text = request.message().headers().get("wait");
    if (request.message().body() instanceof JsonObject json && json.getValue("wait") != null) {
      text = String.valueOf(json.getValue("wait"));
    }
    if (text == null) {
      return null;
    }
    Wanted wanted = new Wanted();
    try {
      wanted.set("wait", text);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
    }
    return wanted.patience();
  }
}
