package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.WaitingReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The tasks this front drives, each from accepted to forgotten: what happened to them comes in
 * here. Confined to the front's loop.
 */
final class Owned {

  private final Loop loop;
  private final Router router;
  private final Callbacks callbacks;
  private final Meters meters;
  private final Retention retention;
  private final Letters letters;
  private final OwnedBlocks blocks = new OwnedBlocks();
  private final DueTimes dueTimes;
  private final Endings endings;
  private final OwnerWrites writes;
  private final Adopting adopting;
  private final Remembering remembering;

  Owned(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Router router,
      Callbacks callbacks,
      Meters meters,
      Limits limits) {
    this.loop = loop;
    this.router = router;
    this.callbacks = callbacks;
    this.meters = meters;
    this.retention = new Retention(loop, writer, self, limits.outcomeBytes(), this::disowned);
    this.letters = new Letters(loop, writer, self, meters, limits.deadLetterBytes());
    this.dueTimes = new DueTimes(loop, router, callbacks);
    this.endings =
        new Endings(
            loop, writer, blocks, router, dueTimes, callbacks, meters, retention, self, letters);
    this.remembering = new Remembering(loop, writer, self, blocks, endings, meters);
    this.writes =
        new OwnerWrites(
            loop, writer, self, router, dueTimes, endings, callbacks, meters, remembering);
    this.adopting = new Adopting(loop, writer, blocks, router, endings, writes, retention, letters);
  }

  void watchedBy(Watches all) {
    endings.watchedBy(all);
  }

  int unfinished() {
    return blocks.unfinished();
  }

  long unfinishedBytes() {
    return blocks.unfinishedBytes();
  }

  /** Outcomes so far. */
  long finished() {
    return blocks.finished();
  }

  FailureLog failures() {
    return endings.failures();
  }

  long retainedBytes() {
    return retention.weight();
  }

  /** The failed tasks whose payloads this front keeps. */
  Letters letters() {
    return letters;
  }

  /** Failed tasks that are no dead letters yet. */
  int moving() {
    return endings.moving().tasks();
  }

  /** Whether store nodes have little room left. */
  void tight(boolean now) {
    retention.tight(now);
  }

  boolean outcomesFull() {
    return retention.full();
  }

  /**
   * The task, unless another front drives it or its whole block is final: then the ledger knows.
   */
  @Nullable OwnedTask find(TaskRef ref) {
    return blocks.find(ref);
  }

  /** The task of that attempt; null if it is not owned here, or is another one of the same name. */
  @Nullable OwnedTask find(Message.Attempt attempt) {
    return blocks.find(attempt.block(), attempt.nonce(), attempt.index());
  }

  /** What a task waits for; null if it does not, or if that is not known. */
  @Nullable WaitingReason reason(OwnedTask task) {
    if (task.isFinal() || task.worker != null) {
      return null;
    }
    return task.queued ? router.reason(task) : task.waiting;
  }

  /** The same in words. */
  @Nullable String why(OwnedTask task) {
    WaitingReason reason = reason(task);
    if (reason == WaitingReason.DELAYED) {
      return "it is not to start before " + Instant.ofEpochMilli(task.profile.notBefore());
    }
    if (reason == WaitingReason.BACKOFF) {
      return "an attempt has failed, and the wait before the next one is not over";
    }
    return reason != null && task.queued ? router.why(task) : null;
  }

  /**
   * Why a task went where it did, or waits; null if it did not ask, or that is forgotten.
   *
   * @param task null if this front does not drive it any more
   */
  @Nullable Placement placement(TaskRef ref, @Nullable OwnedTask task) {
    return task != null
            && task.profile.explain()
            && task.queued
            && !task.isFinal()
            && task.worker == null
        ? router.explain(task)
        : router.placements().of(ref);
  }

  // ---------------------------------------------------------------- accepted

  /** A task counts from its admission, so that what is being recorded cannot exceed the bounds. */
  void admitted(Submission submission) {
    blocks.began(submission.payload().length);
  }

  void notRecorded(Submission submission) {
    blocks.left(submission.payload().length);
  }

  /** It was recorded, and is another front's to drive. */
  void notDriven(OwnedTask task) {
    blocks.left(task.size);
  }

