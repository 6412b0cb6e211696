package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a task leaves its owner: with an outcome, taken over by another, or lost. On the loop. */
final class Endings {

  private static final OwnedTask[] NONE = {};
  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final Loop loop;
  private final LedgerWriter writer;
  private final OwnedBlocks blocks;
  private final Router router;
  private final DueTimes dueTimes;
  private final Callbacks callbacks;
  private final Meters meters;
  private final Retention retention;
  private final Moving moving;
  private final FailureLog failures = new FailureLog();
  private @Nullable Watches watches;

  Endings(
      Loop loop,
      LedgerWriter writer,
      OwnedBlocks blocks,
      Router router,
      DueTimes dueTimes,
      Callbacks callbacks,
      Meters meters,
      Retention retention,
      Peer self,
      Letters letters) {
    this.loop = loop;
    this.writer = writer;
    this.blocks = blocks;
    this.router = router;
    this.dueTimes = dueTimes;
    this.callbacks = callbacks;
    this.meters = meters;
    this.retention = retention;
    this.moving = new Moving(loop, writer, self, letters, meters, this::completeIfMoved);
  }

  void watchedBy(Watches all) {
    this.watches = all;
  }

  /** This front drives it from now on. */
  void adopted(OwnedTask task) {
    Objects.requireNonNull(watches).adopted(task);
  }

  FailureLog failures() {
    return failures;
  }

  /** No worker has it any more. */
  void unassign(OwnedTask task) {
    unassign(task, TaskState.WAITING, 0);
  }

  /**
   * No worker has it any more.
   *
   * @param how the attempt ended there; waiting if that says nothing of the worker
   */
  void unassign(OwnedTask task, TaskState how, long now) {
    WorkerView worker = task.worker;
    if (worker != null) {
      switch (how) {
        case SUCCEEDED -> worker.succeeded(task, now);
        case FAILED -> router.failed(worker, task, now);
        default -> worker.unassign(task);
      }
    }
    task.progress = null;
  }

  void finish(
      OwnedTask task,
      TaskState state,
      byte @Nullable [] result,
      @Nullable ValueId storedResult,
      @Nullable Failure failure,
      long now) {
    if (task.isFinal()) {
      return;
    }
    unassign(task, state, now);
    task.state = state;
    router.ended(task);
    task.failure = failure;
    task.payload = null;
    task.storedResult = storedResult;
    forgetLine(task);
    task.waiting = null;
    cancel(task.deadline);
    blocks.ended(task.size);
    count(state);
    router.tally(task).ended(state, meters.total.record(now - task.submittedAt));
    if (failure != null && state == TaskState.FAILED) {
      failures.add(task, failure, loop.wallMillis());
    }
    if (state == TaskState.FAILED) {
      moving.add(task);
    } else if (task.storedPayload) {
      writer.deleteValue(Recorder.payloadId(task));
    }
    Handle<?> handle = task.handle;
    if (handle != null) {
      task.handle = null;
      boolean taken = handle.take();
      task.fetched = taken || (task.profile.retentionMillis() == 0 && handle.fetches());
      int attempts = task.attempt;
      callbacks.add(() -> handle.end(task.ref().id(), state, attempts, result, failure));
    }
    if (callbacks.heard()) {
      int attempts = task.attempt;
      callbacks.tell(l -> l.settled(task.ref().id(), attempts, state));
    }
    if (task.watchers != null) {
      Objects.requireNonNull(watches).tell(task);
    }
    retained(task, result, failure);
  }

  private void retained(OwnedTask task, byte @Nullable [] result, @Nullable Failure failure) {
    OwnedBlock block = task.block;
    int bytes = 160 + (result == null ? 0 : result.length);
    if (failure != null) {
      bytes += failure.message().length() + failure.trace().length();
    }
    task.kept = bytes;
    retention.add(block, bytes);
    block.once |= task.fetched && task.profile.retentionMillis() == 0;
    if (--block.unfinished == 0) {
      completeIfMoved(block);
    } else if (block.unfinished == block.tasks.length - 1) {
      retention.straggling(block);
    }
  }

  /** It waits for nothing any more. */
  private void forgetLine(OwnedTask task) {
    dueTimes.forget(task);
    if (task.lostAt != 0) {
      router.faults().ended(task);
    }
  }

