package io.dispatcher.client;

import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A task as a client outside the cluster sees it. Nobody asks for its outcome before its user does.
 */
final class RemoteHandle<R extends @Nullable Object> implements TaskHandle<R> {

  private final RemoteTaskClient client;
  private final TaskType<?, R> type;
  private final Executor caller;
  private final CompletableFuture<TaskId> accepted = new CompletableFuture<>();
  private final CompletableFuture<Outcome<R>> outcome = new CompletableFuture<>();
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable TaskId id;
  private volatile boolean wanted;
  private volatile boolean ended;

  /**
   * @param caller where the stages complete
   */
  RemoteHandle(RemoteTaskClient client, TaskType<?, R> type, Executor caller) {
    this.client = client;
    this.type = type;
    this.caller = caller;
  }

  /** Whether nobody waits for anything that could still come. */
  boolean settled() {
    return ended || (id != null && !wanted);
  }

  /** A front has it. On any thread. */
  void accept(TaskId accepted) {
    id = accepted;
    client.run(caller, () -> this.accepted.complete(accepted));
    ask();
  }

  void fail(DispatcherException why) {
    ended = true;
    client.run(
        caller,
        () -> {
          accepted.completeExceptionally(why);
          outcome.completeExceptionally(why);
        });
  }

  void end(Outcome<R> end) {
    ended = true;
    client.run(
        caller,
        () -> {
          accepted.complete(end.id());
          outcome.complete(end);
        });
  }

  /** It succeeded; the result is decoded on the client's own threads. */
  void succeed(TaskId task, byte[] result, int attempts) {
    client.run(
        () -> {
          R value;
          try {
            value = type.result().decode(result);
          } catch (Throwable e) { // a class of the result may be missing here
            fail(
                new DispatcherException(
                    "task "
                        + task
                        + " succeeded, but its result cannot be decoded as "
                        + type.name()
                        + ": "
                        + e.getMessage(),
                    e));
            return;
          }
          end(new Outcome.Succeeded<>(task, value, attempts));
        });
  }

  private void ask() {
    TaskId known = id;
    if (wanted && known != null && !ended && asking.compareAndSet(false, true)) {
      client.awaitOutcome(this, known);
    }
  }

  @Override
  public CompletionStage<TaskId> accepted() {
    return accepted.minimalCompletionStage();
  }

  @Override
  public CompletionStage<R> result() {
    outcome();
    return outcome.thenApply(Outcome::orThrow).minimalCompletionStage();
  }

  @Override
  public CompletionStage<Outcome<R>> outcome() {
    if (!wanted) {
      wanted = true;
      client.hold(this);
      ask();
    }
    return outcome.minimalCompletionStage();
  }

  @Override
  public CompletionStage<Boolean> cancel() {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    accepted.whenComplete(
        (task, refused) -> {
          if (task == null) {
            done.complete(false);
          } else {
            client.cancel(task, caller, done);
          }
        });
    return done.minimalCompletionStage();
  }
}
