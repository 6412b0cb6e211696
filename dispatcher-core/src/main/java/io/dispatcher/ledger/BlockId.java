package io.dispatcher.ledger;

import io.dispatcher.task.TaskId;
import java.nio.ByteBuffer;
import java.util.Base64;

/**
 * The name of a block. Two forms exist: drawn at random by the front that records the block, or
 * derived from an idempotency key, so that every front that is given the same key names the same
 * block.
 *
 * @param shard decides the partition, 0 to 65535
 * @param high first half of the name
 * @param low second half of the name
 */
public record BlockId(int shard, long high, long low) implements LedgerKey, Comparable<BlockId> {

  private static final char BLOCK_FORM = 'b';
  private static final int BYTES = 2 + 8 + 8 + 1;

  public BlockId {
    if (shard < 0 || shard > 0xffff) {
      throw new IllegalArgumentException("shard " + shard + " is not within 0..65535");
    }
  }

  /** The public id of the task at this index (0 to 255) of the block: 27 characters. */
  public TaskId task(int index) {
    ByteBuffer buffer = ByteBuffer.allocate(BYTES);
    buffer.putShort((short) shard).putLong(high).putLong(low).put((byte) index);
    return TaskId.of(
        BLOCK_FORM + Base64.getUrlEncoder().withoutPadding().encodeToString(buffer.array()));
  }

  @Override
  public int compareTo(BlockId other) {
    int byShard = Integer.compare(shard, other.shard);
    int byHigh = byShard != 0 ? byShard : Long.compare(high, other.high);
    return byHigh != 0 ? byHigh : Long.compare(low, other.low);
  }

  @Override
  public int hashCode() {
    return (int) (low ^ (low >>> 32) ^ high) * 31 + shard;
  }

  @Override
  public String toString() {
    return Integer.toHexString(shard) + "-" + Long.toHexString(high) + "-" + Long.toHexString(low);
  }
}
