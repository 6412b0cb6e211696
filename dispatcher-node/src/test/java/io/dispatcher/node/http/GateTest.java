package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.config.HttpConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in: with a token, without one, and over TLS. */
class GateTest {
  private static final String TOKEN = "s3cret-token-of-this-test";

  private static HttpConfig config(String bind, String token) {
    return new HttpConfig(bind, 0, token, null, DoorFixture.BOUNDS);
  }

  @Test
  void withATokenNobodyElseGetsIn() {
    try (DoorFixture it = new DoorFixture(config("127.0.0.1", TOKEN))) {
      for (String target :
          List.of("/v1/stats", "/v1/nodes", "/v1/types", "/metrics", "/v1/tasks/a", "/nothing")) {
        HttpAnswer answer = it.get(target);
        assertEquals(401, answer.status());
        assertEquals("unauthorized", answer.code());
        assertEquals("Bearer realm=\"dispatcher\"", answer.header("www-authenticate"));
      }
      for (String wrong :
          List.of(
              "Bearer " + TOKEN + "x",
              "Bearer " + TOKEN.substring(1),
              "Bearer",
              "Bearer ",
              "Basic " + TOKEN,
              TOKEN,
              "Bearer " + TOKEN.toUpperCase(java.util.Locale.ROOT))) {
        assertEquals(401, it.get("/v1/stats", "Authorization: " + wrong).status(), wrong);
        assertEquals(
            401, it.post("/v1/tasks?type=echo", "x", "Authorization: " + wrong).status(), wrong);
      }
      assertEquals(0, it.dispatcher.stats().submitted());
    }
  }

  @Test
  void withTheTokenAnyHostAndOriginWillDo() {
    try (DoorFixture it = new DoorFixture(config("127.0.0.1", TOKEN))) {
      String[] headers = {
        "Authorization: bearer " + TOKEN,
        "Host: jobs.example:8080",
        "Origin: https://dash.example",
        "Sec-Fetch-Site: cross-site"
      };
      assertEquals(200, it.get("/v1/stats", headers).status());
      assertEquals(200, it.post("/v1/tasks?type=echo&wait=10s", "x", headers).status());
    }
  }

  @Test
  void healthAndTheDescriptionNeedNoToken() {
    try (DoorFixture it = new DoorFixture(config("127.0.0.1", TOKEN))) {
      assertEquals(200, it.get("/health/live", "Host: 10.1.2.3").status());
      assertEquals(200, it.get("/health/ready").status());
      assertEquals(200, it.get("/v1/openapi.json").status());
      assertEquals(200, it.get("/page/door-test.html").status());
    }
  }

  @Test
  void withoutATokenLoopbackNamesAreTheHost() {
    try (DoorFixture it = new DoorFixture()) {
      for (String host :
          List.of(
              "localhost",
              "LOCALHOST:80",
              "127.0.0.1",
              "127.8.9.10:1",
              "[::1]:8080",
              "a.localhost")) {
        assertEquals(200, it.get("/v1/nodes", "Host: " + host).status(), host);
      }
      String own = "localhost:" + it.port();
      assertEquals(
          200,
          it.post(
                  "/v1/tasks?type=echo&wait=10s",
                  "x",
                  "Host: " + own,
                  "Origin: http://" + own,
                  "Sec-Fetch-Site: same-origin")
              .status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
  void anotherAddressNeedsAToken(String bind) {
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> Gate.check(config(bind, null)));

    assertTrue(refused.getMessage().contains("http.bind is " + bind), refused.getMessage());
    assertTrue(refused.getMessage().contains("set http.token, or bind to 127.0.0.1"));
    Gate.check(config(bind, TOKEN));
  }

  @Test
  void aTokenThatCannotBeSentIsRefused() {
    for (String token : List.of("", "two words", "t\u00f6ken")) {
      assertThrows(IllegalStateException.class, () -> Gate.check(config("127.0.0.1", token)));
    }
    assertFalse(config("127.0.0.1", TOKEN).toString().contains(TOKEN));
  }

  @Test
  void anAddressOfNobodyIsRefused() {
    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class, () -> Gate.check(config("no.such.host.invalid", null)));
    assertTrue(refused.getMessage().startsWith("http.bind is no.such.host.invalid"));
  }

  @Test
  void aPortThatIsTakenIsTold() {
    try (DoorFixture it = new DoorFixture()) {
      HttpConfig taken = new HttpConfig("127.0.0.1", it.port(), null, null, DoorFixture.BOUNDS);
      io.vertx.core.Vertx other = io.vertx.core.Vertx.vertx();
      try {
        IllegalStateException refused =
            assertThrows(
                IllegalStateException.class,
                () -> HttpDoor.open(other, it.dispatcher, taken, DoorFixture.MAX_PAYLOAD));
        assertTrue(refused.getMessage().contains("http.port " + it.port()), refused.getMessage());
      } finally {
        other.close().toCompletionStage().toCompletableFuture().join();
      }
    }
  }

  @Test
  void overTlsItIsTheSame(@TempDir Path dir) throws Exception {
    KeyStore keys = selfSigned(dir);
    HttpConfig.Tls tls = pems(dir, keys);
    HttpConfig config = new HttpConfig("127.0.0.1", 0, TOKEN, tls, DoorFixture.BOUNDS);
    try (DoorFixture it = new DoorFixture(config)) {
      assertTrue(it.door.address().startsWith("https://127.0.0.1:"));
      SSLContext trusting = trusting(keys.getCertificate("x"));
      try (RawHttp http =
          new RawHttp(
              trusting
                  .getSocketFactory()
                  .createSocket(InetAddress.getLoopbackAddress(), it.port()))) {
        byte[] body = {1, 2, 3};
        HttpAnswer answer =
            it.call(
                http,
                "POST",
                "/v1/tasks?type=echo&wait=10s",
                body,
                "Authorization: Bearer " + TOKEN);
        assertEquals(200, answer.status());
        assertEquals(3, answer.body().length);
      }
      try (RawHttp plain = new RawHttp(it.port())) {
        plain.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        plain.endOfInput();
        // An alert of TLS, if anything: never an answer.
        assertThrows(Throwable.class, plain::read);
      }
    }
  }

  @Test
  void aCertificateThatIsNotThereIsTold(@TempDir Path dir) {
    HttpConfig.Tls tls = new HttpConfig.Tls(dir.resolve("no.key"), dir.resolve("no.crt"));
    HttpConfig config = new HttpConfig("127.0.0.1", 0, TOKEN, tls, DoorFixture.BOUNDS);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> new DoorFixture(config));
    assertTrue(refused.getMessage().contains("check http.tls"), refused.getMessage());
  }

  private static KeyStore selfSigned(Path dir) throws Exception {
    Path store = dir.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "x",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(
            keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertEquals(0, keytool.waitFor(), output);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    return keys;
  }

  private static HttpConfig.Tls pems(Path dir, KeyStore keys) throws Exception {
    byte[] key = keys.getKey("x", "changeit".toCharArray()).getEncoded();
    return new HttpConfig.Tls(
        pem(dir.resolve("x.key"), "PRIVATE KEY", key),
        pem(dir.resolve("x.crt"), "CERTIFICATE", keys.getCertificate("x").getEncoded()));
  }

  private static Path pem(Path file, String what, byte[] bytes) throws IOException {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return Files.writeString(
        file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
  }

  private static SSLContext trusting(Certificate certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("x", certificate);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
