package io.dispatcher;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.TaskRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The blocks that a front drives, and how much of them is unfinished. Confined to its loop. */
final class OwnedBlocks {

  private final Map<BlockId, OwnedBlock> blocks = new HashMap<>();
  private @Nullable OwnedBlock lastFound;
  private int unfinished;
  private long unfinishedBytes;
  private long finished;

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

  void put(OwnedBlock block) {
    blocks.put(block.id, block);
    lastFound = null;
  }

  @Nullable OwnedBlock get(BlockId id) {
    return blocks.get(id);
  }

  boolean has(BlockId id) {
    return blocks.containsKey(id);
  }

  /** Whether it is there still, and not another of its name that came back. */
  boolean has(OwnedBlock block) {
    return blocks.get(block.id) == block;
  }

  /** Whether it was there. */
  boolean remove(OwnedBlock block) {
    lastFound = null;
    return blocks.remove(block.id, block);
  }

  Collection<OwnedBlock> all() {
    return blocks.values();
  }

  @Nullable OwnedTask find(TaskRef ref) {
    return find(ref.block(), ref.index());
  }

  @Nullable OwnedTask find(BlockId id, int index) {
    OwnedBlock block = lastFound;
    // What arrives together mostly is of one block.
    if (block == null || !block.id.equals(id)) {
      block = blocks.get(id);
      lastFound = block;
    }
    return block == null || index >= block.tasks.length ? null : block.tasks[index];
  }

  /** As {@link #find(BlockId, int)}, of the block with this nonce and no other. */
  @Nullable OwnedTask find(BlockId id, long nonce, int index) {
    OwnedTask task = find(id, index);
    return task != null && task.block.nonce == nonce ? task : null;
  }

  void began(int bytes) {
    unfinished++;
    unfinishedBytes += bytes;
  }

  /** Without an outcome that this front recorded. */
  void left(int bytes) {
    unfinished--;
    unfinishedBytes -= bytes;
  }

  void ended(int bytes) {
    left(bytes);
    finished++;
  }
}
