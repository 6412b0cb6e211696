package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Submits tasks for a while, kills a node half-way, and waits until every accepted task has ended.
 */
final class DemoRun {
  /** Enough to keep three nodes busy; more would only wait, restarted tasks among them. */
  private static final int OUTSTANDING = 40;

  private static final int TURN_MILLIS = 100;

  /** After this long without a result the open tasks count as lost. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<Path> files;
  private final Map<Path, Summary> expected;
  private final int iterations;
  private final Duration length;
  private final ChildNodes nodes;
  private final DemoTally tally;
  private final DemoReport report;
  private final Semaphore room = new Semaphore(OUTSTANDING);
  private long submitted;

  DemoRun(DemoInput input, Duration length, ChildNodes nodes, DemoTally tally, DemoReport report) {
    files = input.files();
    expected = input.expected();
    iterations = input.iterations();
    this.length = length;
    this.nodes = nodes;
    this.tally = tally;
    this.report = report;
  }

  void run(Dispatcher dispatcher) throws InterruptedException {
    long start = System.nanoTime();
    boolean killed = false;
    while (!enough(System.nanoTime() - start)) {
      if (room.tryAcquire(TURN_MILLIS, TimeUnit.MILLISECONDS)) {
        submit(dispatcher);
      }
      if (!killed && System.nanoTime() - start > length.toNanos() / 2) {
        kill();
        killed = true;
      }
      report.progress(System.nanoTime() - start, tally);
    }
    awaitOpen(start);
  }

  /** Whether what is outstanding will last until the end. */
  private boolean enough(long elapsed) {
    if (elapsed < length.toNanos() * 2 / 3) {
      return false;
    }
    long done = tally.totals().done();
    double perNano = done / (double) elapsed;
    return elapsed + (submitted - done) / perNano >= length.toNanos();
  }

  private void submit(Dispatcher dispatcher) {
    Path file = files.get((int) (submitted % files.size()));
    int round = (int) (submitted / files.size());
    submitted++;
    TaskHandle<Summary> handle =
        dispatcher.submit(DemoWork.TYPE.task(new Job(file.toString(), round, iterations)));
    handle
        .accepted()
        .whenComplete(
            (id, refusal) -> {
              if (refusal == null) {
                tally.accepted();
                handle.outcome().thenAccept(outcome -> ended(dispatcher, outcome, file));
              } else {
                tally.refused();
                room.release();
              }
            });
  }

  private void ended(Dispatcher dispatcher, Outcome<Summary> outcome, Path file) {
    tally.done(outcome, right(outcome, file));
    verify(dispatcher, outcome);
  }

  private boolean right(Outcome<Summary> outcome, Path file) {
    return outcome instanceof Outcome.Succeeded<Summary> succeeded
        && succeeded.value().equals(expected.get(file));
  }

  /** Reads the outcome a second time: one outcome is what it must show to everybody. */
  private void verify(Dispatcher dispatcher, Outcome<Summary> outcome) {
    dispatcher
        .attach(outcome.id(), DemoWork.TYPE)
        .outcome()
        .whenComplete(
            (second, error) -> {
              if (error == null) {
                tally.verified(outcome, second);
              }
              room.release();
            });
  }

  private void kill() {
    int busiest =
        IntStream.range(0, nodes.all().size())
            .boxed()
            .max(Comparator.comparing(tally::running))
            .orElseThrow();
    ChildNode node = nodes.get(busiest);
    long running = tally.running(busiest);
    tally.killed(busiest, System.currentTimeMillis());
    node.kill();
    report.killed(node.name(), running);
  }

  private void awaitOpen(long start) throws InterruptedException {
    long before = -1;
    long since = System.nanoTime();
    while (!room.tryAcquire(OUTSTANDING, TURN_MILLIS, TimeUnit.MILLISECONDS)) {
      report.progress(System.nanoTime() - start, tally);
      long now = tally.totals().done();
      if (now != before) {
        before = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > PATIENCE.toNanos()) {
        return;
      }
    }
  }
}