  /** Of a failed task the block keeps what is needed until it is a dead letter. */
  void completeIfMoved(OwnedBlock block) {
    if (block.unfinished == 0 && block.moving == 0 && blocks.has(block)) {
      complete(block);
    }
  }

  Moving moving() {
    return moving;
  }

  /** Its last task has an outcome: only the ledger keeps it. */
  private void complete(OwnedBlock block) {
    retention.complete(block);
    blocks.remove(block);
    block.tasks = NONE;
  }

  private static void cancel(Loop.@Nullable Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  private void count(TaskState state) {
    switch (state) {
      case SUCCEEDED -> meters.succeeded.increment();
      case FAILED -> meters.failed.increment();
      case CANCELLED -> meters.cancelled.increment();
      case EXPIRED -> meters.expired.increment();
      case REMOVED -> {
        // Somebody else has fetched its outcome, of which nothing was to be kept.
      }
      default -> throw new IllegalStateException("a task cannot end as " + state);
    }
  }

  /** Another front has taken the block over: its tasks are somebody else's to drive. */
  void disowned(OwnedBlock block) {
    if (blocks.has(block)) {
      LOG.log(Level.DEBUG, "block {0} was taken over by another node", block.id);
      release(block, null);
    }
  }

  /**
   * Another front drives the block's tasks from now on.
   *
   * @param taker who; null if only the ledger knows
   */
  void release(OwnedBlock block, @Nullable Peer taker) {
    if (!blocks.has(block)) {
      return;
    }
    // First of all, and before anything is sent: should this turn fail, somebody knows them still.
    List<Watch> followed = new ArrayList<>();
    for (OwnedTask task : block.tasks) {
      Handle<?> handle = task.isFinal() ? null : task.handle;
      if (handle != null) {
        task.handle = null;
        Watch watch = Objects.requireNonNull(watches).hold(handle, task.ref());
        if (watch != null) {
          followed.add(watch);
        }
      }
    }
    blocks.remove(block);
    retention.drop(block);
    block.unfinished = 0;
    for (OwnedTask task : block.tasks) {
      if (task.isFinal()) {
        continue;
      }
      unassign(task);
      forgetLine(task);
      cancel(task.deadline);
      // Whoever looks at it in a line sees that it has ended for this front.
      task.state = TaskState.REMOVED;
      router.ended(task);
      router.tally(task).accepted--;
      blocks.left(task.size);
      if (task.watchers != null) {
        Objects.requireNonNull(watches).handedOn(task);
      }
    }
    for (Watch watch : followed) {
      Objects.requireNonNull(watches).follow(watch, taker);
    }
  }

  /** This front drives nothing any more; whoever waits here looks elsewhere. */
  void disownAll() {
    for (OwnedBlock block : List.copyOf(blocks.all())) {
      disowned(block);
    }
    retention.forgetAll();
  }

  /** The ledger has nothing of it any more. */
  void vanished(OwnedTask task) {
    meters.lost.increment();
    LOG.log(Level.ERROR, "task {0}: the ledger no longer has its block", task.ref().id());
    Handle<?> handle = task.handle;
    if (handle != null) {
      task.handle = null;
      callbacks.add(
          () ->
              handle.refuse(
                  new DispatcherException(
                      "task "
                          + task.ref().id().text()
                          + " is lost: more nodes died at once than there are backups")));
    }
    unassign(task);
    forgetLine(task);
    cancel(task.deadline);
    router.tally(task).lost++;
    task.state = TaskState.REMOVED;
    router.ended(task);
    if (task.watchers != null) {
      Objects.requireNonNull(watches).handedOn(task);
    }
    blocks.left(task.size);
    if (--task.block.unfinished == 0) {
      retention.drop(task.block);
      blocks.remove(task.block);
    }
  }

  /** Tells every open handle that this front is gone. */
  void abandon(DispatcherException why) {
    for (OwnedBlock block : blocks.all()) {
      for (OwnedTask task : block.tasks) {
        Handle<?> handle = task.handle;
        if (handle != null) {
          task.handle = null;
          callbacks.add(() -> handle.refuse(why));
        }
      }
    }
  }
}
