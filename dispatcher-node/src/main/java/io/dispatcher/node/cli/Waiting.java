package io.dispatcher.node.cli;

import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Waits for the outcome of a task and shows meanwhile how it stands. */
final class Waiting {
  private static final long LOOK_MILLIS = 500;

  private Waiting() {}

  /**
   * @param atMost how long to wait
   * @param look told how the task stands, each half second while there is no outcome
   * @throws CommandFailed if the time is over, or the outcome is not to be had
   */
  static Outcome<byte[]> outcome(
      TaskClient client,
      TaskHandle<byte[]> handle,
      TaskId id,
      Duration atMost,
      Consumer<TaskStatus> look) {
    CompletableFuture<Outcome<byte[]>> outcome = handle.outcome().toCompletableFuture();
    long until = System.nanoTime() + atMost.toNanos();
    try {
      while (true) {
        long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        try {
          return outcome.get(Math.max(0, Math.min(left, LOOK_MILLIS)), TimeUnit.MILLISECONDS);
        } catch (TimeoutException notYet) {
          if (left <= 0) {
            throw CommandFailed.notKnown(
                id, "task " + id + " has no outcome yet; ask again: task result " + id);
          }
          show(client, id, look);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailed.notKnown(id, "interrupted; task " + id + " goes on");
    } catch (ExecutionException e) {
      throw CommandFailed.of(e);
    }
  }

  /** A look that fails is no reason to stop waiting: the wait itself knows when to give up. */
  private static void show(TaskClient client, TaskId id, Consumer<TaskStatus> look)
      throws InterruptedException {
    try {
      Optional<TaskStatus> status = client.find(id).toCompletableFuture().get(5, TimeUnit.SECONDS);
      if (status.isPresent() && !status.get().state().isFinal()) {
        look.accept(status.get());
      }
    } catch (ExecutionException | TimeoutException e) {
      System.getLogger(Waiting.class.getName())
          .log(System.Logger.Level.DEBUG, "no status of task " + id, e);
    }
  }
}
