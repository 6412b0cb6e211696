package io.dispatcher.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger says of a write.
 *
 * @param status of the block as a whole
 * @param owner who drives the block now; null if there is none
 * @param ownerEpoch the owner's epoch; 0 if there is no block
 * @param items one per item of the write, in its order; empty if each was recorded and nothing more
 *     is to be said
 * @param block the block itself, for {@link Change.Confirm} and for a create that found another's
 *     block
 */
public record Answer(
    Status status, @Nullable Peer owner, long ownerEpoch, List<Item> items, @Nullable Block block) {

  /** Of the block as a whole. */
  public enum Status {
    /** The write is in effect (items may still be refused one by one). */
    RECORDED,
    /** A create found a block of this name with the same content. */
    EXISTS,
    /** A create found a block of this name with other content. */
    CONFLICT,
    /** There is no such block. */
    GONE,
    /** The writer does not own the block, or may not do this now. */
    FENCED
  }

  /**
   * Of one task.
   *
   * @param recorded false: refused, the rest says what stands there instead
   * @param entry what the ledger holds now, without payload
   */
  public record Item(boolean recorded, TaskEntry entry) {}

  static Answer of(Status status, @Nullable Block block) {
    return block == null
        ? new Answer(status, null, 0, List.of(), null)
        : new Answer(status, block.owner(), block.ownerEpoch(), List.of(), null);
  }

  static Answer showing(Status status, Block block) {
    return new Answer(status, block.owner(), block.ownerEpoch(), List.of(), block);
  }
}
