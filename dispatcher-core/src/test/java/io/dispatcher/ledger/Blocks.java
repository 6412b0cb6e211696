package io.dispatcher.ledger;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import java.util.List;

/** Small blocks and writes for tests of the rules. */
final class Blocks {

  static final BlockId ID = new BlockId(7, 1, 2);
  static final Peer OWNER = new Peer("a", 1);
  static final Peer HEIR = new Peer("b", 2);
  static final Peer THIRD = new Peer("c", 3);
  static final long NONCE = 99;
  static final Failure FAILURE = new Failure("E", "no", "", "a", 1);

  private static final Profile PROFILE = new Profile("t", 3, Backoff.DEFAULT, 1000, 0, 0, 5, 1000);
  private static long stamp;

  private Blocks() {}

  static Transition apply(Block block, Change change) {
    return Transition.of(block, change, 4, ++stamp);
  }

  /** Three tasks; the last one's payload lies beside the block. */
  static Block created() {
    TaskEntry[] entries = new TaskEntry[3];
    for (int i = 0; i < entries.length; i++) {
      Value payload =
          i < 2 ? Value.inline(new byte[] {(byte) i}) : Value.stored(valueId(i, 0, 0), 9_000);
      entries[i] = TaskEntry.accepted(PROFILE, null, payload, 1);
    }
    return apply(null, new Change.Create(1, Block.fresh(ID, NONCE, OWNER, 0, null, entries)))
        .next();
  }

  static ValueId valueId(int index, int attempt, int sequence) {
    return new ValueId(ID, index, NONCE, attempt, sequence);
  }

  static Change.Save save(long write, int index, int attempt, int sequence) {
    return new Change.Save(
        write, NONCE, index, attempt, sequence, Value.inline(new byte[] {(byte) sequence}));
  }

  /** A checkpoint that lies beside the block. */
  static Change.Save saveLarge(long write, int index, int attempt, int sequence) {
    return new Change.Save(
        write,
        NONCE,
        index,
        attempt,
        sequence,
        Value.stored(valueId(index, attempt, sequence), 9_000));
  }

  static Change.Settle success(long write, int index, int attempt) {
    return new Change.Settle(
        write,
        NONCE,
        List.of(
            new Change.Settlement(index, attempt, Value.inline(new byte[] {9}), null, false, 0)));
  }

  static Change.Settle failure(long write, int index, int attempt, long dueAt) {
    return new Change.Settle(
        write,
        NONCE,
        List.of(new Change.Settlement(index, attempt, null, FAILURE, dueAt != 0, dueAt)));
  }

  static Change.Reissue reissue(long write, int index, int attempt, Change.Cause cause) {
    return new Change.Reissue(write, OWNER, 1, List.of(new Change.Item(index, attempt)), cause);
  }

  static Change.Adopt adopt(long write, Peer heir, Peer from, long fromEpoch) {
    return new Change.Adopt(write, heir, from, fromEpoch);
  }

  static boolean recorded(Transition transition) {
    return transition.answer().items().isEmpty() || transition.answer().items().get(0).recorded();
  }
}
