package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import java.nio.file.Path;
import java.time.Duration;
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
          if (line.kind() == Kind.ACCEPT) {
            if (!take(1)) {
              return false;
            }
            read(TaskId.of(line.task()));
          }
          return line.kind() != Kind.END;
        });
    take(AT_ONCE);
  }

  private void read(TaskId id) {
    dispatcher
        .attach(id, ChaosWork.TYPE)
        .outcome()
        .whenComplete((outcome, error) -> answered(id, outcome, error));
  }

  private void answered(TaskId id, @Nullable Outcome<String> outcome, @Nullable Throwable error) {
    answers.incrementAndGet();
    if (outcome != null) {
      history.accept(Load.shown(NODE, outcome));
    } else if (error != null) {
      String message = String.valueOf(error.getMessage());
      history.accept(Line.of(NODE, Kind.MISSING).task(id.text(), 0).text(message));
    }
    room.release();
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
