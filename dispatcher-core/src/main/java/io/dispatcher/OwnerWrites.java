package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.WaitingReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an owner writes to the ledger of its tasks after their acceptance: ends, raised attempts,
 * and, in doubt, the question what is true. Confined to the front's loop.
 *
 * <p>One rule keeps it right: what is believed here changes only after the ledger's clean answer,
 * and every doubt is settled by reading the block with a confirmation from its backups ({@link
 * #reconcile}).
 */
final class OwnerWrites {

  private static final long WORD_OF_LOSS = 1_000_000_000L;
  private static final long READ_AGAIN = 200_000_000L;

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Router router;
  private final DueTimes dueTimes;
  private final Endings endings;
  private final Callbacks callbacks;
  private final Meters meters;
  private final Remembering remembering;

  OwnerWrites(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Router router,
      DueTimes dueTimes,
      Endings endings,
      Callbacks callbacks,
      Meters meters,
      Remembering remembering) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.router = router;
    this.dueTimes = dueTimes;
    this.endings = endings;
    this.callbacks = callbacks;
    this.meters = meters;
    this.remembering = remembering;
  }

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
    int then = block.recreations();
    writer.write(
        block.id,
        new Change.End(
            writer.newWrite(),
            self,
            block.epoch,
            List.of(new Change.Item(task.index, task.attempt)),
            state),
        answer -> {
          if (block.outdates(then)) {
            if (block.recreating) {
              task.wanted = state;
            } else {
              end(task, state);
            }
            return;
          }
          task.writing = false;
          WorkerView worker = task.worker;
          if (answer.status() == Answer.Status.RECORDED && answer.items().get(0).recorded()) {
            if (worker != null) {
              worker.channel.send(new Message.Stop(List.of(attempt(task))));
            }
            writer.dropCheckpoint(answer.items().get(0).entry());
            endings.finish(task, state, null, null, null, loop.now());
          } else {
            task.wanted = state;
            reconcile(block, List.of(task));
          }
          flush();
        });
  }

  /** Ends it as expired once its time is over. */
  void startDeadline(OwnedTask task) {
    long deadline = task.profile.deadlineMillis();
    if (deadline != 0) {
      long left = task.block.createdAt + deadline - loop.wallMillis();
      task.deadline = loop.after(left * 1_000_000L, () -> end(task, TaskState.EXPIRED));
    }
  }

  /** Raises their attempts and hands them out again. */
  void reissue(List<OwnedTask> tasks, Change.Cause cause, String lostNode) {
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

  /**
   * Hands out again what no worker holds, after its owner died. Whoever has written ahead that it
   * starts a task, and is no more, died of it, perhaps.
   */
  void reissueUnheld(List<OwnedTask> tasks) {
    Map<Given, List<OwnedTask>> groups = new LinkedHashMap<>();
    for (OwnedTask task : tasks) {
      groups.computeIfAbsent(givenUp(task), given -> new ArrayList<>()).add(task);
    }
    groups.forEach((given, group) -> reissue(group, given.cause, given.node));
  }

  /**
   * As {@link #reissueUnheld}, of tasks of one block whose start somebody may have written ahead
   * since the block was read, and may have died of.
   */
  void reissueNoted(OwnedBlock block, List<OwnedTask> tasks) {
    tasks.forEach(task -> task.writing = true);
    int then = block.recreations();
    confirm(
        block,
        found -> {
          if (block.outdates(then)) {
            return;
          }
          List<OwnedTask> same = new ArrayList<>();
          List<OwnedTask> doubtful = new ArrayList<>();
          for (OwnedTask task : tasks) {
            task.writing = false;
            if (task.isFinal()) {
              continue;
            }
            TaskEntry entry = found != null && mine(found, block) ? found.entry(task.index) : null;
            if (entry == null || entry.isFinal() || entry.attempt() != task.attempt) {
              doubtful.add(task);
            } else {
              task.history = entry.history();
              same.add(task);
            }
          }
          if (!doubtful.isEmpty()) {
            reconcile(block, doubtful);
          }
          reissueUnheld(same);
          flush();
        });
  }

  private record Given(Change.Cause cause, String node) {}

  private Given givenUp(OwnedTask task) {
    Peer starter = task.history == null ? null : task.history.starter();
    if (starter != null) {
      WorkerView view = router.worker(starter);
      if (view == null) {
        return new Given(Change.Cause.DEATH, starter.node());
      }
      if (view.lapsed || !view.met) {
        // One that this front has never heard did not answer either: it may run it still.
        return new Given(Change.Cause.LAPSE, starter.node());
      }
    }
    return new Given(Change.Cause.ADOPTED, task.block.adoptedFrom());
  }

  private void reissue(
      OwnedBlock block, List<OwnedTask> tasks, Change.Cause cause, String lostNode) {
    List<Change.Item> items = new ArrayList<>(tasks.size());
    long now = loop.now();
    long wall = loop.wallMillis();
    int then = block.recreations();
    for (OwnedTask task : tasks) {
      long handedOut = task.queuedAt == 0 ? 0 : wall - (now - task.queuedAt) / 1_000_000L;
      items.add(new Change.Item(task.index, task.attempt, handedOut));
    }
    writer.write(
        block.id,
        new Change.Reissue(
            writer.newWrite(), self, block.epoch, List.copyOf(items), cause, lostNode, wall),
        answer -> {
          if (!block.outdates(then)) {
            reissued(block, tasks, answer, lostNode);
            flush();
          }
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
      remembering.seen(block);
      if (entry.isFinal()) {
        // One death, or one lapse, too many; or somebody wanted it cancelled.
        writer.dropCheckpoint(entry);
        endings.finish(task, entry.state(), null, null, entry.failure(), loop.now());
        continue;
      }
      task.history = entry.history();
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
  void resume(OwnedTask task, long dueAt) {
    TaskState wanted = task.wanted;
    if (wanted != null) {
      task.wanted = null;
      end(task, wanted);
    } else if (task.worker == null && task.due == null && !task.adopting) {
      if (task.attempt <= task.spent) {
        reissueUnheld(List.of(task));
      } else {
        long notBefore = task.profile.notBefore();
        WaitingReason reason = notBefore > dueAt ? WaitingReason.DELAYED : WaitingReason.BACKOFF;
        dueTimes.waitUntil(task, Math.max(dueAt, notBefore), reason, loop.now());
      }
    }
  }

  // ---------------------------------------------------------------- doubt

  /** Reads what the ledger and all its replicas hold, and believes that. */
  void reconcile(OwnedBlock block, List<OwnedTask> tasks) {
    int[] before = tasks.stream().mapToInt(task -> task.attempt).toArray();
    for (OwnedTask task : tasks) {
      task.writing = true;
    }
    int then = block.recreations();
    confirm(
        block,
        found -> {
          if (block.outdates(then)) {
            // All of it is looked at once it is put back.
            return;
          }
          if (found == null && remembering.knows(block)) {
            remembering.recreate(
                block,
                () -> {
                  reconcile(block, open(block));
                  flush();
                });
            return;
          }
          long wait = found == null ? wordOfLoss(block) : 0;
          if (wait > 0) {
            writer.later(wait, () -> reconcile(block, tasks));
            return;
          }
          for (int i = 0; i < tasks.size(); i++) {
            OwnedTask task = tasks.get(i);
            task.writing = false;
            if (task.isFinal()) {
              continue;
            }
            if (found == null || found.nonce() != block.nonce) {
              endings.vanished(task);
            } else if (!mine(found, block)) {
              endings.disowned(block);
            } else {
              remembering.seen(block);
              believe(task, found.entry(task.index), before[i]);
            }
          }
          flush();
        });
  }

  /** For how long word of its loss may be on its way still. */
  private long wordOfLoss(OwnedBlock block) {
    if (block.goneSince == OwnedBlock.THERE) {
      block.goneSince = loop.now();
    }
    return block.goneSince + WORD_OF_LOSS - loop.now();
  }

  private static List<OwnedTask> open(OwnedBlock block) {
    List<OwnedTask> open = new ArrayList<>();
    for (OwnedTask task : block.tasks) {
      if (!task.isFinal()) {
        open.add(task);
      }
    }
    return open;
  }

  /** Null if it is not there; a copy of a block that this front cannot put back may still come. */
  private void confirm(OwnedBlock block, Consumer<@Nullable Block> then) {
    writer.confirm(block.id, answer -> then.accept(answer.block()), () -> missing(block, then));
  }

  private boolean missing(OwnedBlock block, Consumer<@Nullable Block> then) {
    boolean known =
        remembering.knows(block) && open(block).stream().allMatch(task -> task.payload != null);
    if (known) {
      then.accept(null);
    }
    return known;
  }

  private boolean mine(@Nullable Block found, OwnedBlock block) {
    return found != null
        && found.nonce() == block.nonce
        && found.owner().equals(self)
        && found.ownerEpoch() == block.epoch;
  }

  /**
   * Takes over what the ledger holds.
   *
   * @param before its attempt as it was known when the ledger was asked
   */
  private void believe(OwnedTask task, TaskEntry entry, int before) {
    if (!entry.isFinal()) {
      boolean older = entry.attempt() < before;
      if (older || entry.attempt() > task.attempt) {
        if (older) {
          // All newer copies were lost. What was handed out under a later attempt is not valid.
          task.spent = Math.max(task.spent, task.attempt);
        }
        endings.unassign(task);
        task.attempt = entry.attempt();
        task.failures = entry.failures();
        task.history = entry.history();
      }
      if (entry.history() != null && entry.history().cancelled()) {
        task.wanted = TaskState.CANCELLED;
      }
      resume(task, entry.dueAt());
      return;
    }
    task.attempt = entry.attempt();
    writer.dropCheckpoint(entry);
    Value result = entry.result();
    ValueId stored = result == null ? null : result.stored();
    if (stored == null) {
      endings.finish(
          task,
          entry.state(),
          result == null ? null : result.bytes(),
          null,
          entry.failure(),
          loop.now());
      return;
    }
    task.writing = true;
    int then = task.block.recreations();
    writer.getValue(
        stored,
        bytes -> {
          if (task.block.outdates(then)) {
            return;
          }
          if (bytes == null) {
            // Not to be had now, or fetched elsewhere and gone meanwhile: the block tells.
            writer.later(READ_AGAIN, () -> reconcile(task.block, List.of(task)));
            return;
          }
          task.writing = false;
          endings.finish(task, entry.state(), bytes, stored, entry.failure(), loop.now());
          flush();
        });
  }

  static Message.Attempt attempt(OwnedTask task) {
    return new Message.Attempt(task.block.id, task.block.nonce, task.index, task.attempt);
  }

  void flush() {
    router.dispatch();
    callbacks.flush();
  }
}
