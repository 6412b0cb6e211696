package io.dispatcher.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes under construction: an array that grows. Use again after {@link #clear}. Not thread-safe.
 */
public final class WireBuffer {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final int FIRST_SIZE = 16 * 1024;

  /** A larger array is not kept for the next use. */
  private static final int KEPT_SIZE = 2 * 1024 * 1024;

  private byte[] bytes = new byte[FIRST_SIZE];
  private int size;

  /** The array; what counts lies from 0 to {@link #size}. Replaced as it grows. */
  public byte[] array() {
    return bytes;
  }

  /** How many bytes were written. */
  public int size() {
    return size;
  }

  /** Forgets what was written. */
  public void clear() {
    size = 0;
    if (bytes.length > KEPT_SIZE) {
      bytes = new byte[FIRST_SIZE];
    }
  }

  /** What was written, as an array of its own. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** Forgets what was written after this size was reached. */
  void truncate(int to) {
    size = to;
  }

  void u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
  }

  void bool(boolean value) {
    u8(value ? 1 : 0);
  }

  void fixed32(int value) {
    room(4);
    INT.set(bytes, size, value);
    size += 4;
  }

  void fixed64(long value) {
    room(8);
    LONG.set(bytes, size, value);
    size += 8;
  }

  void float64(double value) {
    fixed64(Double.doubleToLongBits(value));
  }

  /** Writes over what stands there. */
  void patch32(int at, int value) {
    INT.set(bytes, at, value);
  }

  /**
   * Seven bits per byte, low ones first: short for small positive numbers, five bytes for negative
   * ones.
   */
  void varint(int value) {
    room(5);
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  void varlong(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  void blob(byte[] value) {
    varint(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  void string(String value) {
    int length = value.length();
    if (length < 0x80) {
      // Most are short and ASCII: then one byte holds the length, and each character is one.
      room(1 + length);
      int at = size;
      bytes[at++] = (byte) length;
      for (int i = 0; i < length; i++) {
        char c = value.charAt(i);
        if (c >= 0x80) {
          blob(value.getBytes(UTF_8));
          return;
        }
        bytes[at++] = (byte) c;
      }
      size = at;
    } else {
      blob(value.getBytes(UTF_8));
    }
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
    }
  }
}
