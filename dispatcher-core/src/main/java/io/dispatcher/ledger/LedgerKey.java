package io.dispatcher.ledger;

/** The key of one ledger entry: a block, or a large value that a block refers to. */
public sealed interface LedgerKey permits BlockId, ValueId {

  /**
   * The number from 0 to 65535 that alone decides the partition, so a block and its values lie
   * together.
   */
  int shard();
}
