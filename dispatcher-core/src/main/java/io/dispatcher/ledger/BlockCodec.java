package io.dispatcher.ledger;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Blocks, writes, deltas and answers as bytes. Every piece starts with the number of its format,
 * except keys, whose bytes must stay the same for ever. What the tasks of a block share, such as
 * their {@link Profile} and the id of the write that made them, is written once. Reading checks
 * every size against a limit, and throws {@link IOException} for whatever this class cannot have
 * written.
 */
public final class BlockCodec {

  private static final int BLOCK = 0;
  private static final int VALUE = 1;

  private BlockCodec() {}

  /** Writes a key; equal keys give equal bytes, in every version. */
  public static void writeKey(LedgerKey key, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.bare();
    if (key instanceof BlockId id) {
      out.u8(BLOCK);
      out.blockId(id);
    } else if (key instanceof ValueId id) {
      out.u8(VALUE);
      out.valueId(id);
    }
    out.drainTo(to);
  }

  /** Reads what {@link #writeKey} wrote. */
  public static LedgerKey readKey(DataInput from) throws IOException {
    PieceReader in = PieceReader.bare(from);
    int kind = in.u8();
    return switch (kind) {
      case BLOCK -> in.blockId();
      case VALUE -> in.valueId();
      default -> throw new IOException("no kind of ledger key has the number " + kind);
    };
  }

  /** Writes a peer. */
  public static void writePeer(Peer peer, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.begin();
    out.peer(peer);
    out.drainTo(to);
  }

  /** Reads what {@link #writePeer} wrote. */
  public static Peer readPeer(DataInput from) throws IOException {
    return PieceReader.begin(from).peer();
  }

  /** Writes a block. */
  public static void writeBlock(Block block, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.begin();
    BlockForm.write(out, block);
    out.drainTo(to);
  }

  /** Reads what {@link #writeBlock} wrote. */
  public static Block readBlock(DataInput from) throws IOException {
    return BlockForm.read(PieceReader.begin(from));
  }

  /** Writes a change. */
  public static void writeChange(Change change, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.begin();
    ChangeForm.write(out, change);
    out.drainTo(to);
  }

  /** Reads what {@link #writeChange} wrote. */
  public static Change readChange(DataInput from) throws IOException {
    return ChangeForm.read(PieceReader.begin(from));
  }

  /** Writes a delta. A patch goes without profiles, keys and payloads: the replica has them. */
  public static void writeDelta(Delta delta, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.begin();
    DeltaForm.write(out, delta);
    out.drainTo(to);
  }

  /** Reads what {@link #writeDelta} wrote. */
  public static Delta readDelta(DataInput from) throws IOException {
    return DeltaForm.read(PieceReader.begin(from));
  }

  /** Writes an answer. */
  public static void writeAnswer(Answer answer, DataOutput to) throws IOException {
    PieceWriter out = PieceWriter.begin();
    AnswerForm.write(out, answer);
    out.drainTo(to);
  }

  /** Reads what {@link #writeAnswer} wrote. */
  public static Answer readAnswer(DataInput from) throws IOException {
    return AnswerForm.read(PieceReader.begin(from));
  }
}
