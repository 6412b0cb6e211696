package io.dispatcher.client;

import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks for the outcome of one task until there is one. */
final class Polling<R extends @Nullable Object> {

  /** When more outcomes are waited for than questions may be under way, they take turns. */
  private static final Duration TURN = Duration.ofMillis(250);

  private static final long PAUSE_MILLIS = 100;

  private final RemoteTaskClient client;
  private final InFlight polls;
  private final RemoteHandle<R> handle;
  private final TaskId id;

  Polling(RemoteTaskClient client, InFlight polls, RemoteHandle<R> handle, TaskId id) {
    this.client = client;
    this.polls = polls;
    this.handle = handle;
    this.id = id;
  }

  /** Whether there is such a task; the outcome too, if it is there. */
  void look() {
    polls.enter(() -> ask(Duration.ZERO, true));
  }

  /** Until there is an outcome. */
  void go() {
    polls.enter(() -> ask(polls.crowded() ? turn() : client.bounds().poll(), false));
  }

  private Duration turn() {
    Duration longest = client.bounds().poll();
    return TURN.compareTo(longest) < 0 ? TURN : longest;
  }

  private void ask(Duration wait, boolean once) {
    long begun = System.nanoTime();
    Asking.ask(client, new Call.Result(id, wait))
        .whenComplete(
            (got, error) -> {
              polls.leave();
              if (got == null) {
                handle.fail(client.noAnswer("the outcome of task " + id + " is not known", error));
                client.release(handle);
              } else if (got.answer().status() != 202) {
                ended(got.answer());
              } else if (once) {
                handle.accept(id);
                client.release(handle);
              } else {
                again(System.nanoTime() - begun, wait);
              }
            });
  }

  /** A front that does not wait as long as it was asked to must not be asked without a pause. */
  private void again(long took, Duration wait) {
    if (took >= wait.toNanos() / 2) {
      go();
    } else {
      CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run)
          .execute(this::go);
    }
  }

  private void ended(Answer answer) {
    if (answer.status() == 200) {
      handle.succeed(id, answer.body(), Math.max(1, answer.attempts()));
    } else {
      unsuccessful(answer.status(), Problem.of(answer));
    }
    client.release(handle);
  }

  private void unsuccessful(int status, Problem problem) {
    boolean ofTask = problem.taskId() != null;
    if (status == 502 && ofTask) {
      Failure told = problem.failure();
      Failure failure = told == null ? new Failure("unknown", problem.detail(), "", "", 0) : told;
      handle.end(new Outcome.Failed<>(id, failure, failure.attempt()));
    } else if (status == 504 && ofTask) {
      handle.end(new Outcome.Expired<>(id));
    } else if (status == 409 && ofTask) {
      handle.end(new Outcome.Cancelled<>(id));
    } else {
      handle.fail(problem.error("the outcome of task " + id + " is not to be had"));
    }
  }
}
