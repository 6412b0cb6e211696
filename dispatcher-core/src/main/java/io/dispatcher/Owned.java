package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.WaitingReason;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The blocks this front drives, each task from accepted to forgotten. Confined to the front's loop.
 *
 * <p>One rule keeps it right: what is believed here changes only after the ledger's clean answer,
 * and every doubt is settled by reading the block with a confirmation from its backups ({@link
 * #reconcile}).
 */
final class Owned {

  /** Longer waits are not told apart: about 95 years. */
  private static final long LONGEST_PAUSE_MILLIS = 3_000_000_000_000L;

  private static final OwnedTask[] NONE = {};
  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Router router;
  private final Callbacks callbacks;
  private final Meters meters;
  private final Retention retention;
  private final FailureLog failures = new FailureLog();
  private final Map<BlockId, OwnedBlock> blocks = new HashMap<>();
  private @Nullable OwnedBlock lastFound;
  private @Nullable Watches watches;
  private int unfinished;
  private long unfinishedBytes;
  private long finished;

  Owned(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Router router,
      Callbacks callbacks,
      Meters meters,
      long outcomeBytes) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.router = router;
    this.callbacks = callbacks;
    this.meters = meters;
    this.retention = new Retention(loop, writer, self, outcomeBytes);
  }

  void watchedBy(Watches all) {
    this.watches = all;
  }

  int unfinished() {
    return unfinished;
  }

  long unfinishedBytes() {
    return unfinishedBytes;
  }

  /** Outcomes so far. */
  long finished() {
    return finished;
  }

  FailureLog failures() {
    return failures;
  }

  long retainedBytes() {
    return retention.weight();
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
    return find(ref.block(), ref.index());
  }

  /** What a task waits for; null if it does not, or if that is not known. */
  @Nullable WaitingReason reason(OwnedTask task) {
    if (task.isFinal() || task.worker != null) {
      return null;
    }
    return task.queued ? router.reason(task) : task.waiting;
  }

  private @Nullable OwnedTask find(BlockId id, int index) {
    OwnedBlock block = lastFound;
    // What arrives together mostly is of one block.
    if (block == null || !block.id.equals(id)) {
      block = blocks.get(id);
      lastFound = block;
    }
    return block == null || index >= block.tasks.length ? null : block.tasks[index];
  }

  // ---------------------------------------------------------------- accepted

  /** A task counts from its admission, so that what is being recorded cannot exceed the bounds. */
  void admitted(Submission submission) {
    unfinished++;
    unfinishedBytes += submission.payload().length;
  }

  void notRecorded(Submission submission) {
    unfinished--;
    unfinishedBytes -= submission.payload().length;
  }

  void accepted(OwnedBlock block) {
    blocks.put(block.id, block);
    long now = loop.now();
    meters.accepted.add(block.tasks.length);
    for (OwnedTask task : block.tasks) {
      meters.admission.record(now - task.submittedAt);
      router.tally(task).accepted++;
      if (callbacks.heard()) {
        callbacks.tell(l -> l.accepted(task.ref().id(), task.profile.type()));
      }
      startDeadline(task);
      Handle<?> handle = task.handle;
      if (handle != null && handle.accept(block.id, task.index)) {
        callbacks.add(handle::tellAccepted);
      }
      if (handle != null && handle.cancelWanted()) {
        end(task, TaskState.CANCELLED);
      } else {
        waitUntil(task, task.profile.notBefore(), WaitingReason.DELAYED, now);
      }
    }
  }

  private void startDeadline(OwnedTask task) {
    long deadline = task.profile.deadlineMillis();
    if (deadline != 0) {
      long left = task.block.createdAt + deadline - loop.wallMillis();
      task.deadline = loop.after(left * 1_000_000L, () -> end(task, TaskState.EXPIRED));
    }
  }

  /** In line for a worker, now or at a wall-clock time. */
  private void waitUntil(OwnedTask task, long wallMillis, WaitingReason reason, long now) {
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

  /** A task that is not due yet, or no longer. */
  private void paused(OwnedTask task, int change) {
    TypeTally tally = router.tally(task);
    if (task.waiting == WaitingReason.DELAYED) {
      tally.delayed += change;
    } else {
      tally.backoff += change;
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
    OwnedTask task = find(item.block(), item.index());
    if (task == null || task.isFinal() || item.attempt() < task.attempt) {
      return;
    }
    if (item.state().isFinal()) {
      task.attempt = item.attempt();
      Value result = item.result();
      byte[] bytes = item.large();
      if (result != null && bytes == null) {
        bytes = result.bytes();
      }
      finish(
          task, item.state(), bytes, result == null ? null : result.stored(), item.failure(), now);
    } else {
      retry(task, item.nextAttempt(), item.retryInMillis(), item.failure());
    }
  }

  private void retry(OwnedTask task, int attempt, long inMillis, @Nullable Failure cause) {
    unassign(task, TaskState.FAILED, loop.now());
    task.attempt = attempt;
    task.failures++;
    task.failure = cause;
    meters.retried.increment();
    if (cause != null) {
      failures.add(task, cause, loop.wallMillis());
      callbacks.tell(l -> l.retried(task.ref().id(), attempt, cause));
    }
    waitUntil(
        task, inMillis == 0 ? 0 : loop.wallMillis() + inMillis, WaitingReason.BACKOFF, loop.now());
  }

  private void unassign(OwnedTask task) {
    unassign(task, TaskState.WAITING, 0);
  }

  /**
   * The worker no longer has it.
   *
   * @param how the attempt ended there; waiting if that says nothing of the worker
   */
  private void unassign(OwnedTask task, TaskState how, long now) {
    WorkerView worker = task.worker;
    if (worker != null) {
      switch (how) {
        case SUCCEEDED -> worker.succeeded(task, now);
        case FAILED -> worker.failed(task, now);
        default -> worker.unassign(task);
      }
    }
    task.progress = null;
  }

  // ---------------------------------------------------------------- final

  private void finish(
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
    unfinished--;
    unfinishedBytes -= task.size;
    finished++;
    count(state);
    router.tally(task).ended(state, meters.total.record(now - task.submittedAt));
    if (failure != null && state == TaskState.FAILED) {
      failures.add(task, failure, loop.wallMillis());
    }
    if (task.storedPayload) {
      writer.deleteValue(Recorder.payloadId(task));
    }
    Handle<?> handle = task.handle;
    if (handle != null) {
      task.handle = null;
      task.fetched = handle.take();
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
    if (--block.unfinished == 0) {
      complete(block);
    } else if (block.unfinished == block.tasks.length - 1) {
      retention.straggling(block);
    }
  }

  /** It waits for nothing any more. */
  private void forgetLine(OwnedTask task) {
    Loop.Timer due = task.due;
    if (due != null) {
      task.due = null;
      due.cancel();
      paused(task, -1);
    }
    if (task.lostAt != 0) {
      router.faults().ended(task);
    }
  }

  private void complete(OwnedBlock block) {
    retention.complete(block);
    blocks.remove(block.id);
    lastFound = null;
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
      default -> throw new IllegalStateException("a task cannot end as " + state);
    }
  }

  // ---------------------------------------------------------------- cancel, deadline

  /** Ends a task that is not final: cancelled or expired. */
  void end(OwnedTask task, TaskState state) {
    if (task.isFinal()) {
      return;
    }
    if (task.writing) {
      task.wanted = state;
      return;
    }
    task.writing = true;
    OwnedBlock block = task.block;
    writer.write(
        block.id,
        new Change.End(
            writer.newWrite(),
            self,
            block.epoch,
            List.of(new Change.Item(task.index, task.attempt)),
            state),
        answer -> {
          task.writing = false;
          WorkerView worker = task.worker;
          if (answer.status() == Answer.Status.RECORDED && answer.items().get(0).recorded()) {
            if (worker != null) {
              worker.channel.send(new Message.Stop(List.of(attempt(task))));
            }
            writer.dropCheckpoint(answer.items().get(0).entry());
            finish(task, state, null, null, null, loop.now());
          } else {
            task.wanted = state;
            reconcile(block, List.of(task));
          }
          flush();
        });
  }

  private static Message.Attempt attempt(OwnedTask task) {
    return new Message.Attempt(task.block.id, task.index, task.attempt);
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
      stop.add(attempt(task));
      view.unassign(task);
      task.lostAt = now;
      task.avoid = view.node();
    }
    router.faults().lost(view.member.peer(), cause, tasks.size(), now, loop.wallMillis());
    if (tell) {
      Message.parts(stop).forEach(part -> view.channel.send(new Message.Stop(part)));
    }
    reissue(tasks, cause, view.node());
  }

  /** A worker gave tasks back without having started them. */
  void returned(String node, List<Message.Attempt> items) {
    List<OwnedTask> tasks = new ArrayList<>();
    for (Message.Attempt item : items) {
      OwnedTask task = find(item.ref());
      if (task != null
          && !task.isFinal()
          && task.attempt == item.attempt()
          && task.worker != null) {
        unassign(task, TaskState.FAILED, loop.now());
        task.avoid = node;
        tasks.add(task);
      }
    }
    reissue(tasks, Change.Cause.RETURNED, node);
  }

  private void reissue(List<OwnedTask> tasks, Change.Cause cause, String lostNode) {
    Map<OwnedBlock, List<OwnedTask>> byBlock = new LinkedHashMap<>();
    for (OwnedTask task : tasks) {
      // A write under way ends in finish or in reconcile, which hands the task out again.
      if (!task.writing && !task.isFinal()) {
        task.writing = true;
        byBlock.computeIfAbsent(task.block, block -> new ArrayList<>()).add(task);
      }
    }
    byBlock.forEach((block, group) -> reissue(block, group, cause, lostNode));
  }

  private void reissue(
      OwnedBlock block, List<OwnedTask> tasks, Change.Cause cause, String lostNode) {
    List<Change.Item> items = new ArrayList<>(tasks.size());
    for (OwnedTask task : tasks) {
      items.add(new Change.Item(task.index, task.attempt));
    }
    writer.write(
        block.id,
        new Change.Reissue(writer.newWrite(), self, block.epoch, List.copyOf(items), cause),
        answer -> {
          reissued(block, tasks, answer, lostNode);
          flush();
        });
  }

  private void reissued(OwnedBlock block, List<OwnedTask> tasks, Answer answer, String lostNode) {
    List<OwnedTask> doubtful = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) {
      OwnedTask task = tasks.get(i);
      task.writing = false;
      if (task.isFinal()) {
        continue;
      }
      if (answer.status() != Answer.Status.RECORDED || !answer.items().get(i).recorded()) {
        doubtful.add(task);
        continue;
      }
      TaskEntry entry = answer.items().get(i).entry();
      int attempt = entry.attempt();
      if (attempt < task.attempt) {
        continue;
      }
      task.attempt = attempt;
      meters.reissued.increment();
      if (task.lostAt != 0) {
        router.faults().reissued(task);
      }
      callbacks.tell(l -> l.reissued(task.ref().id(), attempt, lostNode));
      resume(task, entry.dueAt());
    }
    if (!doubtful.isEmpty()) {
      reconcile(block, doubtful);
    }
  }

  /** After an owner's write: the end that was asked for meanwhile, or in line for a worker. */
  private void resume(OwnedTask task, long dueAt) {
    TaskState wanted = task.wanted;
    if (wanted != null) {
      task.wanted = null;
      end(task, wanted);
    } else if (task.worker == null && task.due == null && !task.adopting) {
      if (task.attempt <= task.spent) {
        reissue(List.of(task), Change.Cause.ADOPTED, adoptedFrom(task));
      } else {
        waitUntil(
            task, Math.max(dueAt, task.profile.notBefore()), WaitingReason.BACKOFF, loop.now());
      }
    }
  }

  // ---------------------------------------------------------------- adopted

  /**
   * This front drives the block of another one from now on.
   *
   * @param from the node that owned it
   * @param lostAt loop time at which that one was found gone
   * @return the tasks without an outcome; each stays untouched until {@link #adopted}
   */
  List<OwnedTask> adopt(Block found, String from, long lostAt) {
    if (blocks.containsKey(found.id())) {
      return List.of();
    }
    OwnedBlock block =
        new OwnedBlock(
            found.id(), found.nonce(), found.ownerEpoch(), found.createdAt(), found.size());
    block.keyed = found.contentHash() != null;
    block.adoptedFrom = from;
    blocks.put(block.id, block);
    lastFound = null;
    List<OwnedTask> open = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      OwnedTask task = task(block, i, found.entry(i));
      block.tasks[i] = task;
      if (task.isFinal()) {
        block.unfinished--;
        retention.add(block, task.kept);
        dropLeft(task, found.entry(i));
      } else {
        task.lostAt = lostAt;
        unfinished++;
        unfinishedBytes += task.size;
        router.tally(task).accepted++;
        open.add(task);
        startDeadline(task);
      }
    }
    if (open.isEmpty()) {
      complete(block);
    } else if (open.size() < found.size()) {
      retention.straggling(block);
    }
    return open;
  }

  /** The one who was to drop them may be gone. */
  private void dropLeft(OwnedTask task, TaskEntry entry) {
    writer.dropCheckpoint(entry);
    if (task.storedPayload) {
      writer.deleteValue(Recorder.payloadId(task));
    }
  }

  private OwnedTask task(OwnedBlock block, int index, TaskEntry entry) {
    Value payload = entry.payload();
    String key = entry.key();
    long age = Math.max(0, loop.wallMillis() - block.createdAt) * 1_000_000L;
    OwnedTask task =
        new OwnedTask(
            block,
            index,
            entry.profile(),
            key,
            key == null ? 0 : Balancers.hash(key),
            payload == null ? null : payload.bytes(),
            payload == null ? 0 : payload.size(),
            loop.now() - age);
    task.storedPayload = payload != null && payload.stored() != null;
    task.state = entry.state();
    task.attempt = entry.attempt();
    task.failures = entry.failures();
    task.failure = entry.failure();
    task.adopting = !entry.isFinal();
    task.spent = entry.attempt();
    Value result = entry.result();
    task.storedResult = result == null ? null : result.stored();
    task.kept = 160 + (result == null ? 0 : result.size());
    task.forgotten = entry.state() == TaskState.REMOVED;
    return task;
  }

  /** All workers have said what they hold, or are gone: what none of them holds goes out again. */
  void adopted(List<OwnedTask> tasks) {
    Map<String, List<OwnedTask>> unheld = new LinkedHashMap<>();
    for (OwnedTask task : tasks) {
      task.adopting = false;
      if (task.isFinal() || task.worker != null) {
        task.lostAt = 0;
      } else if (!task.writing) {
        // Else the answer of the write under way hands it out.
        unheld.computeIfAbsent(adoptedFrom(task), node -> new ArrayList<>()).add(task);
      }
    }
    unheld.forEach((from, group) -> reissue(group, Change.Cause.ADOPTED, from));
    flush();
  }

  private static String adoptedFrom(OwnedTask task) {
    return Objects.requireNonNullElse(task.block.adoptedFrom, "");
  }

  /** Another front has taken the block over: its tasks are somebody else's to drive. */
  private void disowned(OwnedBlock block) {
    if (blocks.remove(block.id) == null) {
      return;
    }
    lastFound = null;
    retention.drop(block);
    block.unfinished = 0;
    LOG.log(Level.WARNING, "block {0} was taken over by another node", block.id);
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
      unfinished--;
      unfinishedBytes -= task.size;
      Handle<?> handle = task.handle;
      if (handle != null) {
        task.handle = null;
        Objects.requireNonNull(watches).attach(handle, task.ref().id());
      }
      if (task.watchers != null) {
        Objects.requireNonNull(watches).handedOn(task);
      }
    }
  }

  // ---------------------------------------------------------------- doubt

  /** Looks up what the ledger holds of it. */
  void doubt(OwnedTask task) {
    if (!task.isFinal() && !task.writing) {
      reconcile(task.block, List.of(task));
    }
  }

  void fenced(Message.Attempt item) {
    OwnedTask task = find(item.ref());
    if (task != null && !task.isFinal() && !task.writing && task.attempt == item.attempt()) {
      reconcile(task.block, List.of(task));
    }
  }

  /** Reads what the ledger and all its replicas hold, and believes that. */
  private void reconcile(OwnedBlock block, List<OwnedTask> tasks) {
    for (OwnedTask task : tasks) {
      task.writing = true;
    }
    writer.write(
        block.id,
        new Change.Confirm(writer.newWrite()),
        answer -> {
          Block found = answer.block();
          for (OwnedTask task : tasks) {
            task.writing = false;
            if (task.isFinal()) {
              continue;
            }
            if (found == null || found.nonce() != block.nonce) {
              vanished(task);
            } else if (!found.owner().equals(self) || found.ownerEpoch() != block.epoch) {
              disowned(block);
            } else {
              believe(task, found.entry(task.index));
            }
          }
          flush();
        });
  }

  private void believe(OwnedTask task, TaskEntry entry) {
    if (!entry.isFinal()) {
      if (entry.attempt() > task.attempt) {
        unassign(task);
        task.attempt = entry.attempt();
        task.failures = entry.failures();
      }
      resume(task, entry.dueAt());
      return;
    }
    task.attempt = entry.attempt();
    writer.dropCheckpoint(entry);
    Value result = entry.result();
    ValueId stored = result == null ? null : result.stored();
    if (stored == null) {
      finish(
          task,
          entry.state(),
          result == null ? null : result.bytes(),
          null,
          entry.failure(),
          loop.now());
      return;
    }
    task.writing = true;
    writer.getValue(
        stored,
        bytes -> {
          task.writing = false;
          finish(task, entry.state(), bytes, stored, entry.failure(), loop.now());
          flush();
        });
  }

  private void vanished(OwnedTask task) {
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
    router.tally(task).lost++;
    task.state = TaskState.REMOVED;
    if (task.watchers != null) {
      Objects.requireNonNull(watches).handedOn(task);
    }
    unfinished--;
    unfinishedBytes -= task.size;
    if (--task.block.unfinished == 0) {
      retention.drop(task.block);
      blocks.remove(task.block.id);
      lastFound = null;
    }
  }

  void progress(Message.Attempt attempt, String note) {
    OwnedTask task = find(attempt.ref());
    if (task != null && task.attempt == attempt.attempt() && !task.isFinal()) {
      task.progress = note;
    }
  }

  private void flush() {
    router.dispatch();
    callbacks.flush();
  }

  /** Tells every open handle that this front is gone. */
  void abandon(DispatcherException why) {
    for (OwnedBlock block : blocks.values()) {
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
