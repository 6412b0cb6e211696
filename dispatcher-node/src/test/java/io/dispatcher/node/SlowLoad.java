package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Keeps so many tasks of {@link SoakNode#SLOW} outstanding, and reads every outcome a second time.
 */
final class SlowLoad {
  private final Dispatcher front;
  private final KillTally tally;
  private final int outstanding;
  private final Semaphore room;
  private final Thread thread = new Thread(this::load, "load");
  private volatile boolean over;

  private SlowLoad(Dispatcher front, KillTally tally, int outstanding) {
    this.front = front;
    this.tally = tally;
    this.outstanding = outstanding;
    room = new Semaphore(outstanding);
  }

  static SlowLoad start(Dispatcher front, KillTally tally, int outstanding) {
    SlowLoad load = new SlowLoad(front, tally, outstanding);
    load.thread.setDaemon(true);
    load.thread.start();
    return load;
  }

  /** Submits no more and waits for what is out; what has not ended by then counts as lost. */
  void end(Duration patience) throws InterruptedException {
    over = true;
    thread.join();
    if (!room.tryAcquire(outstanding, patience.toSeconds(), TimeUnit.SECONDS)) {
      SoakReport.say("not all has ended after %d s", patience.toSeconds());
    }
  }

  private void load() {
    try {
      while (!over) {
        if (room.tryAcquire(100, TimeUnit.MILLISECONDS)) {
          submit();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void submit() {
    TaskHandle<String> handle = front.submit(SoakNode.SLOW.task("x"));
    handle
        .accepted()
        .whenComplete(
            (id, refusal) -> {
              if (refusal == null) {
                tally.accepted(id);
                handle.outcome().thenAccept(this::ended);
              } else {
                tally.refused(refusal);
                room.release();
              }
            });
  }

  private void ended(Outcome<String> outcome) {
    tally.ended(outcome);
    front
        .attach(outcome.id(), SoakNode.SLOW)
        .outcome()
        .whenComplete(
            (second, error) -> {
              tally.readAgain(outcome, second, error);
              room.release();
            });
  }
}
