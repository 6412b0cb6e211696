package io.dispatcher.ledger;

import java.io.IOException;

/** A {@link Block} with all its tasks, as bytes. */
final class BlockForm {

  private static final int HAS_HASH = 1;
  private static final int IS_LETTER = 1 << 1;

  private BlockForm() {}

  static void write(PieceWriter out, Block block) {
    out.blockId(block.id());
    out.fixed64(block.nonce());
    out.peer(block.owner());
    out.fixed64(block.ownerEpoch());
    out.fixed64(block.createdAt());
    String hash = block.contentHash();
    TaskRef letterOf = block.letterOf();
    out.u8((hash == null ? 0 : HAS_HASH) | (letterOf == null ? 0 : IS_LETTER));
    if (hash != null) {
      out.text(hash);
    }
    if (letterOf != null) {
      out.blockId(letterOf.block());
      out.number(letterOf.index());
    }
    out.version(block.version());
    out.number(block.size());
    for (int i = 0; i < block.size(); i++) {
      EntryForm.write(out, block.entry(i), false);
    }
  }

  static Block read(PieceReader in) throws IOException {
    BlockId id = in.blockId();
    long nonce = in.fixed64();
    Peer owner = in.peer();
    long ownerEpoch = in.fixed64();
    long createdAt = in.fixed64();
    int flags = in.u8();
    String hash = (flags & HAS_HASH) == 0 ? null : in.text();
    TaskRef letterOf = (flags & IS_LETTER) == 0 ? null : new TaskRef(in.blockId(), in.index());
    Version version = in.version();
    int size = in.atMost(Block.MAX_TASKS, "the number of tasks");
    if (size == 0) {
      throw new IOException("a block has no tasks");
    }
    TaskEntry[] entries = new TaskEntry[size];
    for (int i = 0; i < size; i++) {
      entries[i] = EntryForm.read(in, false);
    }
    return new Block(id, nonce, owner, ownerEpoch, createdAt, hash, letterOf, version, entries);
  }
}
