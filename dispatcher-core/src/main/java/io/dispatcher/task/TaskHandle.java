package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A submitted task, as its submitter sees it. Thread-safe.
 *
 * <p>An error reaches callbacks and {@code join} as the cause of a {@link
 * java.util.concurrent.CompletionException}, as stages do it; {@link #await} throws it as it is.
 *
 * <p>Stages complete on the client's callback executor. Cancelling or completing a future made from
 * one of them does nothing to the task: use {@link #cancel()}.
 *
 * @param <R> result
 */
public interface TaskHandle<R extends @Nullable Object> {
  /**
   * Completes with the task's id once the task is recorded on every replica: from then on it
   * survives the death of this process.
   *
   * <p>Fails with {@link TaskRefused} (it will not run), {@link AcceptUnknown} (it may run) or
   * {@link DispatcherClosed}; the other stages then fail with the same.
   */
  CompletionStage<TaskId> accepted();

  /**
   * Completes with the result if the task succeeds. Fails with {@link TaskFailed}, {@link
   * TaskCancelled} or {@link TaskExpired} if it ends otherwise, with what {@link #accepted()} fails
   * with, and with a {@link DispatcherException} if the result could not be decoded.
   */
  CompletionStage<R> result();

  /**
   * Completes with the recorded outcome, whichever it is: a failed task completes this stage, it
   * does not fail it. Fails with what {@link #accepted()} fails with, and with a {@link
   * DispatcherException} if the result could not be decoded.
   */
  CompletionStage<Outcome<R>> outcome();

  /**
   * Waits for the result. Blocks the calling thread, so neither for event loops nor for callbacks
   * of this client. A wait that ends early changes nothing about the task.
   *
   * @param atMost how long to wait; 0 or less: only look
   * @throws TaskFailed if the task failed
   * @throws TaskCancelled if it was cancelled
   * @throws TaskExpired if its deadline passed
   * @throws TaskRefused if it was not accepted
   * @throws AcceptUnknown if it may have been accepted
   * @throws DispatcherClosed if the client was closed meanwhile
   * @throws TaskWaitTimeout if the time is over
   * @throws DispatcherException if the thread was interrupted (its interrupt flag is set again), or
   *     the result could not be decoded
   */
  default R await(Duration atMost) {
    requireNonNull(atMost, "atMost");
    CompletableFuture<Outcome<R>> outcome = outcome().toCompletableFuture();
    try {
      return outcome.get(Waits.nanos(atMost), TimeUnit.NANOSECONDS).orThrow();
    } catch (ExecutionException e) {
      throw Waits.asDispatcherException(e);
    } catch (TimeoutException e) {
      throw new TaskWaitTimeout(Waits.idNow(this), atMost);
    } catch (CancellationException e) {
      throw new DispatcherException("The wait for " + Waits.nameNow(this) + " was cancelled", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DispatcherException(
          "The wait for " + Waits.nameNow(this) + " was interrupted; the task goes on", e);
    }
  }

  /**
   * Asks for the task to be cancelled. A running attempt is told ({@link TaskContext#cancelled()})
   * and interrupted; what it returns is dropped.
   *
   * <p>Completes with true if the task will end as cancelled, with false if it had already ended.
   * If the node that drives the task does not answer within 2 s, the wish is recorded with the task
   * and true means: as soon as that node answers, or another one takes its place, the task ends as
   * cancelled, unless an attempt that runs meanwhile ends it before. {@link #outcome()} tells.
   * Fails with a {@link DispatcherException} if nothing could be recorded.
   */
  CompletionStage<Boolean> cancel();
}
