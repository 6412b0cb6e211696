package io.dispatcher;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.TaskRef;
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

/**
 * The submitter's view of one task. Its stages complete on the callback executor only. The stage of
 * the acceptance is made when somebody asks for it: most callers never do, and a hop per task would
 * be for nobody.
 */
final class Handle<R extends @Nullable Object> implements TaskHandle<R> {

  private final TaskType<?, R> type;
  private final Function<Handle<R>, CompletionStage<Boolean>> canceller;
  private final CompletableFuture<Outcome<R>> outcome = new CompletableFuture<>();

  // Guarded by this: the front's loop accepts while callers ask.
  private @Nullable CompletableFuture<TaskId> accepted;
  private @Nullable BlockId block;
  private int index;

  private volatile boolean cancelWanted;
  private volatile boolean repeat;

  // Confined to the front's loop once the handle is there.
  private boolean detached;
  private boolean taken;

  // Set before the front has the handle.
  private boolean comesFor;

  Handle(TaskType<?, R> type, Function<Handle<R>, CompletionStage<Boolean>> canceller) {
    this.type = type;
    this.canceller = canceller;
  }

  /** Cancelled before it was accepted. */
  boolean cancelWanted() {
    return cancelWanted;
  }

  /** The submit names a task that may have been there before. Before it is accepted. */
  void repeats() {
    repeat = true;
  }

  boolean isRepeat() {
    return repeat;
  }

  /** The outcome is on its way. Tells whether its submitter has it then. */
  boolean take() {
    taken = true;
    return !detached;
  }

  /**
   * Somebody may come for the outcome otherwise. Before the front has the handle, or on its loop.
   *
   * @return false if the outcome is on its way
   */
  boolean detach() {
    detached |= !taken;
    return !taken;
  }

  /** Nobody is known to wait for the outcome. On the front's loop. */
  boolean detached() {
    return detached;
  }

  /**
   * It is not the submitter's. Before the front has the handle.
   *
   * @param comesFor whether its holder wants the outcome, or only the news that there is one
   */
  void attached(boolean comesFor) {
    this.detached = true;
    this.comesFor = comesFor;
  }

  /** Whether an outcome that is to be gone once it was fetched is fetched by this handle. */
  boolean fetches() {
    return comesFor || !detached;
  }

  void wantCancel() {
    cancelWanted = true;
  }

  /**
   * The task is recorded. On any thread.
   *
   * @return whether somebody waits for it: then {@link #tellAccepted} is to be called on the
   *     callback executor
   */
  synchronized boolean accept(BlockId at, int place) {
    block = at;
    index = place;
    return accepted != null && !accepted.isDone();
  }

  boolean accept(TaskRef ref) {
    return accept(ref.block(), ref.index());
  }

  void tellAccepted() {
    CompletableFuture<TaskId> asked;
    BlockId at;
    synchronized (this) {
      asked = accepted;
      at = block;
    }
    if (asked != null && at != null) {
      asked.complete(at.task(index));
    }
  }

  void refuse(DispatcherException why) {
    outcome.completeExceptionally(why);
    CompletableFuture<TaskId> asked;
    synchronized (this) {
      asked = accepted;
    }
    if (asked != null) {
      asked.completeExceptionally(why);
    }
  }

  /** Completes with a recorded outcome; a result is decoded here, on the callback executor. */
  void end(
      TaskId id,
      TaskState state,
      int attempts,
      byte @Nullable [] result,
      @Nullable Failure failure) {
    tellAccepted();
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
    } catch (Throwable e) { // an Error of a codec must not leave the handle open
      outcome.completeExceptionally(
          new DispatcherException(
              "task "
                  + id.text()
                  + " succeeded, but its result cannot be decoded as "
                  + type.name()
                  + ": "
                  + e,
              e));
    }
  }

  @Override
  public CompletionStage<TaskId> accepted() {
    CompletableFuture<TaskId> asked;
    synchronized (this) {
      if (accepted == null) {
        accepted = new CompletableFuture<>();
        if (block != null) {
          accepted.complete(block.task(index));
        }
      }
      asked = accepted;
    }
    // Refused before anybody asked: the reason stands in the outcome.
    if (!asked.isDone() && outcome.isCompletedExceptionally()) {
      outcome.whenComplete((none, why) -> asked.completeExceptionally(why));
    }
    return asked.minimalCompletionStage();
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
