package io.dispatcher.node.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.client.HttpTaskClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which cluster a command talks to, and how it answers the user. */
final class Target {
  private static final JsonMapper MAPPER = new JsonMapper();

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      split = ",",
      defaultValue = "${env:DISPATCHER_URL:-http://127.0.0.1:8080}",
      description =
          "addresses of nodes, tried in turn; else DISPATCHER_URL, else http://127.0.0.1:8080."
              + " A token is taken from DISPATCHER_TOKEN")
  private List<String> urls = List.of();

  @Option(
      names = "--trust",
      paramLabel = "PEM",
      description = "certificates to trust for https; else those of this Java")
  private @Nullable Path trust;

  @Option(names = "--json", description = "JSON on stdout and nothing else")
  private boolean json;

  boolean json() {
    return json;
  }

  /** A client that repeats calls for so long before it gives up. */
  HttpTaskClient client(Duration patience) {
    try {
      HttpTaskClient.Builder builder =
          HttpTaskClient.builder(urls.toArray(String[]::new)).token(token()).patience(patience);
      if (trust != null) {
        builder.tls(tls(trust));
      }
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw usage("--url: " + e.getMessage());
    }
  }

  /** For questions about the cluster itself. */
  Api api() {
    return new Api(client(Duration.ZERO));
  }

  private @Nullable String token() {
    String token = System.getenv("DISPATCHER_TOKEN");
    return token == null || token.isEmpty() ? null : token;
  }

  private SSLContext tls(Path pem) {
    try (InputStream in = Files.newInputStream(pem)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("trusted-" + number++, each);
      }
      if (number == 0) {
        throw usage("--trust is " + pem + ", which has no certificate in it");
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw usage("--trust is " + pem + ", which is no PEM file with certificates: " + e);
    }
  }

  ParameterException usage(String message) {
    if (spec == null) {
      throw new IllegalStateException("not part of a command");
    }
    return new ParameterException(spec.commandLine(), message);
  }

  /** One JSON value on a line of stdout. */
  static void print(JsonNode value) {
    try {
      Screen.line(System.out, MAPPER.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
