package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.task.WaitingReason;

/**
 * Where a task waits until it may stand in line for a worker: its start is delayed, or it backs
 * off. Confined to the front's loop.
 */
final class DueTimes {

  /** Longer waits are not told apart: about 95 years. */
  private static final long LONGEST_PAUSE_MILLIS = 3_000_000_000_000L;

  private final Loop loop;
  private final Router router;
  private final Callbacks callbacks;

  DueTimes(Loop loop, Router router, Callbacks callbacks) {
    this.loop = loop;
    this.router = router;
    this.callbacks = callbacks;
  }

  /** In line for a worker, now or at a wall-clock time. */
  void waitUntil(OwnedTask task, long wallMillis, WaitingReason reason, long now) {
    long pause = wallMillis == 0 ? 0 : wallMillis - loop.wallMillis();
    if (pause <= 0) {
      router.enqueue(task, now);
      return;
    }
    task.waiting = reason;
    paused(task, 1);
    task.due =
        loop.after(
            Math.min(pause, LONGEST_PAUSE_MILLIS) * 1_000_000L,
            () -> {
              task.due = null;
              paused(task, -1);
              if (!task.isFinal() && task.worker == null) {
                router.enqueue(task, loop.now());
                router.dispatch();
                callbacks.flush();
              }
            });
  }

  /** It waits for nothing any more. */
  void forget(OwnedTask task) {
    Loop.Timer due = task.due;
    if (due != null) {
      task.due = null;
      due.cancel();
      paused(task, -1);
    }
  }

  /** A task that is not due yet, or no longer. */
  private void paused(OwnedTask task, int change) {
    TypeTally tally = router.tally(task);
    if (task.waiting == WaitingReason.DELAYED) {
      tally.delayed += change;
    } else {
      tally.backoff += change;
    }
  }
}
