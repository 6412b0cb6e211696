package io.dispatcher.node.chaos;

import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskRefused;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Submits tasks at a steady rate in one way and writes down what becomes of them. What a frozen
 * process has missed is not caught up. Thread-safe.
 */
final class Load {
  private static final int TICK_MILLIS = 10;
  private static final int MOST_OPEN = 4_000;

  /**
   * How a task is submitted. A reader comes for its outcome too, at the end: it must stay for that
   * long although this one has it.
   */
  interface Way {
    TaskHandle<String> submit(Task<ChaosWork.Job, String> task);
  }

  private final String node;
  private final Way way;
  private final Consumer<Line> history;
  private final int taskMillis;
  private final Semaphore room = new Semaphore(MOST_OPEN);
  private final AtomicLong accepted = new AtomicLong();
  private final ScheduledExecutorService clock = Clocks.daemon("load");
  private final Sequel sequel;
  private long next;
  private double due;

  /**
   * @param way by which tasks are submitted
   * @param first number of the first submit; no other process may use those that follow
   */
  Load(String node, Way way, Consumer<Line> history, int taskMillis, long first) {
    this.node = node;
    this.way = way;
    this.history = history;
    this.taskMillis = taskMillis;
    this.next = first;
    this.sequel = new Sequel(node, way, history, taskMillis, room);
  }

  void start(double perSecond) {
    clock.scheduleWithFixedDelay(
        () -> tick(perSecond * TICK_MILLIS / 1e3), 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void tick(double more) {
    due += more;
    while (due >= 1) {
      due--;
      if (room.tryAcquire()) {
        submit(next++);
      }
    }
  }

  private void submit(long number) {
    history.accept(Line.of(node, Kind.SUBMIT).number(number));
    Task<ChaosWork.Job, String> task = ChaosWork.task(number, taskMillis);
    String key = task.options().idempotencyKey();
    TaskHandle<String> handle = way.submit(task);
    handle
        .accepted()
        .thenAccept(
            id -> {
              accepted.incrementAndGet();
              Line line = Line.of(node, Kind.ACCEPT).task(id.text(), 0).number(number);
              history.accept(key == null ? line : line.text(key));
            });
    handle.outcome().whenComplete((outcome, error) -> ended(number, outcome, error));
    sequel.of(number, task, handle);
  }

  private void ended(long number, @Nullable Outcome<String> outcome, @Nullable Throwable error) {
    room.release();
    if (outcome != null) {
      history.accept(shown(node, outcome).number(number));
    } else if (error != null) {
      Kind kind = why(error) instanceof TaskRefused ? Kind.REFUSE : Kind.UNKNOWN;
      history.accept(Line.of(node, kind).number(number).text(told(error)));
    }
  }

  /** Why there is no outcome; if it was refused, the reason stands before it. */
  static String told(Throwable error) {
    Throwable why = why(error);
    String message = String.valueOf(why.getMessage());
    return why instanceof TaskRefused refused ? refused.reason() + ": " + message : message;
  }

  private static Throwable why(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  /** An outcome as a line. */
  static Line shown(String node, Outcome<String> outcome) {
    Line line = Line.of(node, Kind.OUTCOME);
    String state = outcome.state().text();
    if (outcome instanceof Outcome.Succeeded<String> succeeded) {
      return line.task(outcome.id().text(), succeeded.attempts())
          .text(state + " " + succeeded.value());
    }
    if (outcome instanceof Outcome.Failed<String> failed) {
      return line.task(outcome.id().text(), failed.attempts())
          .text(state + " " + failed.failure().type() + ": " + failed.failure().message());
    }
    return line.task(outcome.id().text(), 0).text(state);
  }

  /** Submits nothing any more; blocks while a submit is under way. */
  void stop() throws InterruptedException {
    clock.shutdown();
    if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
      throw new IllegalStateException("a submit on " + node + " does not return");
    }
  }

  /** Tasks that were accepted through here. */
  long accepted() {
    return accepted.get();
  }

  /** Tasks whose outcome was not shown yet. */
  int open() {
    return MOST_OPEN - room.availablePermits();
  }
}
