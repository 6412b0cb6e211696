package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.DoorContext;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The door as a server of HTTP: methods, paths, connections. */
class HttpDoorTest extends OpenDoor {

  @Test
  void headIsGetWithoutTheBody() {
    HttpAnswer get = it.get("/v1/openapi.json");
    HttpAnswer head = it.call("HEAD", "/v1/openapi.json", null);

    assertEquals(200, head.status());
    assertEquals(get.header("content-length"), head.header("content-length"));
    assertEquals(404, it.call("HEAD", "/v1/tasks/bZZZ", null).status());
    assertEquals(405, it.call("HEAD", "/v1/tasks", null).status());
  }

  @Test
  void optionsTellTheMethods() {
    assertEquals("POST, OPTIONS", it.call("OPTIONS", "/v1/tasks", null).header("allow"));
    assertEquals("GET, HEAD, OPTIONS", it.call("OPTIONS", "/metrics", null).header("allow"));
    try (RawHttp http = new RawHttp(it.port())) {
      assertEquals(200, it.call(http, "OPTIONS", "*", null).status());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/v1/tasks",
    "PUT,/v1/tasks",
    "DELETE,/v1/tasks/b1",
    "GET,/v1/tasks/batch",
    "POST,/metrics",
    "PATCH,/v1/nodes",
    "TRACE,/",
    "GET,/v1/tasks/b1/cancel",
    "FOO,/health/live"
  })
  void anotherMethodIs405(String method, String path) {
    HttpAnswer answer = it.call(method, path, null);

    assertEquals(405, answer.status());
    assertTrue(answer.header("allow").contains("OPTIONS"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1", "/v1/", "/v1/tasks/", "/v2/tasks", "/health", "/metrics/", "/x?y=z"})
  void anotherPathIs404(String path) {
    assertEquals(404, it.get(path).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: text/plain",
        "Content-Type: application/json; charset=utf-16",
        "Content-Type: application/json\r\nContent-Encoding: gzip"
      })
  void anEnvelopeThatIsNoJsonIs415(String header) {
    assertEquals(415, it.post("/v1/tasks", "{\"type\":\"echo\"}", header).status());
  }

  @Test
  void aConnectionIsUsedAgain() {
    try (RawHttp http = new RawHttp(it.port())) {
      for (int i = 0; i < 5; i++) {
        byte[] body = ("n" + i).getBytes(StandardCharsets.UTF_8);
        assertEquals("n" + i, it.call(http, "POST", "/v1/tasks?type=echo&wait=10s", body).text());
        assertEquals(200, it.call(http, "GET", "/health/live", null).status());
        assertEquals(422, it.call(http, "POST", "/v1/tasks?type=nobody", body).status());
      }
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    try (RawHttp http = new RawHttp(it.port())) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        String body = "p" + i;
        all.append(it.head("POST", "/v1/tasks?type=echo&wait=10s", body.length())).append(body);
      }
      http.send(all.toString());
      for (int i = 0; i < 20; i++) {
        assertEquals("p" + i, it.read(http, "POST", "/v1/tasks").text());
      }
    }
  }

  @Test
  void aConnectionEndsWhenItsClientSaysSo() {
    try (RawHttp http = new RawHttp(it.port())) {
      HttpAnswer answer = it.call(http, "GET", "/health/live", null, "Connection: close");
      assertEquals("close", answer.header("connection"));
      http.readEnd();
    }
    try (RawHttp old = new RawHttp(it.port())) {
      old.send("GET /health/live HTTP/1.0\r\n\r\n");
      assertEquals(200, it.read(old, "GET", "/health/live").status());
      old.readEnd();
    }
  }

  @Test
  void theAbsoluteFormIsTaken() {
    HttpAnswer answer = it.call("GET", "http://localhost:" + it.port() + "/health/live", null);
    assertEquals(200, answer.status());
  }

  @Test
  void aDoorWhosePortIsTakenIsElsewhereWhereAnyWillDo() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      List<String> port = List.of("http.port=" + taken.getLocalPort());
      NodeConfig config = LoadedConfig.load(null, Map.of(), port).config();
      DoorContext context = new DoorContext(it.vertx, it.dispatcher, config);
      assertThrows(IllegalStateException.class, () -> HttpDoor.open(context));
      try (HttpDoor door = HttpDoor.openSomewhere(context);
          RawHttp http = new RawHttp(door.port())) {
        assertEquals(200, it.call(http, "GET", "/health/live", null).status());
      }
    }
  }
}
