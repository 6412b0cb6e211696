package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Limits;
import io.dispatcher.node.config.HttpConfig;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Slow, many, greedy and late callers, and a door that is about to close. */
class DoorLimitsTest {
  /** What is to arrive in time does so on a busy machine too. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** Where nothing arrives in time. */
  private static final Duration SHORTEST = Duration.ofMillis(300);

  private static final Duration LONG = Duration.ofSeconds(60);

  private DoorFixture it;

  @AfterEach
  void close() {
    it.close();
  }

  private void open(Duration idle, Duration request, int connections) {
    open(idle, request, connections, limits -> limits, 64 << 20);
  }

  private void open(
      Duration idle,
      Duration request,
      int connections,
      UnaryOperator<Limits> limits,
      long maxBodies) {
    HttpConfig.Bounds bounds =
        new HttpConfig.Bounds(256 << 10, 8 << 10, 100, connections, idle, request, LONG);
    it = new DoorFixture(new HttpConfig("127.0.0.1", 0, null, null, bounds), limits, maxBodies);
  }

  // ---------------------------------------------------------------- slow

  @Test
  void aHeadThatDoesNotArriveEndsItsConnection() {
    open(LONG, SHORTEST, 100);
    try (RawHttp http = new RawHttp(it.port())) {
      http.send("GET /health/live HTTP/1.1\r\nHost: local").readEnd();
    }
    try (RawHttp silent = new RawHttp(it.port())) {
      silent.readEnd();
    }
  }

  @Test
  void bytesThatTrickleInDoNotKeepAConnection() {
    open(SHORT, SHORT, 100);
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (RawHttp first = new RawHttp(it.port());
        RawHttp second = new RawHttp(it.port())) {
      first.send("GET / HTTP/1.1\r\nX: ");
      assertEquals(200, it.call(second, "GET", "/health/live", null).status());
      second.send("GET / HTTP/1.1\r\nX: ");
      ScheduledFuture<?> trickle =
          clock.scheduleAtFixedRate(
              () -> {
                first.send("x");
                second.send("x");
              },
              0,
              10,
              TimeUnit.MILLISECONDS);
      first.readEnd();
      second.readEnd();
      trickle.cancel(false);
    } finally {
      clock.shutdownNow();
    }
  }

  @Test
  void aBodyThatDoesNotArriveIs408() {
    open(LONG, SHORT, 100);
    String head = "POST /v1/tasks?type=echo HTTP/1.1\r\nHost: localhost\r\n";
    try (RawHttp sized = new RawHttp(it.port());
        RawHttp chunked = new RawHttp(it.port())) {
      sized.send(head + "Content-Length: 10\r\n\r\nhello");
      chunked.send(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe");
      for (RawHttp http : List.of(sized, chunked)) {
        HttpAnswer answer = it.read(http, "POST", "/v1/tasks");
        assertEquals(408, answer.status());
        assertEquals("close", answer.header("connection"));
        http.endOfInput().readEnd();
      }
    }
  }

  @Test
  void aRestThatDoesNotArriveEndsItsConnection() {
    open(LONG, SHORT, 100);
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(it.head("POST", "/v1/tasks?retries=x&type=echo", 10) + "hello");
      assertEquals(422, it.read(http, "POST", "/v1/tasks").status());
      http.readEnd();
    }
  }

  @Test
  void anIdleConnectionIsEnded() {
    open(SHORT, LONG, 100);
    try (RawHttp http = new RawHttp(it.port())) {
      assertEquals(200, it.call(http, "GET", "/health/live", null).status());
      http.readEnd();
    }
  }

