package io.dispatcher;

import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The submitter's view of one task. Completed on the callback executor only. */
final class Handle<R extends @Nullable Object> implements TaskHandle<R> {

  private final TaskType<?, R> type;
  private final Function<Handle<R>, CompletionStage<Boolean>> canceller;
  private final CompletableFuture<TaskId> accepted = new CompletableFuture<>();
  private final CompletableFuture<Outcome<R>> outcome = new CompletableFuture<>();

  Handle(TaskType<?, R> type, Function<Handle<R>, CompletionStage<Boolean>> canceller) {
    this.type = type;
    this.canceller = canceller;
  }

  private volatile boolean cancelWanted;

  /** Cancelled before it was accepted. */
  boolean cancelWanted() {
    return cancelWanted;
  }

  void wantCancel() {
    cancelWanted = true;
  }

  void accept(TaskId id) {
    accepted.complete(id);
  }

  void refuse(DispatcherException why) {
    accepted.completeExceptionally(why);
    outcome.completeExceptionally(why);
  }

  /** Completes with a recorded outcome; a result is decoded here, on the callback executor. */
  void end(
      TaskId id,
      TaskState state,
      int attempts,
      byte @Nullable [] result,
      @Nullable Failure failure) {
    accepted.complete(id);
    switch (state) {
      case SUCCEEDED -> succeed(id, attempts, result);
      case FAILED ->
          outcome.complete(
              new Outcome.Failed<>(
                  id, failure == null ? unknownFailure(attempts) : failure, attempts));
      case CANCELLED -> outcome.complete(new Outcome.Cancelled<>(id));
      case EXPIRED -> outcome.complete(new Outcome.Expired<>(id));
      default ->
          outcome.completeExceptionally(
              new DispatcherException(
                  "task " + id.text() + ": its outcome is no longer kept (retention is over)"));
    }
  }

  private static Failure unknownFailure(int attempt) {
    return new Failure("unknown", "the cause was not kept", "", "", attempt);
  }

  private void succeed(TaskId id, int attempts, byte @Nullable [] result) {
    try {
      if (result == null) {
        throw new IllegalStateException("its bytes are no longer kept");
      }
      outcome.complete(new Outcome.Succeeded<>(id, type.result().decode(result), attempts));
    } catch (Exception e) {
      outcome.completeExceptionally(
          new DispatcherException(
              "task "
                  + id.text()
                  + " succeeded, but its result cannot be decoded as "
                  + type.name()
                  + ": "
                  + e.getMessage(),
              e));
    }
  }

  @Override
  public CompletionStage<TaskId> accepted() {
    return accepted.minimalCompletionStage();
  }

  @Override
  public CompletionStage<R> result() {
    return outcome.thenApply(Outcome::orThrow).minimalCompletionStage();
  }

  @Override
  public CompletionStage<Outcome<R>> outcome() {
    return outcome.minimalCompletionStage();
  }

  @Override
  public CompletionStage<Boolean> cancel() {
    return canceller.apply(this);
  }
}
