package io.dispatcher.node;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.core.IExecutorService;
import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.io.IOException;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The demo's jobs as calls of {@code IExecutorService}, each to the member that Hazelcast chooses,
 * so that Hazelcast may send it again. What its caller sees is what is counted. Thread-safe.
 */
final class DemoCalls implements DemoSide {
  static final String PARENT = "parent";

  private final IExecutorService executor;
  private final Executor callbacks;
  private final DemoTally tally;
  private final AtomicLong made = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile @Nullable String lastError;

  DemoCalls(IExecutorService executor, Executor callbacks, DemoTally tally) {
    this.executor = executor;
    this.callbacks = callbacks;
    this.tally = tally;
  }

  /**
   * What the callers saw.
   *
   * @param failed calls that ended with an exception
   * @param startedTwice calls that Hazelcast sent again
   * @param unanswered calls that had not ended after a minute
   * @param error the last one's
   */
  record Totals(
      long calls,
      long answered,
      long failed,
      long unanswered,
      long wrong,
      long startedTwice,
      @Nullable String error) {
    Map<String, @Nullable Object> keys() {
      Map<String, @Nullable Object> keys = new LinkedHashMap<>();
      keys.put("calls", calls);
      keys.put("answered", answered);
      keys.put("failed_to_caller", failed);
      keys.put("unanswered", unanswered);
      keys.put("wrong", wrong);
      keys.put("started_twice", startedTwice);
      return keys;
    }
  }

  @Override
  @SuppressWarnings("unchecked") // the executor's future is a stage since Hazelcast 4.1
  public void submit(Job job, Summary expected, Runnable ended) {
    String id = "c" + made.incrementAndGet();
    tally.accepted();
    CompletionStage<String> answer =
        (CompletionStage<String>)
            executor.submit(new Call(id, job.file(), job.round(), job.iterations()));
    answer.whenCompleteAsync((json, error) -> ended(id, json, error, expected, ended), callbacks);
  }

  private void ended(
      String id,
      @Nullable String json,
      @Nullable Throwable error,
      Summary expected,
      Runnable ended) {
    TaskId task = TaskId.of(id);
    if (json == null) {
      failed.incrementAndGet();
      Throwable cause =
          error instanceof CompletionException && error.getCause() != null
              ? error.getCause()
              : error;
      lastError = cause == null ? null : cause.getClass().getSimpleName();
      tally.settled(task, 1, TaskState.FAILED);
    } else {
      Summary summary = Json.read(json, Summary.class);
      tally.settled(task, 1, TaskState.SUCCEEDED);
      tally.done(new Outcome.Succeeded<>(task, summary, 1), summary.equals(expected));
    }
    ended.run();
  }

  Totals totals() {
    DemoTally.Totals totals = tally.totals();
    long calls = made.get();
    long unanswered = calls - totals.done() - failed.get();
    return new Totals(
        calls,
        totals.done(),
        failed.get(),
        unanswered,
        totals.wrong(),
        totals.startedTwice(),
        lastError);
  }

  /** A job as Hazelcast carries it. */
  static final class Call implements Callable<String>, Serializable, HazelcastInstanceAware {
    private static final long serialVersionUID = 1;

    private final String id;
    private final String file;
    private final int round;
    private final int iterations;
    private transient @Nullable HazelcastInstance hazelcast;

    Call(String id, String file, int round, int iterations) {
      this.id = id;
      this.file = file;
      this.round = round;
      this.iterations = iterations;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance member) {
      hazelcast = member;
    }

    /** Says that it starts, as the dispatcher's tasks do. */
    @Override
    public String call() throws IOException {
      if (hazelcast == null
          || !(hazelcast.getUserContext().get(PARENT) instanceof ParentLink parent)) {
        throw new IllegalStateException("the call is on no member of the demo");
      }
      parent.event(new DemoTally.Start(id, 1, System.currentTimeMillis()).text());
      return Json.write(DemoWork.run(new Job(file, round, iterations)));
    }
  }
}
