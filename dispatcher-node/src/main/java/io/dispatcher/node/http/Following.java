package io.dispatcher.node.http;

import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A question for the state or the result of a task that was submitted earlier, until it is
 * answered. Confined to its loop but for what the dispatcher calls, which hops back to it.
 */
final class Following {
  private final TaskCalls calls;
  private final TaskId id;
  private @Nullable Exchange exchange;
  private Runnable timer = Exchange::nothing;
  private Runnable waiting = Exchange::nothing;

  Following(TaskCalls calls, Exchange exchange, TaskId id) {
    this.calls = calls;
    this.exchange = exchange;
    this.id = id;
    exchange.onEnd(this::forget);
  }

  private void forget() {
    exchange = null;
    timer.run();
    waiting.run();
    timer = Exchange::nothing;
    waiting = Exchange::nothing;
  }

  /** Answers with the state, as soon as it is final or the wait is over. */
  void status(Duration wait) {
    begin(
        wait,
        (open, status) -> {
          if (status.state().isFinal() || wait.isZero()) {
            tell(open, status);
          } else {
            await(open, wait, false, (outcome, error) -> lookAgain(this::tell), this::tell);
          }
        });
  }

  private void tell(Exchange open, TaskStatus status) {
    open.json(200, json -> Json.write(json, status));
  }

  /** Answers with the outcome, or after the wait that there is none yet. */
  void result(Duration wait) {
    begin(
        wait,
        (open, status) -> {
          if (status.state().isFinal() && status.state() != TaskState.SUCCEEDED) {
            open.problem(Problems.ended(id.text(), status.state(), status.failure()));
          } else if (status.state() == TaskState.SUCCEEDED) {
            await(open, TaskCalls.GRACE, true, this::show, this::late);
          } else if (wait.isZero()) {
            calls.unfinished(open, status);
          } else {
            await(open, wait, true, this::show, calls::unfinished);
          }
        });
  }

  /** What to do with a state. */
  private interface Step {
    void take(Exchange open, TaskStatus status);
  }

  private void begin(Duration wait, Step step) {
    Exchange open = exchange;
    if (open != null) {
      open.limit(
          wait.plus(TaskCalls.GRACE).plus(TaskCalls.GRACE), () -> open.problem(unreadable()));
      calls.find(open, id, status -> step.take(open, status));
    }
  }

  private void await(
      Exchange open, Duration wait, boolean fetches, Waiters.Waiter then, Step over) {
    waiting =
        open.loop()
            .door()
            .waiters()
            .await(
                id,
                fetches,
                (outcome, error) ->
                    calls
                        .loop()
                        .hop()
                        .run(
                            () -> {
                              Exchange still = exchange;
                              if (still != null) {
                                still.guarded(() -> then.ended(outcome, error));
                              }
                            }));
    timer = calls.loop().after(wait.toMillis(), () -> lookAgain(over));
  }

  private void lookAgain(Step step) {
    timer = Exchange::nothing;
    Exchange open = exchange;
    if (open != null) {
      calls.find(open, id, status -> step.take(open, status));
    }
  }

  private void show(@Nullable Outcome<byte[]> outcome, @Nullable Throwable error) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    if (outcome != null) {
      calls.ended(open, outcome);
    } else if (error != null && Problems.unwrapped(error).getClass() == DispatcherException.class) {
      // It was there a moment ago, so it was forgotten meanwhile, or cannot be read.
      lookAgain(this::late);
    } else {
      open.problem(Problems.of(error));
    }
  }

  private void late(Exchange open, TaskStatus status) {
    open.problem(unreadable());
  }

  private Problem unreadable() {
    return Problem.of(
            503,
            "unavailable",
            "Not possible here now",
            "task " + id + " cannot be read now; ask again")
        .retryAfter(Duration.ofSeconds(1))
        .about(id.text(), null);
  }
}
