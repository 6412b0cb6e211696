package io.dispatcher.node.http;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request that submitted one task, until it is answered: when the task is accepted, or, with a
 * wait, when it has ended or the wait is over. Confined to its loop but for what the dispatcher
 * calls, which hops back to it. Once answered it holds nothing of the request: the task may take
 * long to end.
 */
final class Submitting {
  private static final Runnable NOTHING = () -> {};

  private final TaskCalls calls;
  private final TaskHandle<byte[]> handle;
  private final @Nullable String idempotencyKey;
  private final Duration admission;
  private @Nullable Exchange exchange;
  private Runnable timer = NOTHING;
  private boolean waited;

  Submitting(
      TaskCalls calls, Exchange exchange, TaskHandle<byte[]> handle, TaskOptions options) {
    this.calls = calls;
    this.exchange = exchange;
    this.handle = handle;
    this.idempotencyKey = options.idempotencyKey();
    this.admission = options.admission() == null ? Duration.ZERO : options.admission();
    exchange.onEnd(this::forget);
  }

  private void forget() {
    exchange = null;
    timer.run();
    timer = NOTHING;
  }

  void go(Duration wait) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    Duration longest = wait.compareTo(admission) > 0 ? wait : admission;
    open.limit(
        longest.plus(TaskCalls.GRACE), () -> open.problem(Problems.acceptUnknown(idempotencyKey)));
    if (wait.isZero()) {
      awaitAcceptance();
    } else {
      waited = true;
      timer = calls.loop().after(wait.toMillis(), this::awaitAcceptance);
      handle
          .outcome()
          .whenComplete((outcome, error) -> calls.loop().hop().run(() -> ended(outcome, error)));
    }
  }

  private void awaitAcceptance() {
    timer = NOTHING;
    handle.accepted().whenComplete((id, error) -> calls.loop().hop().run(() -> accepted(id, error)));
  }

  private void accepted(@Nullable TaskId id, @Nullable Throwable error) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    open.guarded(
        () -> {
          if (id == null) {
            open.problem(Problems.of(error == null ? new IllegalStateException() : error));
          } else if (idempotencyKey == null && !waited) {
            calls.accepted(open, id);
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
    open.guarded(
        () -> {
          if (outcome != null) {
            calls.ended(open, outcome);
          } else if (error != null && Problems.unwrapped(error) instanceof DispatcherClosed) {
            // The node ends. If the task is accepted it goes on elsewhere: the id is the answer.
            open.last();
            waited = false;
            awaitAcceptance();
          } else {
            open.problem(Problems.of(error == null ? new IllegalStateException() : error));
          }
        });
  }
}
