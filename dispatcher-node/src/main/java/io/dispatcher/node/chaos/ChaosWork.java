package io.dispatcher.node.chaos;

import static io.dispatcher.json.JsonCodec.json;
import static io.dispatcher.task.Codec.text;

import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The work of one task: it waits, and the longer kinds save how far they are. Each attempt says
 * first that it starts, and returns another value than every other one: an outcome that is recorded
 * a second time cannot look like the first. A few fail once.
 */
final class ChaosWork {
  /** One in so many is submitted twice, one fails once, and one is cancelled. */
  static final int RARE = 20;

  private static final int REPEATED = 3;
  private static final int FAILING = 8;
  private static final int CANCELLED = 11;

  /** One in so many saves checkpoints; those that fail once are among them. */
  private static final int STEPPED = 4;

  /** One in so many saves checkpoints and takes longer. */
  private static final int LONG = 16;

  private static final int STEPS = 4;
  private static final int LONG_FACTOR = 8;

  /** How much longer than a plain one the mean task is. */
  static final double MEAN_LENGTH = 1 + (LONG_FACTOR - 1) / (double) LONG;

  /** A reader comes for the outcomes at the end of the run. */
  private static final Duration RETENTION = Duration.ofHours(6);

  static final TaskType<Job, String> TYPE =
      TaskType.of("chaos", json(Job.class), text()).retention(RETENTION);

  private static final Backoff SOON = Backoff.fixed(Duration.ofMillis(50));

  private static final Codec<Integer> STEP = json(Integer.class);

  private final String node;
  private final Consumer<Line> history;

  ChaosWork(String node, Consumer<Line> history) {
    this.node = node;
    this.history = history;
  }

  /**
   * What a task is to do.
   *
   * @param steps a checkpoint is saved between two of them
   */
  record Job(long number, int millis, int steps) {}

  /** Nothing is wrong. */
  private static final class MeantToFail extends RuntimeException {
    private static final long serialVersionUID = 1;

    MeantToFail() {
      super("meant to", null, false, false);
    }
  }

  static Task<Job, String> task(long number, int millis) {
    boolean slow = number % LONG == 0;
    int steps = slow ? 2 * STEPS : number % STEPPED == 0 ? STEPS : 1;
    Task<Job, String> task =
        TYPE.task(new Job(number, slow ? millis * LONG_FACTOR : millis, steps));
    if (isRepeated(number)) {
      return task.idempotencyKey("chaos-" + number);
    }
    // One failure of its own, and no more: lost nodes must not be counted with it.
    return failsOnce(number) ? task.retries(1).backoff(SOON) : task;
  }

  /** Whether it has an idempotency key and is submitted twice. */
  static boolean isRepeated(long number) {
    return number % RARE == REPEATED;
  }

  /** Whether its first attempt fails by its own code. */
  static boolean failsOnce(long number) {
    return number % RARE == FAILING;
  }

  /** Whether it is cancelled soon after its submit. */
  static boolean isCancelled(long number) {
    return number % RARE == CANCELLED;
  }

  String run(Job job, TaskContext context) throws InterruptedException {
    history.accept(line(Kind.START, context));
    int done = 0;
    if (job.steps() > 1 && context.attempt() > 1) {
      done = context.last(STEP).orElse(0);
      history.accept(line(Kind.RESUME, context).number(done));
    }
    for (int step = done + 1; step <= job.steps(); step++) {
      TimeUnit.MILLISECONDS.sleep(Math.max(1, job.millis() / job.steps()));
      if (step < job.steps()) {
        save(context, step);
      }
      if (context.attempt() == 1 && failsOnce(job.number())) {
        history.accept(line(Kind.FAIL, context));
        throw new MeantToFail();
      }
    }
    return context.attempt() + " " + node;
  }

  private void save(TaskContext context, int step) {
    long asked = Line.now();
    try {
      context.save(STEP, step);
    } catch (StaleAttempt e) {
      history.accept(line(Kind.STALE, context).number(step));
      throw e;
    }
    history.accept(line(Kind.SAVE, context).number(step).text(Long.toString(asked)));
  }

  private Line line(Kind kind, TaskContext context) {
    return Line.of(node, kind).task(context.id().text(), context.attempt());
  }
}
