package io.dispatcher.node.chaos;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What follows some submits: the same once more, or a wish to cancel the task. Thread-safe.
 *
 * @param room for one that is open
 */
record Sequel(String node, Load.Way way, Consumer<Line> history, int taskMillis, Semaphore room) {
  private static final int DELAYS = 4;

  /** To be called once, with each submit. */
  void of(long number, Task<ChaosWork.Job, String> task, TaskHandle<String> first) {
    if (ChaosWork.isRepeated(number)) {
      if (turn(number) % 2 == 0) {
        repeat(number, task);
      } else {
        first.accepted().whenComplete((id, refused) -> repeat(number, task));
      }
    } else if (ChaosWork.isCancelled(number)) {
      // Before it starts, while it runs, and as it ends.
      long delay = turn(number) % DELAYS * taskMillis / (DELAYS - 1);
      first
          .accepted()
          .thenAcceptAsync(
              id -> cancel(id, first), CompletableFuture.delayedExecutor(delay, MILLISECONDS));
    }
  }

  private static long turn(long number) {
    return number / ChaosWork.RARE;
  }

  private void repeat(long number, Task<ChaosWork.Job, String> task) {
    if (room.tryAcquire()) {
      String key = String.valueOf(task.options().idempotencyKey());
      TaskHandle<String> second = way.submit(task);
      second
          .accepted()
          .thenAccept(
              id ->
                  history.accept(
                      Line.of(node, Kind.REPEAT).task(id.text(), 0).number(number).text(key)));
      second.outcome().whenComplete((outcome, error) -> ended(number, outcome, error));
    }
  }

  private void ended(long number, @Nullable Outcome<String> outcome, @Nullable Throwable error) {
    room.release();
    if (outcome != null) {
      history.accept(Load.shown(node, outcome).number(number));
    } else if (error != null) {
      history.accept(Line.of(node, Kind.NO_REPEAT).number(number).text(Load.told(error)));
    }
  }

  private void cancel(TaskId id, TaskHandle<String> handle) {
    history.accept(Line.of(node, Kind.CANCEL).task(id.text(), 0));
    handle
        .cancel()
        .thenAccept(
            done ->
                history.accept(
                    Line.of(node, Kind.CANCELLED).task(id.text(), 0).number(done ? 1 : 0)));
  }
}
