package io.dispatcher.balance;

import static java.lang.Long.rotateLeft;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64 as its specification has it: a fast 64-bit hash that other languages have too, so that
 * anyone can compute where a key goes. Not for secrets.
 *
 * @see <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">xxHash
 *     specification</a>
 */
final class XxHash64 {

  private static final long P1 = 0x9E3779B185EBCA87L;
  static final long P2 = 0xC2B2AE3D27D4EB4FL;
  static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;

  private static final VarHandle LONG = littleEndian(long[].class);
  private static final VarHandle INT = littleEndian(int[].class);

  private XxHash64() {}

  static long hash(byte[] data, long seed) {
    int at = 0;
    long hash;
    if (data.length >= 32) {
      long a = seed + P1 + P2;
      long b = seed + P2;
      long c = seed;
      long d = seed - P1;
      for (; at <= data.length - 32; at += 32) {
        a = round(a, (long) LONG.get(data, at));
        b = round(b, (long) LONG.get(data, at + 8));
        c = round(c, (long) LONG.get(data, at + 16));
        d = round(d, (long) LONG.get(data, at + 24));
      }
      hash = rotateLeft(a, 1) + rotateLeft(b, 7) + rotateLeft(c, 12) + rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + P5;
    }
    hash += data.length;
    for (; at <= data.length - 8; at += 8) {
      hash = rotateLeft(hash ^ round(0, (long) LONG.get(data, at)), 27) * P1 + P4;
    }
    if (at <= data.length - 4) {
      hash = rotateLeft(hash ^ Integer.toUnsignedLong((int) INT.get(data, at)) * P1, 23) * P2 + P3;
      at += 4;
    }
    for (; at < data.length; at++) {
      hash = rotateLeft(hash ^ Byte.toUnsignedLong(data[at]) * P5, 11) * P1;
    }
    return mix(hash);
  }

  /**
   * The last step of XXH64: every bit of the input changes each bit of the result half the time.
   */
  static long mix(long hash) {
    hash = (hash ^ hash >>> 33) * P2;
    hash = (hash ^ hash >>> 29) * P3;
    return hash ^ hash >>> 32;
  }

  private static long round(long sum, long lane) {
    return rotateLeft(sum + lane * P2, 31) * P1;
  }

  private static long merge(long hash, long sum) {
    return (hash ^ round(0, sum)) * P1 + P4;
  }

  private static VarHandle littleEndian(Class<?> view) {
    return MethodHandles.byteArrayViewVarHandle(view, ByteOrder.LITTLE_ENDIAN);
  }
}
