package io.dispatcher.ledger;

/**
 * The name of a value too large to lie inside its block.
 *
 * @param block the block that refers to it
 * @param index the task's place in the block
 * @param nonce the block's nonce, so that a value of a dead block is never mistaken for one of its
 *     successor
 * @param attempt the attempt that wrote it; 0 for a payload
 * @param sequence counts the values of one attempt
 */
public record ValueId(BlockId block, int index, long nonce, int attempt, int sequence)
    implements LedgerKey {

  @Override
  public int shard() {
    return block.shard();
  }
}
