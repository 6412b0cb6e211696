package io.dispatcher.ledger;

import io.dispatcher.task.TaskId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The name of a block. Two forms exist: drawn at random by the front that records the block, or
 * derived from an idempotency key, so that every front that is given the same key names the same
 * block. Either way part of it is a check value made with the {@linkplain Ledger#realm() realm} of
 * the ledger that gave it out.
 *
 * @param shard decides the partition, 0 to 65535
 * @param high first half of the name
 * @param low second half of the name
 */
public record BlockId(int shard, long high, long low) implements LedgerKey, Comparable<BlockId> {

  private static final byte BLOCK_FORM = 'b';

  /** The letter, 152 bits of six to a character, and four to spare. */
  private static final int CHARS = 27;

  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
          .getBytes(StandardCharsets.ISO_8859_1);

  public BlockId {
    if (shard < 0 || shard > 0xffff) {
      throw new IllegalArgumentException("shard " + shard + " is not within 0..65535");
    }
  }

  /**
   * A new name that carries the mark of its ledger, so that later, when the block is long gone, its
   * name still tells that it was given out there.
   *
   * @param realm of the ledger that gives it out
   * @param random of this its lower half becomes part of the name
   */
  public static BlockId issued(long realm, int shard, long random, long low) {
    long upper = random << 32;
    return new BlockId(shard, upper | mark(realm, shard, upper, low), low);
  }

  /** Whether it was given out by the ledger of this realm; wrong for one made-up name in 2³². */
  public boolean isOf(long realm) {
    long upper = high & 0xffff_ffff_0000_0000L;
    return (high & 0xffff_ffffL) == mark(realm, shard, upper, low);
  }

  private static long mark(long realm, int shard, long upper, long low) {
    return mixed(mixed(mixed(realm ^ shard) ^ upper) ^ low) >>> 32;
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long mixed = value + 0x9e37_79b9_7f4a_7c15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return mixed ^ (mixed >>> 31);
  }

  /** The public id of the task at this index (0 to 255) of the block: 27 characters. */
  public TaskId task(int index) {
    byte[] text = new byte[CHARS];
    text[0] = BLOCK_FORM;
    // 18 bytes and then the index, as in base64url; the last character has four bits to spare.
    encode(text, 1, (long) shard << 32 | high >>> 32);
    encode(text, 9, (high & 0xffff_ffffL) << 16 | low >>> 48);
    encode(text, 17, low);
    text[25] = ALPHABET[index >>> 2 & 63];
    text[26] = ALPHABET[index << 4 & 63];
    return TaskId.of(new String(text, StandardCharsets.ISO_8859_1));
  }

  /** The name of the dead letter of a task of this block, on the same partition. */
  BlockId letter(int index, long nonce) {
    return new BlockId(shard, mix(high ^ nonce), mix(low + index + 1));
  }

  /** Spreads what differs in a bit over all of them, so that no name meets another. */
  private static long mix(long bits) {
    long z = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** The lower 48 bits as eight characters. */
  private static void encode(byte[] text, int from, long bits) {
    for (int i = 0; i < 8; i++) {
      text[from + i] = ALPHABET[(int) (bits >>> (42 - 6 * i)) & 63];
    }
  }

  @Override
  public int compareTo(BlockId other) {
    int byShard = Integer.compare(shard, other.shard);
    int byHigh = byShard != 0 ? byShard : Long.compare(high, other.high);
    return byHigh != 0 ? byHigh : Long.compare(low, other.low);
  }

  // Written out: a record's own goes through method handles, which take long to warm up, and this
  // is asked for every task.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BlockId that
        && low == that.low
        && high == that.high
        && shard == that.shard;
  }

  @Override
  public int hashCode() {
    return (int) (low ^ (low >>> 32) ^ high) * 31 + shard;
  }

  @Override
  public String toString() {
    return Integer.toHexString(shard) + "-" + Long.toHexString(high) + "-" + Long.toHexString(low);
  }
}
