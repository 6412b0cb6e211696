package io.dispatcher.node.http;

import io.dispatcher.node.config.HttpConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What the server is told: HTTP/1.1 and nothing else, and its first bounds. */
final class ServerOptions {
  private static final int MAX_LINE = 8 << 10;
  private static final int CHUNK = 64 << 10;
  private static final int BACKLOG = 1024;

  private ServerOptions() {}

  static HttpServerOptions of(HttpConfig config) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setAcceptBacklog(BACKLOG)
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(false)
            .setCompressionSupported(false)
            .setDecompressionSupported(false)
            .setHandle100ContinueAutomatically(false)
            .setMaxInitialLineLength(Math.min(MAX_LINE, config.limits().headers()))
            .setMaxHeaderSize(config.limits().headers())
            .setMaxChunkSize(CHUNK);
    HttpConfig.Tls tls = config.tls();
    if (tls != null) {
      options
          .setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .addKeyPath(tls.key().toString())
                  .addCertPath(tls.certificate().toString()))
          .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
          .setSslHandshakeTimeout(config.limits().request().toMillis());
    }
    return options;
  }
}
