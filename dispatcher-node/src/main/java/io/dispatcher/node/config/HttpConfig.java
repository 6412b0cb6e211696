package io.dispatcher.node.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Section {@code http}: the HTTP door.
 *
 * @param bind host name or address to listen on
 * @param port to listen on; 0 = any that is free
 * @param token what callers must send as {@code Authorization: Bearer}; null: nothing, which only a
 *     loopback address may
 * @param tls certificate to serve; null: plain text
 * @param limits bounds of connections and requests
 */
public record HttpConfig(
    String bind, int port, @Nullable String token, @Nullable Tls tls, Bounds limits) {

  /** Without the token, which must not come into a log. */
  @Override
  public String toString() {
    return "HttpConfig[bind=%s, port=%d, token=%s, tls=%s, limits=%s]"
        .formatted(bind, port, token == null ? "none" : "(hidden)", tls, limits);
  }

  /**
   * PEM files of the server.
   *
   * @param key private key, PKCS #8
   * @param certificate certificate chain
   */
  public record Tls(Path key, Path certificate) {}

  /**
   * Section {@code http.limits}. The payload of one task is bounded by {@link
   * LimitsConfig#payload()}.
   *
   * @param body longest body of a request, in bytes; a batch may be as long
   * @param headers longest head of a request, in bytes
   * @param batch most tasks in one batch
   * @param connections most open connections
   * @param idle after this long without traffic a connection that waits for no answer is closed
   * @param request a request must have arrived whole within this time
   * @param longestWait longest {@code wait} of one call
   */
  public record Bounds(
      int body,
      int headers,
      int batch,
      int connections,
      Duration idle,
      Duration request,
      Duration longestWait) {}
}
