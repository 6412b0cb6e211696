package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a front takes over the blocks of others: first it knows them, then, when all workers have
 * said what they hold, it hands out the rest. Confined to the front's loop.
 */
final class Adopting {

  private final Loop loop;
  private final LedgerWriter writer;
  private final OwnedBlocks blocks;
  private final Router router;
  private final Endings endings;
  private final OwnerWrites writes;
  private final Retention retention;
  private final Letters letters;

  Adopting(
      Loop loop,
      LedgerWriter writer,
      OwnedBlocks blocks,
      Router router,
      Endings endings,
      OwnerWrites writes,
      Retention retention,
      Letters letters) {
    this.loop = loop;
    this.writer = writer;
    this.blocks = blocks;
    this.router = router;
    this.endings = endings;
    this.writes = writes;
    this.retention = retention;
    this.letters = letters;
  }

  /**
   * This front drives the block of another one from now on.
   *
   * @param from the node that owned it
   * @param lostAt loop time at which that one was found gone
   * @return the tasks without an outcome; each stays untouched until {@link #adopted}
   */
  List<OwnedTask> adopt(Block found, String from, long lostAt) {
    OwnedBlock known = blocks.get(found.id());
    if (known != null && known.epoch >= found.ownerEpoch()) {
      return List.of();
    }
    if (known != null) {
      // It was another's meanwhile, of which this front has not heard.
      endings.disowned(known);
    }
    if (found.letterOf() != null) {
      letters.add(found);
      return List.of();
    }
    OwnedBlock block =
        new OwnedBlock(
            found.id(), found.nonce(), found.ownerEpoch(), found.createdAt(), found.size());
    block.keyed = found.contentHash() != null;
    block.contentHash = found.contentHash();
    block.seenAt = loop.now();
    block.adoptedFrom = from;
    blocks.put(block);
    List<OwnedTask> open = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      OwnedTask task = task(block, i, found.entry(i));
      block.tasks[i] = task;
      endings.adopted(task);
      if (task.isFinal()) {
        block.unfinished--;
        retention.add(block, task.kept);
        dropLeft(task, found.entry(i));
      } else {
        task.lostAt = lostAt;
        blocks.began(task.size);
        router.tally(task).accepted++;
        open.add(task);
        writes.startDeadline(task);
        if (task.history != null && task.history.cancelled()) {
          writes.end(task, TaskState.CANCELLED);
        }
      }
    }
    if (open.isEmpty()) {
      endings.completeIfMoved(block);
    } else if (open.size() < found.size()) {
      retention.straggling(block);
    }
    return open;
  }

  /** The one who was to drop them may be gone. */
  private void dropLeft(OwnedTask task, TaskEntry entry) {
    writer.dropCheckpoint(entry);
    if (entry.state() == TaskState.FAILED) {
      if (entry.payload() != null) {
        endings.moving().add(task);
      }
    } else if (task.storedPayload) {
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
    task.history = entry.history();
    task.adopting = !entry.isFinal();
    task.spent = entry.attempt();
    Value result = entry.result();
    task.storedResult = result == null ? null : result.stored();
    task.kept = 160 + (result == null ? 0 : result.size());
    task.forgotten = entry.state() == TaskState.REMOVED;
    return task;
  }

  /**
   * Nobody has it, by the word of the owner until now: it goes out under its present attempt.
   *
   * @param dueAt wall-clock milliseconds, as its ledger entry has it
   */
  void idle(OwnedTask task, long dueAt) {
    task.adopting = false;
    task.spent = task.attempt - 1;
    if (!task.isFinal() && !task.writing) {
      writes.resume(task, dueAt);
    }
  }

  /** All workers have said what they hold, or are gone: what none of them holds goes out again. */
  void adopted(List<OwnedTask> tasks) {
    List<OwnedTask> unheld = new ArrayList<>();
    Map<OwnedBlock, List<OwnedTask>> noted = new LinkedHashMap<>();
    for (OwnedTask task : tasks) {
      task.adopting = false;
      if (task.isFinal() || task.worker != null) {
        task.lostAt = 0;
      } else if (!task.writing) {
        // Else the answer of the write under way hands it out.
        if (task.history != null && task.history.noted() && task.history.starter() == null) {
          noted.computeIfAbsent(task.block, block -> new ArrayList<>()).add(task);
        } else {
          unheld.add(task);
        }
      }
    }
    writes.reissueUnheld(unheld);
    noted.forEach(writes::reissueNoted);
    writes.flush();
  }
}
