package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import java.io.DataInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a {@link PieceWriter} wrote, and checks every size against a limit. */
final class PieceReader {

  /** The format written. */
  static final int FORMAT = 2;

  /** The format before, which is read: without histories, dead letters, and where attempts ran. */
  private static final int FORMAT_BEFORE = 1;

  /** The most bytes of one value inside its block: what a task may have, plus some. */
  private static final int MAX_VALUE = (1 << 20) + (1 << 12);

  private static final int MAX_TEXT = 64 * 1024;

  /** The most bytes that the values and texts of one piece may have together. */
  static final int MAX_TOTAL = 16 << 20;

  private final DataInput from;
  private final List<String> texts = new ArrayList<>();
  private final List<Profile> profiles = new ArrayList<>();
  private final int format;
  private int left = MAX_TOTAL;

  /** The last write of the entry before. */
  long lastWrite;

  private PieceReader(DataInput from, int format) {
    this.from = from;
    this.format = format;
  }

  /** Of a piece that begins with the number of its format. */
  static PieceReader begin(DataInput from) throws IOException {
    int format = from.readUnsignedByte();
    if (format < FORMAT_BEFORE || format > FORMAT) {
      throw new IOException(
          "format "
              + format
              + " is unknown, this version reads "
              + FORMAT_BEFORE
              + " and "
              + FORMAT);
    }
    return new PieceReader(from, format);
  }

  /** Of a piece whose bytes stay the same for ever. */
  static PieceReader bare(DataInput from) {
    return new PieceReader(from, FORMAT);
  }

  boolean isFormatBefore() {
    return format == FORMAT_BEFORE;
  }

  int u8() throws IOException {
    return from.readUnsignedByte();
  }

  boolean bool() throws IOException {
    return from.readBoolean();
  }

  long fixed64() throws IOException {
    return from.readLong();
  }

  double float64() throws IOException {
    return from.readDouble();
  }

  int number() throws IOException {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int next = u8();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) {
        if (value < 0) {
          throw new IOException("the number " + value + " is negative");
        }
        return value;
      }
    }
    throw new IOException("a number has more than 5 bytes");
  }

  int atMost(int limit, String what) throws IOException {
    int value = number();
    if (value > limit) {
      throw new IOException(what + " is " + value + ", at most " + limit + " is allowed");
    }
    return value;
  }

  <T> T oneOf(T[] all, String what) throws IOException {
    int number = u8();
    if (number >= all.length) {
      throw new IOException("no " + what + " has the number " + number);
    }
    return all[number];
  }

  byte[] bytes(int limit, String what) throws IOException {
    int size = atMost(limit, what);
    left -= size;
    if (left < 0) {
      throw new IOException("values and texts have more than " + MAX_TOTAL + " bytes together");
    }
    byte[] bytes = new byte[size];
    from.readFully(bytes);
    return bytes;
  }

  String text() throws IOException {
    return new String(bytes(MAX_TEXT, "the size of a text"), StandardCharsets.UTF_8);
  }

  String shared() throws IOException {
    int number = atMost(texts.size(), "the number of a text");
    if (number > 0) {
      return texts.get(number - 1);
    }
    String text = text();
    texts.add(text);
    return text;
  }

  Peer peer() throws IOException {
    return new Peer(text(), fixed64());
  }

  BlockId blockId() throws IOException {
    return new BlockId(from.readUnsignedShort(), fixed64(), fixed64());
  }

  int index() throws IOException {
    return atMost(Block.MAX_TASKS - 1, "an index");
  }

  ValueId valueId() throws IOException {
    return new ValueId(blockId(), index(), fixed64(), number(), number());
  }

  Version version() throws IOException {
    return new Version(fixed64(), fixed64(), fixed64());
  }

  Value value() throws IOException {
    int kind = u8();
    return switch (kind) {
      case 0 -> Value.inline(bytes(MAX_VALUE, "the size of a value"));
      case 1 -> Value.stored(valueId(), number());
      default -> throw new IOException("no kind of value has the number " + kind);
    };
  }

  Failure failure() throws IOException {
    return new Failure(shared(), shared(), shared(), shared(), number());
  }

  /** The profile with the number that comes next; null if it is new, and its content follows. */
  @Nullable Profile knownProfile() throws IOException {
    int number = atMost(profiles.size(), "the number of a profile");
    return number == 0 ? null : profiles.get(number - 1);
  }

  void remember(Profile profile) {
    profiles.add(profile);
  }
}