  @Test
  void aWaitIsNotIdle() {
    open(SHORT, SHORT, 100);
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(it.head("POST", "/v1/tasks?type=held&wait=3s", 4) + "wait");
      assertEquals(202, it.read(http, "POST", "/v1/tasks").status());
    }
  }

  // ---------------------------------------------------------------- many and greedy

  @Test
  void aConnectionTooManyIsEnded() {
    open(LONG, LONG, 3);
    List<RawHttp> open = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        RawHttp http = new RawHttp(it.port());
        open.add(http);
        assertEquals(200, it.call(http, "GET", "/health/live", null).status());
      }
      try (RawHttp further = new RawHttp(it.port())) {
        further.readEnd();
      }
      open.remove(0).close();
      Awaitility.await()
          .until(
              () -> {
                try (RawHttp next = new RawHttp(it.port())) {
                  next.send(it.head("GET", "/health/live", -1));
                  return !next.isEnd();
                }
              });
    } finally {
      open.forEach(RawHttp::close);
    }
  }

  @Test
  void slowCallersDoNotHarmOthers() {
    open(LONG, LONG, 2000);
    List<RawHttp> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 500; i++) {
        RawHttp http = new RawHttp(it.port());
        slow.add(http);
        http.send(
            i % 2 == 0
                ? "GET / HTTP/1.1\r\nX: "
                : "POST /v1/tasks?type=echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n");
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(200, it.post("/v1/tasks?type=echo&wait=10s", "x").status());
      }
    } finally {
      slow.forEach(RawHttp::close);
    }
  }

  @Test
  void whoDoesNotReadGetsNothingMoreMade() throws Exception {
    open(Duration.ofSeconds(2), LONG, 100);
    byte[] large = new byte[DoorFixture.MAX_PAYLOAD];
    String id = it.call("POST", "/v1/tasks?type=echo&wait=10s", large).header("task-id");
    String get = it.head("GET", "/v1/tasks/" + id + "/result", -1);
    int asked = 3000;
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(16 << 10);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), it.port()));
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> {
                RawHttp greedy = new RawHttp(socket);
                for (int i = 0; i < asked; i++) {
                  greedy.send(get);
                }
              });
      // The connection ends because its answers are not taken, not because they are all made.
      Awaitility.await().until(() -> connections() <= 1);
      assertTrue(results() < asked / 3.0, () -> results() + " answers were made");
      socket.close();
      sent.get(20, TimeUnit.SECONDS);
    }
    assertEquals(200, it.get("/health/live").status());
  }

  private double results() {
    return figure(
        "dispatcher_http_requests_seconds_count\\{route=\"/v1/tasks/\\{id}/result\",status=\"200\"}");
  }

  /** With the one that asks. */
  private double connections() {
    return figure("dispatcher_http_connections");
  }

  private double figure(String name) {
    Matcher line =
        Pattern.compile("^" + name + " (.*)$", Pattern.MULTILINE)
            .matcher(it.get("/metrics").text());
    return line.find() ? Double.parseDouble(line.group(1)) : 0;
  }

  @Test
  void bodiesUnderWayAreBounded() {
    open(LONG, LONG, 100, limits -> limits, 100_000);
    String head = it.head("POST", "/v1/tasks?type=echo&wait=10s", 60_000);
    try (RawHttp first = new RawHttp(it.port())) {
      first.send(head + "x");
      Awaitility.await().until(() -> figure("dispatcher_http_bodies_bytes") == 60_000);
      HttpAnswer refused = it.call("POST", "/v1/tasks?type=echo", new byte[60_000]);
      assertEquals(429, refused.status());
      assertEquals("overloaded", refused.code());
      first.send("x".repeat(59_999));
      assertEquals(200, it.read(first, "POST", "/v1/tasks").status());
    }
    Awaitility.await().until(() -> figure("dispatcher_http_bodies_bytes") == 0);
    assertEquals(202, it.call("POST", "/v1/tasks?type=echo", new byte[60_000]).status());
    try (RawHttp leaves = new RawHttp(it.port())) {
      leaves.send(head + "x");
      Awaitility.await().until(() -> figure("dispatcher_http_bodies_bytes") == 60_000);
    }
    Awaitility.await().until(() -> figure("dispatcher_http_bodies_bytes") == 0);
  }

  @Test
  void withoutRoomATaskIs429WithATimeToComeBack() {
    open(LONG, LONG, 100, limits -> limits.unfinished(2), 64 << 20);
    for (String name : List.of("a", "b")) {
      assertEquals(202, it.post("/v1/tasks?type=held", name).status());
    }
    HttpAnswer refused = it.post("/v1/tasks?type=held", "c");
    assertEquals(429, refused.status());
    assertTrue(refused.json().get("retryable").asBoolean());
    assertEquals(refused.header("retry-after"), refused.json().get("retryAfter").asText());

    HttpAnswer batch = it.postJson("/v1/tasks/batch", "[{\"type\":\"held\"}]");
    assertEquals(429, batch.json().at("/tasks/0/status").asInt());

    try (RawHttp patient = new RawHttp(it.port())) {
      patient.send(it.head("POST", "/v1/tasks?type=echo&admission=10s", 1) + "d");
      it.letGo("a");
      assertEquals(202, it.read(patient, "POST", "/v1/tasks").status());
    }
    it.letGo("b");
  }

  @Test
  void anOutcomeIsForgottenAfterItsRetention() {
    open(LONG, LONG, 100);
    HttpAnswer answer = it.post("/v1/tasks?type=echo&retention=0&wait=10s", "gone");
    String path = "/v1/tasks/" + answer.header("task-id");

    Set<Integer> gone = Set.of(404, 410);
    Awaitility.await().until(() -> gone.contains(it.get(path).status()));
    assertTrue(gone.contains(it.get(path + "/result").status()));
    assertTrue(gone.contains(it.post(path + "/cancel", "").status()));
  }

  // ---------------------------------------------------------------- closing

  @Test
  void aDoorThatTakesNothingInStillAnswers() {
    open(LONG, LONG, 100);
    HttpAnswer before = it.post("/v1/tasks?type=echo&wait=10s", "kept");
    try (RawHttp waiting = new RawHttp(it.port())) {
      waiting.send(it.head("POST", "/v1/tasks?type=held&wait=30s&idempotencyKey=w", 1) + "w");
      Awaitility.await().until(() -> it.dispatcher.stats().unfinished() == 1);

      it.door.stopIntake();

      for (String target : List.of("/v1/tasks?type=echo", "/v1/tasks", "/v1/tasks/batch")) {
        HttpAnswer refused = it.postJson(target, "[]");
        assertEquals(503, refused.status());
        assertEquals("closed", refused.code());
        assertEquals("close", refused.header("connection"));
        assertNotNull(refused.header("retry-after"));
      }
      assertEquals(503, it.get("/health/ready").status());
      assertEquals(200, it.get("/health/live").status());
      String id = before.header("task-id");
      assertEquals("kept", it.get("/v1/tasks/" + id + "/result").text());
      it.letGo("w");
      assertEquals("done w", it.read(waiting, "POST", "/v1/tasks").text());
    }
  }

  @Test
  void whoWaitsWhileTheNodeEndsGetsTheId() {
    open(LONG, LONG, 100);
    try (RawHttp waiting = new RawHttp(it.port())) {
      waiting.send(it.head("POST", "/v1/tasks?type=held&wait=30s", 1) + "x");
      Awaitility.await().until(() -> it.dispatcher.stats().held() == 1);
      it.door.stopIntake();
      it.dispatcher.close(Duration.ZERO);
      HttpAnswer answer = it.read(waiting, "POST", "/v1/tasks");
      assertEquals(202, answer.status(), answer::toString);
      assertFalse(answer.id().isEmpty());
    }
    HttpAnswer late = it.get("/v1/tasks/bZZZ");
    assertEquals(503, late.status());
    assertEquals(503, it.get("/v1/stats").status());
  }

  @Test
  void aClosedDoorLetsNobodyIn() {
    open(LONG, LONG, 100);
    try (RawHttp open = new RawHttp(it.port())) {
      assertEquals(200, it.call(open, "GET", "/health/live", null).status());
      it.door.close();
      open.readEnd();
    }
    it.door.close();
    byte[] body = "x".getBytes(StandardCharsets.UTF_8);
    // Refused, or reset where the port has become that of somebody else: no answer either way.
    assertThrows(UncheckedIOException.class, () -> it.call("POST", "/v1/tasks?type=echo", body));
    assertEquals(0, it.runs.get());
    assertEquals(0, it.dispatcher.stats().accepted());
  }
}
