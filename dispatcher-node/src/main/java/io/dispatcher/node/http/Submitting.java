package io.dispatcher.node.http;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request that submits one task, until it is answered: when the task is accepted, or, with a
 * wait, when it has ended or the wait is over. Confined to its loop but for what the dispatcher
 * calls, which hops back to it. Once answered it holds nothing of the request: the task may take
 * long to end.
 */
final class Submitting {
  private final TaskCalls calls;
  private final @Nullable String idempotencyKey;
  private final Duration admission;
  private final String type;
  private final Duration wait;
  private final TaskHandle<byte[]> handle;
  private @Nullable Exchange exchange;
  private Runnable timer = Exchange::nothing;
  private boolean waiting;

  /** Submits the task. */
  Submitting(TaskCalls calls, Exchange exchange, Task<byte[], byte[]> task, Duration wait) {
    Duration patience = task.options().admission();
    this.calls = calls;
    this.exchange = exchange;
    this.idempotencyKey = task.options().idempotencyKey();
    this.type = task.type().name();
    this.admission = patience == null ? Duration.ZERO : patience;
    this.wait = wait;
    this.waiting = !wait.isZero();
    this.handle = calls.submit(task, exchange, waiting);
    exchange.onEnd(this::forget);
  }

  private void forget() {
    exchange = null;
    timer.run();
    timer = Exchange::nothing;
    if (waiting) {
      // The client has gone while it waited; it may come for the outcome later.
      waiting = false;
      calls.dispatcher().detach(handle);
    }
  }

  void go() {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    Duration longest = wait.compareTo(admission) > 0 ? wait : admission;
    open.limit(
        longest.plus(TaskCalls.GRACE), () -> open.problem(Problems.acceptUnknown(idempotencyKey)));
    if (waiting) {
      timer = calls.loop().after(wait.toMillis(), this::waitIsOver);
      handle
          .outcome()
          .whenComplete((outcome, error) -> calls.loop().hop().run(() -> ended(outcome, error)));
    } else {
      awaitAcceptance();
    }
  }

  private void waitIsOver() {
    timer = Exchange::nothing;
    calls
        .dispatcher()
        .detach(handle)
        .whenComplete(
            (detached, error) ->
                calls
                    .loop()
                    .hop()
                    .run(
                        () -> {
                          // Else the outcome is about to come.
                          if (error != null || detached) {
                            awaitAcceptance();
                          }
                        }));
  }

  private void awaitAcceptance() {
    handle
        .accepted()
        .whenComplete((id, error) -> calls.loop().hop().run(() -> accepted(id, error)));
  }

  private void accepted(@Nullable TaskId id, @Nullable Throwable error) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    boolean waited = waiting;
    waiting = false;
    open.guarded(
        () -> {
          if (id == null) {
            open.problem(Problems.of(error));
          } else if (idempotencyKey == null && !waited) {
            calls.accepted(open, id);
          } else if (!waited && !calls.dispatcher().isRepeat(handle)) {
            calls.unfinished(open, TaskCalls.fresh(id, type));
          } else {
            // It may be the task of an earlier call, however far that is.
            calls.find(open, id, status -> calls.unfinished(open, status));
          }
        });
  }

  private void ended(@Nullable Outcome<byte[]> outcome, @Nullable Throwable error) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    waiting = false;
    open.guarded(
        () -> {
          if (outcome != null) {
            calls.ended(open, outcome);
          } else if (error != null && Problems.unwrapped(error) instanceof DispatcherClosed) {
            // The node ends. If the task is accepted it goes on elsewhere: the id is the answer.
            open.last();
            awaitAcceptance();
          } else {
            open.problem(Problems.of(error));
          }
        });
  }
}
