package io.dispatcher.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads what {@link WireBuffer} wrote. Trusts nothing: every length is compared with what is left.
 */
final class WireReader {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;
  private final int start;
  private final int end;
  private int at;

  WireReader(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.start = offset;
    this.at = offset;
    this.end = offset + length;
  }

  int left() {
    return end - at;
  }

  WireException malformed(String what) {
    return new WireException(what + " at byte " + (at - start) + " of " + (end - start));
  }

  void require(int count, String what) {
    if (end - at < count) {
      throw malformed(what + " needs " + count + " bytes, " + (end - at) + " are left");
    }
  }

  void end() {
    if (at != end) {
      throw malformed((end - at) + " bytes too many");
    }
  }

  int u8() {
    require(1, "a byte");
    return bytes[at++] & 0xff;
  }

  int fixed32() {
    require(4, "an int");
    int value = (int) INT.get(bytes, at);
    at += 4;
    return value;
  }

  long fixed64() {
    require(8, "a long");
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  double float64() {
    return Double.longBitsToDouble(fixed64());
  }

  int varint() {
    long value = varlong();
    if (value >>> 32 != 0) {
      throw malformed("a number of more than 32 bits");
    }
    return (int) value;
  }

  long varlong() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      require(1, "a number");
      byte next = bytes[at++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("a number of more than 10 bytes");
  }

  /** A count of items of at least this many bytes each. */
  int count(int most, int itemBytes, String what) {
    int count = varint();
    if (count < 0 || count > most) {
      throw malformed(count + " " + what + ", at most " + most + " are allowed");
    }
    if ((long) count * itemBytes > left()) {
      throw malformed(count + " " + what + " do not fit into " + left() + " bytes");
    }
    return count;
  }

  byte[] blob(int most, String what) {
    int length = length(most, what);
    byte[] value = Arrays.copyOfRange(bytes, at, at + length);
    at += length;
    return value;
  }

  String string(int most, String what) {
    int length = length(most, what);
    String value = new String(bytes, at, length, UTF_8);
    at += length;
    return value;
  }

  private int length(int most, String what) {
    int length = varint();
    if (length < 0 || length > most) {
      throw malformed(what + " of " + length + " bytes, at most " + most + " are allowed");
    }
    require(length, what);
    return length;
  }

  /** One of these values, by its place. */
  <E extends Enum<E>> E one(E[] values, String what) {
    int number = u8();
    if (number >= values.length) {
      throw malformed("no " + what + " has the number " + number);
    }
    return values[number];
  }

  /** Flags of which only these may be set. */
  int flags(int known, String what) {
    int flags = u8();
    if ((flags & ~known) != 0) {
      throw malformed("unknown flags " + Integer.toHexString(flags) + " in " + what);
    }
    return flags;
  }

  boolean bool(String what) {
    return flags(1, what) == 1;
  }
}
