package io.dispatcher.node;

import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Submits jobs for a while, kills a node half-way, and waits until every one of them has ended. */
final class DemoRun {
  /** For each node: enough to keep it busy; more would only wait, restarted tasks among them. */
  private static final int OUTSTANDING = 14;

  private static final int TURN_MILLIS = 100;

  /** After this long without a result the open jobs count as lost. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<Path> files;
  private final Map<Path, Summary> expected;
  private final int iterations;
  private final Duration length;
  private final List<ChildNode> nodes;
  private final DemoTally tally;
  private final DemoReport report;
  private final int outstanding;
  private final Semaphore room;
  private @Nullable DemoAftermath aftermath;
  private long submitted;

  DemoRun(
      DemoInput input, Duration length, List<ChildNode> nodes, DemoTally tally, DemoReport report) {
    files = input.files();
    expected = input.expected();
    iterations = input.iterations();
    this.length = length;
    this.nodes = nodes;
    this.tally = tally;
    this.report = report;
    outstanding = OUTSTANDING * nodes.size();
    room = new Semaphore(outstanding);
  }

  void run(DemoSide side) throws InterruptedException {
    long start = System.nanoTime();
    while (!enough(System.nanoTime() - start)) {
      if (room.tryAcquire(TURN_MILLIS, TimeUnit.MILLISECONDS)) {
        submit(side);
      }
      if (aftermath == null && System.nanoTime() - start > length.toNanos() / 2) {
        aftermath = kill();
      }
      look();
    }
    awaitOpen();
  }

  /** One more job, in the order of files and rounds. */
  private void submit(DemoSide side) {
    Path file = files.get((int) (submitted % files.size()));
    int round = (int) (submitted / files.size());
    submitted++;
    Summary right = Objects.requireNonNull(expected.get(file), "computed for every file");
    side.submit(new Job(file.toString(), round, iterations), right, room::release);
  }

  /** Whether a node was killed, and what is outstanding will last until the end. */
  private boolean enough(long elapsed) {
    if (aftermath == null || elapsed < length.toNanos() * 2 / 3) {
      return false;
    }
    long ended = submitted - outstanding + room.availablePermits();
    double perNano = ended / (double) elapsed;
    return elapsed + (submitted - ended) / perNano >= length.toNanos();
  }

  private DemoAftermath kill() {
    int busiest =
        IntStream.range(0, nodes.size())
            .boxed()
            .max(Comparator.comparing(tally::running))
            .orElseThrow();
    ChildNode node = nodes.get(busiest);
    long running = tally.running(busiest);
    long now = System.currentTimeMillis();
    tally.killed(busiest, now);
    node.kill();
    report.eventAt(
        now, "killed %s (SIGKILL, pid %d) while it ran %d tasks", node.name(), node.pid(), running);
    return new DemoAftermath(node.name(), now, tally, report);
  }

  private void look() {
    if (aftermath != null) {
      aftermath.look();
    }
    report.progress(tally);
  }

  private void awaitOpen() throws InterruptedException {
    int before = -1;
    long since = System.nanoTime();
    while (!room.tryAcquire(outstanding, TURN_MILLIS, TimeUnit.MILLISECONDS)) {
      look();
      int now = room.availablePermits();
      if (now != before) {
        before = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > PATIENCE.toNanos()) {
        return;
      }
    }
    look();
  }
}
