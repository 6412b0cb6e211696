package io.dispatcher;

import io.dispatcher.ledger.BlockId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What an idempotency key stands for, the same on every front. Any thread. */
final class IdempotencyKeys {

  private static final int HASH_BYTES = 16;

  private IdempotencyKeys() {}

  /** The block that it names. */
  static BlockId block(long realm, String idempotencyKey) {
    ByteBuffer hash =
        ByteBuffer.wrap(sha256().digest(idempotencyKey.getBytes(StandardCharsets.UTF_8)));
    return BlockId.issued(realm, hash.getShort() & 0xffff, hash.getLong(), hash.getLong());
  }

  /** Tells a repeat from another task with the same key. */
  static String contentHash(Submission submission) {
    MessageDigest digest = sha256();
    digest.update(submission.type().getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    digest.update(submission.payload());
    return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
