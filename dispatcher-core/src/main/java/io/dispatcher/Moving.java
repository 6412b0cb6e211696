package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.task.TaskState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Moves failed tasks out of their blocks: each becomes a dead letter before its block may forget
 * it. The block keeps the payload until the letter is recorded, so whoever adopts the block in
 * between makes the letter: as much may wait as letters may be kept. Confined to the front's loop.
 */
final class Moving {

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final int MOST_BLOCKS = 8;
  private static final long TOLD_AGAIN_NANOS = 60_000_000_000L;

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Letters letters;
  private final Meters meters;
  private final Consumer<OwnedBlock> moved;
  private final Map<OwnedBlock, List<OwnedTask>> waiting = new LinkedHashMap<>();
  private final ArrayDeque<OwnedBlock> line = new ArrayDeque<>();
  private int tasks;
  private long weight;
  private int underWay;
  private long toldAt;
  private boolean told;

  /**
   * @param moved told of a block of which nothing more is to be moved for now
   */
  Moving(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Letters letters,
      Meters meters,
      Consumer<OwnedBlock> moved) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.letters = letters;
    this.meters = meters;
    this.moved = moved;
    letters.onRoom(this::next);
  }

  /** Failed tasks that are no dead letters yet. */
  int tasks() {
    return tasks;
  }

  /** The task has failed: its block is not complete before {@link #moved} was told of it. */
  void add(OwnedTask task) {
    int adds = Letters.weight(task);
    if (weight + adds > letters.budget()) {
      drop(task);
      return;
    }
    tasks++;
    weight += adds;
    task.moving = true;
    task.block.moving++;
    List<OwnedTask> mine = waiting.get(task.block);
    if (mine == null) {
      mine = new ArrayList<>();
      waiting.put(task.block, mine);
      line.add(task.block);
    }
    mine.add(task);
    next();
  }

  /** They fail faster than letters are written: nobody keeps its payload. */
  private void drop(OwnedTask task) {
    meters.lettersDropped.increment();
    if (task.storedPayload) {
      writer.deleteValue(Recorder.payloadId(task));
    }
    long now = loop.now();
    if (!told || now - toldAt >= TOLD_AGAIN_NANOS) {
      told = true;
      toldAt = now;
      LOG.log(
          Level.WARNING,
          "tasks fail faster than they become dead letters: {0} wait for it, and the payload of"
              + " task {1} is not kept, nor are those of others for which there is no room",
          tasks,
          task.ref().id());
    }
  }

  private void next() {
    // While the oldest letters still go there is no room for more.
    while (underWay < MOST_BLOCKS && !line.isEmpty() && !letters.full()) {
      OwnedBlock block = line.remove();
      List<OwnedTask> mine = waiting.remove(block);
      if (mine != null) {
        underWay++;
        read(block, mine);
      }
    }
  }

  private void read(OwnedBlock block, List<OwnedTask> mine) {
    writer.confirm(
        block.id,
        answer -> {
          Block found = answer.block();
          if (found == null
              || found.nonce() != block.nonce
              || !found.owner().equals(self)
              || found.ownerEpoch() != block.epoch) {
            done(block, mine);
          } else {
            write(block, mine, found);
          }
        },
        () -> {
          // The places are few, and others wait.
          done(block, mine);
          return true;
        });
  }

  private void write(OwnedBlock block, List<OwnedTask> mine, Block found) {
    List<Integer> indexes = new ArrayList<>();
    for (OwnedTask task : mine) {
      TaskEntry entry = found.entry(task.index);
      if (entry.state() == TaskState.FAILED && entry.payload() != null) {
        indexes.add(task.index);
      }
    }
    if (indexes.isEmpty()) {
      done(block, mine);
      return;
    }
    int[] open = {indexes.size()};
    for (OwnedTask task : mine) {
      if (indexes.contains(task.index)) {
        letters.write(
            task.ref(),
            block.nonce,
            found.entry(task.index),
            () -> {
              if (--open[0] == 0) {
                drop(block, mine, indexes);
              }
            });
      }
    }
  }

  private void drop(OwnedBlock block, List<OwnedTask> mine, List<Integer> indexes) {
    writer.write(
        block.id,
        new Change.Moved(writer.newWrite(), self, block.epoch, List.copyOf(indexes)),
        answer -> done(block, mine));
  }

  private void done(OwnedBlock block, List<OwnedTask> mine) {
    underWay--;
    tasks -= mine.size();
    block.moving -= mine.size();
    for (OwnedTask task : mine) {
      task.moving = false;
      weight -= Letters.weight(task);
    }
    if (block.moving == 0) {
      moved.accept(block);
    }
    next();
  }
}