  void accepted(OwnedBlock block) {
    blocks.put(block);
    long now = loop.now();
    block.seenAt = now;
    meters.accepted.add(block.tasks.length);
    for (OwnedTask task : block.tasks) {
      meters.admission.record(now - task.submittedAt);
      router.tally(task).accepted++;
      if (callbacks.heard()) {
        callbacks.tell(l -> l.accepted(task.ref().id(), task.profile.type()));
      }
      writes.startDeadline(task);
      Handle<?> handle = task.handle;
      if (handle != null && handle.accept(block.id, task.index)) {
        callbacks.add(handle::tellAccepted);
      }
      if (handle != null && handle.cancelWanted()) {
        writes.end(task, TaskState.CANCELLED);
      } else {
        dueTimes.waitUntil(task, task.profile.notBefore(), WaitingReason.DELAYED, now);
      }
    }
  }

  // ---------------------------------------------------------------- settled by a worker

  void settled(List<Message.Settlement> items) {
    long now = loop.now();
    for (Message.Settlement item : items) {
      settled(item, now);
    }
  }

  private void settled(Message.Settlement item, long now) {
    OwnedTask task = blocks.find(item.block(), item.nonce(), item.index());
    if (task == null || task.isFinal() || item.attempt() < task.attempt || task.block.recreating) {
      return;
    }
    if (item.state().isFinal()) {
      task.attempt = item.attempt();
      Value result = item.result();
      byte[] bytes = item.large();
      if (result != null && bytes == null) {
        bytes = result.bytes();
      }
      endings.finish(
          task,
          item.state(),
          bytes,
          result == null ? null : result.stored(),
          item.state() == TaskState.FAILED ? item.failure() : null,
          now);
    } else {
      retry(task, item.nextAttempt(), item.retryInMillis(), item.failure());
    }
  }

  private void retry(OwnedTask task, int attempt, long inMillis, @Nullable Failure cause) {
    WorkerView failedOn = task.worker;
    if (failedOn != null) {
      // Another may be better off.
      task.avoid(failedOn.node());
    }
    endings.unassign(task, TaskState.FAILED, loop.now());
    task.attempt = attempt;
    task.failures++;
    task.failure = cause;
    meters.retried.increment();
    if (cause != null) {
      endings.failures().add(task, cause, loop.wallMillis());
      callbacks.tell(l -> l.retried(task.ref().id(), attempt, cause));
    }
    dueTimes.waitUntil(
        task, inMillis == 0 ? 0 : loop.wallMillis() + inMillis, WaitingReason.BACKOFF, loop.now());
  }

  // ---------------------------------------------------------------- lost workers

  /**
   * A worker died, or its lease lapsed: what it had gets a raised attempt and goes out again.
   *
   * @param tell whether the worker may still live and is to be told to stop
   */
  void lost(WorkerView view, Change.Cause cause, boolean tell) {
    List<OwnedTask> tasks = view.assigned();
    long now = loop.now();
    List<Message.Attempt> stop = new ArrayList<>();
    for (OwnedTask task : tasks) {
      stop.add(OwnerWrites.attempt(task));
      if (cause == Change.Cause.LAPSE) {
        // It may be back in a moment, with nothing to do, and silent again soon.
        view.failed(task, now);
      } else {
        view.unassign(task);
      }
      // Should a write be under way, what follows it must not hand this attempt out again.
      task.spent = task.attempt;
      task.lostAt = now;
      task.avoid(view.node());
    }
    router.faults().lost(view.member.peer(), cause, tasks.size(), now, loop.wallMillis());
    if (tell) {
      Message.parts(stop).forEach(part -> view.channel.send(new Message.Stop(part)));
    }
    writes.reissue(tasks, cause, view.node());
  }

  /** A worker gave tasks back, most of them without having started them. */
  void returned(String node, List<Message.Attempt> items, Message.Returned.Why why) {
    List<OwnedTask> tasks = new ArrayList<>();
    for (Message.Attempt item : items) {
      OwnedTask task = find(item);
      if (task != null
          && !task.isFinal()
          && task.attempt == item.attempt()
          && task.worker != null) {
        boolean unable = why == Message.Returned.Why.NO_HANDLER;
        endings.unassign(task, unable ? TaskState.FAILED : TaskState.WAITING, loop.now());
        if (why == Message.Returned.Why.TOO_LATE) {
          // Its deadline ends it, in a moment.
          continue;
        }
        task.avoid(node);
        // Whatever becomes of the write that follows: the one who gave it back has withdrawn it.
        task.spent = task.attempt;
        tasks.add(task);
      }
    }
    boolean started = why == Message.Returned.Why.YIELDED || why == Message.Returned.Why.STOPPED;
    writes.reissue(tasks, started ? Change.Cause.LEFT : Change.Cause.RETURNED, node);
  }

