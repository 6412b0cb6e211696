package io.dispatcher.node.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** The secret that callers of a door must send. Only its hash is kept. Thread-safe. */
public final class Token {
  private static final String SCHEME = "Bearer ";

  private final byte[] hash;
  private final String key;
  private final String where;

  private Token(byte[] hash, String key, String where) {
    this.hash = hash;
    this.key = key;
    this.where = where;
  }

  /**
   * A token, or null if there is none.
   *
   * @param key of the configuration
   * @param where callers have to put it, in words
   */
  public static @Nullable Token of(@Nullable String token, String key, String where) {
    return token == null ? null : new Token(hash(token), key, where);
  }

  /**
   * Lets a caller pass who sends the token.
   *
   * @param authorization what it sent: {@code Bearer} and the token
   * @throws Refused if it did not, with 401
   */
  public void check(@Nullable String authorization) {
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw new Refused(
          unauthorized("send " + where + " Authorization: Bearer and the node's " + key));
    }
    // Hashes have one length, so that the time tells nothing about the token's.
    byte[] sent = hash(authorization.substring(SCHEME.length()).strip());
    if (!MessageDigest.isEqual(hash, sent)) {
      throw new Refused(unauthorized("the token is not the node's " + key));
    }
  }

  private static Problem unauthorized(String detail) {
    return Problem.of(401, "unauthorized", "Not known who asks", detail);
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
