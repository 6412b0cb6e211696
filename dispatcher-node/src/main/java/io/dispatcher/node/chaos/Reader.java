package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Comes for the outcome of every accepted task, whoever submitted it: a submitter that was killed
 * cannot tell any more, and what others were told must be the same.
 */
final class Reader {
  private static final String NODE = "reader";
  private static final int AT_ONCE = 1_000;
  private static final long TURN_MILLIS = 500;

  private final Dispatcher dispatcher;
  private final Path accepted;
  private final Consumer<Line> history;
  private final long patienceNanos;
  private final Semaphore room = new Semaphore(AT_ONCE);
  private final AtomicLong answers = new AtomicLong();
  private long answersBefore = -1;
  private long since = System.nanoTime();

  /**
   * @param accepted a history that says what was
   * @param history gets what is found
   * @param patience gives up after so long without any answer
   */
  Reader(Dispatcher dispatcher, Path accepted, Consumer<Line> history, Duration patience) {
    this.dispatcher = dispatcher;
    this.accepted = accepted;
    this.history = history;
    this.patienceNanos = patience.toNanos();
  }

  /** Reads all that was accepted, as the history says up to the end of the load. */
  void readAll() {
    History.read(
        accepted,
        line -> {
          if (line.kind() == Kind.ACCEPT || line.kind() == Kind.REPEAT) {
            if (!take(1)) {
              return false;
            }
            read(line.task());
          }
          return line.kind() != Kind.END;
        });
    take(AT_ONCE);
  }

  private void read(String task) {
    read(dispatcher, task, history)
        .whenComplete(
            (outcome, error) -> {
              answers.incrementAndGet();
              room.release();
            });
  }

  /** Waits for the outcome of one task; what is found is written down before the stage is done. */
  static CompletionStage<Outcome<String>> read(
      Dispatcher dispatcher, String task, Consumer<Line> history) {
    TaskId id = TaskId.of(task);
    return dispatcher
        .attach(id, ChaosWork.TYPE)
        .outcome()
        .whenComplete((outcome, error) -> found(id, outcome, error, history));
  }

  private static void found(
      TaskId id,
      @Nullable Outcome<String> outcome,
      @Nullable Throwable error,
      Consumer<Line> history) {
    if (outcome != null) {
      history.accept(Load.shown(NODE, outcome));
    } else if (error != null) {
      String message = String.valueOf(error.getMessage());
      history.accept(Line.of(NODE, Kind.MISSING).task(id.text(), 0).text(message));
    }
  }

  /** False once nobody has answered for too long. */
  private boolean take(int permits) {
    try {
      while (!room.tryAcquire(permits, TURN_MILLIS, TimeUnit.MILLISECONDS)) {
        long now = answers.get();
        if (now != answersBefore) {
          answersBefore = now;
          since = System.nanoTime();
        } else if (System.nanoTime() - since > patienceNanos) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
