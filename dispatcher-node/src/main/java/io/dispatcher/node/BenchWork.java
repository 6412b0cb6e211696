package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The work of one bench task: a checksum of the payload, spread over a result of the wished length
 * whose first byte names the node that ran it. Thread-safe.
 */
final class BenchWork {
  static final int MIN_PAYLOAD = 8;
  static final int MIN_RESULT = 9;

  private final byte[] filler;
  private final int resultBytes;

  BenchWork(int payloadBytes, int resultBytes) {
    this.resultBytes = resultBytes;
    filler =
        "dispatcher ".repeat(payloadBytes / 11 + 1).substring(0, payloadBytes).getBytes(US_ASCII);
  }

  /** A payload that differs from those of other numbers. */
  byte[] payload(long number) {
    byte[] payload = filler.clone();
    ByteBuffer.wrap(payload).putLong(0, number);
    return payload;
  }

  byte[] run(byte[] payload, int node) {
    CRC32 checksum = new CRC32();
    checksum.update(payload);
    long state = checksum.getValue();
    byte[] result = new byte[resultBytes];
    ByteBuffer buffer = ByteBuffer.wrap(result);
    while (buffer.remaining() >= Long.BYTES) {
      state = state * 0x5851f42d4c957f2dL + 0x14057b7ef767814fL;
      buffer.putLong(state);
    }
    result[0] = (byte) node;
    return result;
  }

  /** The node that ran the task; -1 if the result is not that of the payload. */
  int nodeIfRight(byte[] payload, byte[] result) {
    if (result.length == 0) {
      return -1;
    }
    int node = result[0];
    return Arrays.equals(result, run(payload, node)) ? node : -1;
  }
}
