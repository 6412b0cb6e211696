package io.dispatcher;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.ValueId;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an owner knows of a block it drives. Confined to the front's loop. */
final class OwnedBlock {

  /** It is not known to be gone. */
  static final long THERE = Long.MAX_VALUE;

  final BlockId id;
  final long nonce;
  final long epoch;
  final long createdAt;

  /** Empty once every task is final: millions of outcomes may be retained. */
  OwnedTask[] tasks;

  /** Where large results lie. */
  List<ValueId> storedResults = List.of();

  /** An outcome in it was fetched that is to be gone then. */
  boolean once;

  /** Its one task has an idempotency key: a repeat has to find it as long as it is kept. */
  boolean keyed;

  /**
   * It may have been recorded by more than one try: one that is late would record it anew if it
   * were gone by then.
   */
  boolean mayComeAgain = true;

  /** The node that owned it before it was gone; null if this front recorded it. */
  @Nullable String adoptedFrom;

  /** Hash of the content of a task with an idempotency key, else null. */
  @Nullable String contentHash;

  /** Loop time at which the ledger was last seen to hold it. */
  long seenAt;

  /** No copy is left of the part of the ledger that it was in. */
  boolean lostByLedger;

  /** Loop time since which the ledger was found not to hold it. */
  long goneSince = THERE;

  /** It is being put back. */
  boolean recreating;

  /** How often that has begun. */
  private int recreations;

  /** Tasks without an outcome. */
  int unfinished;

  /** Failed tasks that are to become dead letters before this block may be forgotten. */
  int moving;

  /** Weight of outcomes kept, roughly, in bytes. */
  long weight;

  OwnedBlock(BlockId id, long nonce, long epoch, long createdAt, int size) {
    this.id = id;
    this.nonce = nonce;
    this.epoch = epoch;
    this.createdAt = createdAt;
    this.tasks = new OwnedTask[size];
    this.unfinished = size;
  }

  /** The node that owned it before it was gone; empty if this front recorded it. */
  String adoptedFrom() {
    return Objects.requireNonNullElse(adoptedFrom, "");
  }

  /** It is put back from now on. */
  void recreate() {
    recreating = true;
    recreations++;
  }

  /**
   * How often it was put back: an answer to what was asked before tells of a block that is no more.
   */
  int recreations() {
    return recreations;
  }

  /** Whether an answer to what was asked then tells nothing of the block as it is now. */
  boolean outdates(int recreationsThen) {
    return recreating || recreations != recreationsThen;
  }
}
