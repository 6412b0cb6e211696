package io.dispatcher.node;

import io.dispatcher.node.DemoWork.Job;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The demo's cluster stays up with a little work, so that people can look at it and kill nodes;
 * each that was killed comes back after a while.
 */
final class DemoStay {
  private static final int TURN_MILLIS = 100;
  private static final int OUTSTANDING = 40;
  private static final long BACK_AFTER_MILLIS = 10_000;
  private static final long KEPT_MILLIS = 60_000;

  /** Ctrl-C in a terminal ends nodes too, and this process may hear of it later. */
  private static final long SIGNAL_MILLIS = 500;

  private final DemoNodes nodes;
  private final DemoInput input;
  private final DemoSide side;
  private final DemoReport report;
  private final CountDownLatch end = new CountDownLatch(1);
  private final Semaphore room = new Semaphore(OUTSTANDING);
  private final Set<Long> gone = new HashSet<>();
  private final List<Back> back = new ArrayList<>();
  private @Nullable DemoAftermath aftermath;
  private long submitted;

  /** A node that is to come back. */
  private record Back(int index, long millis) {}

  DemoStay(DemoNodes nodes, DemoInput input, DemoSide side, DemoReport report) {
    this.nodes = nodes;
    this.input = input;
    this.side = side;
    this.report = report;
  }

  /** Returns when this process is told to end. */
  void run(String page) throws InterruptedException {
    Signals.onFirst(end::countDown);
    int killed = nodes.tally().killedNode();
    gone.add(nodes.current().get(killed).pid());
    report.say("");
    report.event("%s starts again", Topology.name(killed));
    nodes.restart(killed);
    describe(page);
    while (!end.await(TURN_MILLIS, TimeUnit.MILLISECONDS)) {
      if (room.tryAcquire()) {
        submit();
      }
      deaths();
      restarts();
      if (aftermath != null) {
        aftermath.look();
      }
      nodes.tally().forgetEndedBefore(System.currentTimeMillis() - KEPT_MILLIS);
    }
    report.event("the cluster ends");
  }

  private void describe(String page) {
    report.say("");
    report.say("The cluster stays up, with ten tasks a second; Ctrl-C ends it. To look at it:");
    report.say("  %s", page);
    report.say("To try, in another terminal (what is killed comes back after a while):");
    nodes.current().forEach(node -> report.say("  kill -9 %d   # %s", node.pid(), node.name()));
    int copies = nodes.current().size() / 2;
    report.say(
        "%d nodes survive %s; with more, what had no other copy is gone.",
        nodes.current().size(), copies == 1 ? "one death at a time" : copies + " deaths at a time");
    report.say("");
  }

  private void submit() {
    Path file = input.files().get((int) (submitted % input.files().size()));
    int round = (int) (submitted / input.files().size());
    submitted++;
    side.submit(
        new Job(file.toString(), round, input.iterations()),
        Objects.requireNonNull(input.expected().get(file), "computed for every file"),
        room::release);
  }

  private void deaths() throws InterruptedException {
    List<ChildNode> current = nodes.current();
    for (int i = 0; i < current.size(); i++) {
      ChildNode node = current.get(i);
      if (node.isAlive() || !gone.add(node.pid())) {
        continue;
      }
      long now = System.currentTimeMillis();
      if (end.await(SIGNAL_MILLIS, TimeUnit.MILLISECONDS)) {
        return;
      }
      long running = nodes.tally().running(i);
      nodes.tally().killed(i, now);
      report.eventAt(now, "%s (pid %d) is gone while it ran %d", node.name(), node.pid(), running);
      aftermath = new DemoAftermath(node.name(), now, nodes.tally(), report);
      back.add(new Back(i, now + BACK_AFTER_MILLIS));
    }
  }

  private void restarts() {
    long now = System.currentTimeMillis();
    for (Back each : List.copyOf(back)) {
      if (each.millis() <= now) {
        back.remove(each);
        // Work goes on meanwhile.
        CompletableFuture.runAsync(() -> restart(each.index()), DemoStay::inBackground);
      }
    }
  }

  private void restart(int index) {
    try {
      nodes.restart(index);
      ChildNode node = nodes.current().get(index);
      report.say("  kill -9 %d   # %s", node.pid(), node.name());
    } catch (RunFailed e) {
      if (end.getCount() > 0) {
        report.event("%s did not come back: %s", Topology.name(index), e.getMessage());
      }
    }
  }

  private static void inBackground(Runnable step) {
    Thread thread = new Thread(step, "restart");
    thread.setDaemon(true);
    thread.start();
  }
}
