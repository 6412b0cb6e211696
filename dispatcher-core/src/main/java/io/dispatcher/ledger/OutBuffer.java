package io.dispatcher.ledger;

import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Collects the bytes of one piece, so that the stream below sees one write of the right size:
 * growing by doubling, byte by byte, was a third of all allocation at full load. One per thread,
 * kept while it is small. Confined to its thread.
 */
final class OutBuffer {

  private static final int KEPT = 1024 * 1024;
  private static final ThreadLocal<OutBuffer> OF_THREAD = ThreadLocal.withInitial(OutBuffer::new);

  private byte[] bytes = new byte[8 * 1024];
  private int size;

  private OutBuffer() {}

  /** This thread's buffer, empty. */
  static OutBuffer ofThread() {
    OutBuffer buffer = OF_THREAD.get();
    buffer.size = 0;
    if (buffer.bytes.length > KEPT) {
      buffer.bytes = new byte[8 * 1024];
    }
    return buffer;
  }

  void drainTo(DataOutput to) throws IOException {
    to.write(bytes, 0, size);
    size = 0;
  }

  private int room(int count) {
    int at = size;
    if (bytes.length - at < count) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, at + count));
    }
    size = at + count;
    return at;
  }

  void writeByte(int value) {
    int at = room(1);
    bytes[at] = (byte) value;
  }

  void writeBoolean(boolean value) {
    writeByte(value ? 1 : 0);
  }

  void writeShort(int value) {
    int at = room(2);
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  void writeLong(long value) {
    int at = room(8);
    for (int i = 7; i >= 0; i--) {
      bytes[at + 7 - i] = (byte) (value >>> (8 * i));
    }
  }

  void writeDouble(double value) {
    writeLong(Double.doubleToLongBits(value));
  }

  void write(byte[] from, int start, int count) {
    int at = room(count);
    System.arraycopy(from, start, bytes, at, count);
  }
}
