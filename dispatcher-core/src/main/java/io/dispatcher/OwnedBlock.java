package io.dispatcher;

import io.dispatcher.ledger.BlockId;

/** What an owner knows of a block it drives. Confined to the front's loop. */
final class OwnedBlock {

  final BlockId id;
  final long nonce;
  final long epoch;
  final long createdAt;
  final OwnedTask[] tasks;

  /** Tasks without an outcome. */
  int unfinished;

  /** Weight of outcomes kept, roughly, in bytes. */
  long weight;

  /** The longest retention of its tasks that nobody here has fetched, in milliseconds. */
  long retentionMillis;

  OwnedBlock(BlockId id, long nonce, long epoch, long createdAt, int size) {
    this.id = id;
    this.nonce = nonce;
    this.epoch = epoch;
    this.createdAt = createdAt;
    this.tasks = new OwnedTask[size];
    this.unfinished = size;
  }
}
