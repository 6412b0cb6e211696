package io.dispatcher.vertx;

import static java.util.Objects.requireNonNull;

import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;

/**
 * Mutual TLS for the links between nodes: each side shows a certificate that one of the trusted
 * ones signed, or that is itself trusted. Host names are not compared: whoever the trusted
 * authority signed belongs to the cluster, so give it an authority of its own. Hazelcast's own
 * traffic is not covered.
 *
 * @param key PEM file with the private key of this node, PKCS #8
 * @param certificate PEM file with the certificate of this node and those between it and the
 *     trusted one
 * @param trust PEM file with the trusted certificates
 */
public record LinkTls(Path key, Path certificate, Path trust) {
  public LinkTls {
    requireNonNull(key, "key");
    requireNonNull(certificate, "certificate");
    requireNonNull(trust, "trust");
  }

  /** What this node shows. */
  PemKeyCertOptions own() {
    return new PemKeyCertOptions().setKeyPath(key.toString()).setCertPath(certificate.toString());
  }

  /** Whom it believes. */
  PemTrustOptions trusted() {
    return new PemTrustOptions().addCertPath(trust.toString());
  }
}