  /** Looks up what the ledger holds of it. */
  void doubt(OwnedTask task) {
    if (!task.isFinal() && !task.writing) {
      writes.reconcile(task.block, List.of(task));
    }
  }

  /** The ledger has refused a worker what it wrote of an attempt; it has let go of that. */
  void fenced(Peer worker, Message.Attempt item) {
    OwnedTask task = find(item);
    if (task == null || task.isFinal() || task.attempt != item.attempt()) {
      return;
    }
    if (task.worker != null && task.worker.member.peer().equals(worker)) {
      // Should the ledger still have this attempt, it must not be handed out again.
      endings.unassign(task);
      task.spent = Math.max(task.spent, task.attempt);
    }
    if (!task.writing) {
      writes.reconcile(task.block, List.of(task));
    }
  }

  void progress(Message.Attempt attempt, String note) {
    OwnedTask task = find(attempt);
    if (task != null && task.attempt == attempt.attempt() && !task.isFinal()) {
      task.progress = note;
    }
  }

  /** Ends a task that is not final: cancelled or expired. */
  void end(OwnedTask task, TaskState state) {
    writes.end(task, state);
  }

  /** As {@link Adopting#adopt}. */
  List<OwnedTask> adopt(Block found, String from, long lostAt) {
    return adopting.adopt(found, from, lostAt);
  }

  /** As {@link Adopting#idle}. */
  void idle(OwnedTask task, long dueAt) {
    adopting.idle(task, dueAt);
  }

  /** The blocks with tasks that have no outcome. */
  Collection<OwnedBlock> blocks() {
    return blocks.all();
  }

  /**
   * By how much the counts that balancers go by differ from the open attempts of what this front
   * drives, over all workers, those that are gone too. Looks at every task.
   */
  int drift() {
    router.workers().forEach(WorkerView::findNothing);
    int open = 0;
    for (OwnedBlock block : blocks.all()) {
      for (OwnedTask task : block.tasks) {
        if (task.worker != null && !task.isFinal()) {
          open++;
          if (task.track != null) {
            task.track.pool.found++;
          }
        }
      }
    }
    int drift = 0;
    for (WorkerView view : router.workers()) {
      drift += view.drift();
      open -= view.found();
    }
    return drift + open;
  }

  /** Whether this front drives a block of this name. */
  boolean has(BlockId id) {
    return blocks.has(id);
  }

  /** Whether this front drives it still. */
  boolean drives(OwnedBlock block) {
    return blocks.has(block);
  }

  /** Another front drives the block, by the word of this one. */
  void release(OwnedBlock block, Peer taker) {
    endings.release(block, taker);
  }

  /** Another front drives the block, says the ledger. */
  void disowned(OwnedBlock block) {
    endings.disowned(block);
  }

  /** As {@link Adopting#adopted}. */
  void adopted(List<OwnedTask> tasks) {
    adopting.adopted(tasks);
  }

  /** As {@link Remembering#late}. */
  void late() {
    remembering.late();
  }

  /** No copy is left of a part of the ledger: looks up what that means for the tasks there. */
  void lostByLedger(Predicate<BlockId> where) {
    for (OwnedBlock block : remembering.lost(where)) {
      List<OwnedTask> doubtful = new ArrayList<>();
      for (OwnedTask task : block.tasks) {
        if (!task.isFinal() && !task.writing) {
          doubtful.add(task);
        }
      }
      if (!doubtful.isEmpty()) {
        writes.reconcile(block, doubtful);
      }
    }
  }

  /** As {@link Endings#disownAll}. */
  void disownAll() {
    letters.forgetAll();
    endings.disownAll();
  }

  /** Tells every open handle that this front is gone. */
  void abandon(DispatcherException why) {
    endings.abandon(why);
  }
}
