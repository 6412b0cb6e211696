package io.dispatcher.ledger;

import io.dispatcher.task.TaskState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Blocks and large values outside the cluster: records of four bytes length, four bytes checksum
 * (CRC-32C of the body), and a body. A value comes before the block that refers to it. Stateless.
 */
public final class Archive {

  /** Bytes before each body. */
  public static final int HEADER_BYTES = 8;

  /** The longest body: as much as one block or one value may have. */
  public static final int MAX_BODY_BYTES = PieceReader.MAX_TOTAL + (1 << 20);

  private static final int BLOCK = 1;
  private static final int VALUE = 2;

  private Archive() {}

  /**
   * One record: exactly one of block and bytes is set.
   *
   * @param value the name of the bytes
   */
  public record Item(@Nullable Block block, @Nullable ValueId value, byte @Nullable [] bytes) {}

  // ---------------------------------------------------------------- write

  /**
   * A block as it begins anew elsewhere.
   *
   * @param raised of which unfinished tasks the present attempt may have been started
   */
  public static Block copy(Block block, Predicate<TaskEntry> raised) {
    TaskEntry[] entries = block.copyEntries();
    for (int i = 0; i < entries.length; i++) {
      if (!entries[i].isFinal() && raised.test(entries[i])) {
        Change.Reissue given =
            new Change.Reissue(
                entries[i].lastWrite(),
                block.owner(),
                block.ownerEpoch(),
                List.of(),
                Change.Cause.RETURNED);
        entries[i] = entries[i].reissued(given, new Change.Item(i, entries[i].attempt()));
      }
    }
    return block.with(Version.NONE, entries);
  }

  /**
   * A block without what lay beside it of these tasks, which have ended: how a task has failed lies
   * in the block, its payload is only wanted for a dead letter; a result, or a letter, is no more.
   */
  public static Block without(Block block, int[] ended) {
    if (ended.length == 0) {
      return block;
    }
    TaskEntry[] entries = block.copyEntries();
    for (int index : ended) {
      TaskEntry entry = entries[index];
      boolean told = entry.state() == TaskState.FAILED && block.letterOf() == null;
      entries[index] = told ? entry.moved() : entry.removed(entry.lastWrite());
    }
    return block.with(block.version(), entries);
  }

  /** The block under an owner of its new cluster. */
  public static Block ownedBy(Block block, Peer owner) {
    return new Block(
        block.id(),
        block.nonce(),
        owner,
        1,
        block.createdAt(),
        block.contentHash(),
        block.letterOf(),
        Version.NONE,
        block.copyEntries());
  }

  /** A record of a block. */
  public static byte[] record(Block block) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(BLOCK);
    BlockCodec.writeBlock(block, out);
    return framed(bytes.toByteArray());
  }

  /** A record of a value. */
  public static byte[] record(ValueId id, byte[] value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(value.length + 64);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VALUE);
    BlockCodec.writeKey(id, out);
    out.write(value);
    return framed(bytes.toByteArray());
  }

  private static byte[] framed(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(HEADER_BYTES + body.length);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(body.length);
    out.writeInt(checksum(body));
    out.write(body);
    return bytes.toByteArray();
  }

  /** The checksum of a body. */
  public static int checksum(byte[] body) {
    CRC32C sum = new CRC32C();
    sum.update(body);
    return (int) sum.getValue();
  }

  // ---------------------------------------------------------------- read

  /**
   * Reads records that follow each other.
   *
   * @throws IOException if they are cut, damaged or of another format; tells which one
   */
  public static List<Item> read(byte[] records) throws IOException {
    List<Item> items = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(records));
    while (in.available() > 0) {
      String which = "record " + (items.size() + 1);
      if (in.available() < HEADER_BYTES) {
        throw new IOException(which + " is cut");
      }
      int length = in.readInt();
      int sum = in.readInt();
      if (length < 1 || length > MAX_BODY_BYTES || length > in.available()) {
        throw new IOException(which + " is cut, or no record: its length is " + length);
      }
      byte[] body = in.readNBytes(length);
      if (checksum(body) != sum) {
        throw new IOException(which + " is damaged: its checksum is another one");
      }
      items.add(item(body, which));
    }
    return items;
  }

  private static Item item(byte[] body, String which) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    try {
      int kind = in.readUnsignedByte();
      if (kind == BLOCK) {
        Block block = BlockCodec.readBlock(in);
        if (in.available() > 0) {
          throw new IOException("it is too long");
        }
        return new Item(block, null, null);
      }
      if (kind == VALUE && BlockCodec.readKey(in) instanceof ValueId id) {
        return new Item(null, id, in.readAllBytes());
      }
      throw new IOException("nothing has the number " + kind);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(which + " cannot be read: " + e.getMessage(), e);
    }
  }
}
