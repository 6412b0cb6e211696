package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.TaskState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What an owner does when more nodes died at once than there are copies, and a part of the ledger
 * is gone: it puts its blocks back from memory, with raised attempts. Only if it was told of the
 * loss, and was never late since it last saw the block in the ledger: a block that is merely gone
 * may have been finished and forgotten by somebody else. Confined to the front's loop.
 */
final class Remembering {

  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final OwnedBlocks blocks;
  private final Endings endings;
  private final Meters meters;
  private long lateAt;
  private boolean everLate;

  Remembering(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      OwnedBlocks blocks,
      Endings endings,
      Meters meters) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.blocks = blocks;
    this.endings = endings;
    this.meters = meters;
  }

  /** The loop was held up: others may have taken this node for dead. */
  void late() {
    lateAt = loop.now();
    everLate = true;
  }

  /** The ledger shows this block as it is known here. */
  void seen(OwnedBlock block) {
    block.seenAt = loop.now();
    block.goneSince = OwnedBlock.THERE;
  }

  /** No copy is left of a part of the ledger; returns the blocks of this front that were there. */
  List<OwnedBlock> lost(Predicate<BlockId> where) {
    List<OwnedBlock> all = new ArrayList<>();
    for (OwnedBlock block : blocks.all()) {
      if (where.test(block.id)) {
        block.lostByLedger = true;
        all.add(block);
      }
    }
    return all;
  }

  /** Whether a block that is gone is lost, and this front knows all of it. */
  boolean knows(OwnedBlock block) {
    return block.lostByLedger && !(everLate && lateAt - block.seenAt >= 0);
  }

  /**
   * Puts a block back. Until that is answered no other word changes what is known of its tasks: a
   * copy of it may come back as well, and only what the ledger holds then is true.
   *
   * @param then what to do once it is there
   */
  void recreate(OwnedBlock block, Runnable then) {
    if (block.recreating) {
      return;
    }
    List<OwnedTask> open = new ArrayList<>();
    for (OwnedTask task : block.tasks) {
      if (task.isFinal()) {
        continue;
      }
      if (task.payload == null) {
        endings.vanished(task);
        continue;
      }
      task.writing = true;
      // Somebody may have it, under the present attempt.
      task.spent = Math.max(task.spent, task.attempt);
      stop(task);
      open.add(task);
    }
    if (open.isEmpty()) {
      return;
    }
    block.recreate();
    block.mayComeAgain = true;
    LOG.log(
        Level.WARNING,
        "block {0}: the ledger has lost it; its {1} unfinished tasks are put back",
        block.id,
        open.size());
    int[] large = {1};
    Runnable stored =
        () -> {
          if (--large[0] == 0) {
            create(block, open, then);
          }
        };
    for (OwnedTask task : open) {
      byte[] payload = task.payload;
      if (task.storedPayload && payload != null) {
        large[0]++;
        writer.putValue(Recorder.payloadId(task), payload, stored);
      }
    }
    stored.run();
  }

  private void stop(OwnedTask task) {
    WorkerView worker = task.worker;
    if (worker != null) {
      worker.channel.send(new Message.Stop(List.of(OwnerWrites.attempt(task))));
      endings.unassign(task);
    }
  }

  private void create(OwnedBlock block, List<OwnedTask> open, Runnable then) {
    if (!blocks.has(block)) {
      // Another front drives it.
      block.recreating = false;
      return;
    }
    long write = writer.newWrite();
    TaskEntry[] entries = new TaskEntry[block.tasks.length];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = entry(block.tasks[i], write);
    }
    Block again =
        Block.remembered(
            block.id, block.nonce, self, block.epoch, block.createdAt, block.contentHash, entries);
    writer.write(
        block.id,
        new Change.Create(write, again),
        answer -> {
          block.recreating = false;
          block.lostByLedger = false;
          open.forEach(task -> task.writing = false);
          if (!blocks.has(block)) {
            return;
          }
          if (answer.status() == Answer.Status.RECORDED
              && self.equals(answer.owner())
              && answer.ownerEpoch() == block.epoch) {
            meters.recreated.add(open.size());
          }
          then.run();
        });
  }

  private static TaskEntry entry(OwnedTask task, long write) {
    byte[] payload = task.payload;
    if (!task.isFinal() && payload != null) {
      Value value =
          task.storedPayload
              ? Value.stored(Recorder.payloadId(task), payload.length)
              : Value.inline(payload);
      return new TaskEntry(
          task.profile,
          task.key,
          value,
          task.attempt + 1,
          TaskState.WAITING,
          task.failures,
          0,
          write,
          null,
          task.failure,
          null,
          0,
          task.history == null ? null : task.history.unstarted());
    }
    // A result is not kept by its owner: whoever comes for it later is told that it is gone.
    boolean known = task.isFinal() && task.state != TaskState.SUCCEEDED;
    return new TaskEntry(
        task.profile,
        task.key,
        null,
        task.attempt,
        known ? task.state : TaskState.REMOVED,
        task.failures,
        0,
        write,
        null,
        known ? task.failure : null,
        null,
        0,
        task.history);
  }
}
