package io.dispatcher.client;

import static io.dispatcher.task.Codec.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests it sends, and which node it sends them to. */
class HttpTaskClientTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());
  private static final TaskId ID = TaskId.of("a1");

  private final List<FakeNode> nodes = new ArrayList<>();

  @AfterEach
  void stop() {
    nodes.forEach(FakeNode::stop);
  }

  @Test
  void a_task_is_a_request_with_its_options_in_the_query() throws Exception {
    FakeNode node = node(202, "{\"id\":\"a1\"}");
    try (HttpTaskClient client = HttpTaskClient.builder(node.url()).token("s3cret").build()) {
      Task<String, String> task =
          SHOUT
              .task("grüße")
              .key("user 4&2")
              .idempotencyKey("my \"key\"\\")
              .retries(7)
              .backoff(new Backoff(Duration.ofMillis(10), 2.5, Duration.ofSeconds(3), 0.1))
              .timeLimit(Duration.ofSeconds(90))
              .deadline(Duration.ofNanos(1_500_000))
              .notBefore(Instant.parse("2026-01-31T08:00:00Z"))
              .priority(2)
              .retention(Duration.ZERO)
              .admission(Duration.ofSeconds(1));

      assertEquals(ID, get(client.submit(task).accepted()));
    }
    Seen seen = node.next();
    assertEquals("POST", seen.method());
    assertEquals(
        "/v1/tasks?type=shout&key=user 4&2&retries=7&backoff=10ms,2.5,3000ms,0.1&timeLimit=90000ms"
            + "&deadline=2ms&notBefore=2026-01-31T08:00:00Z&priority=2&retention=0ms"
            + "&admission=1000ms",
        seen.path());
    assertEquals("grüße", seen.body());
    assertEquals("\"my \\\"key\\\"\\\\\"", seen.headers().get("idempotency-key"));
    assertEquals("Bearer s3cret", seen.headers().get("authorization"));
  }

  @Test
  void a_key_that_fits_no_header_goes_into_the_query() throws Exception {
    FakeNode node = node(202, "{\"id\":\"a1\"}");
    try (HttpTaskClient client = HttpTaskClient.to(node.url())) {
      get(client.submit(SHOUT.task("a").idempotencyKey("grün")).accepted());
    }
    Seen seen = node.next();
    assertEquals("/v1/tasks?type=shout&idempotencyKey=grün", seen.path());
    assertEquals(null, seen.headers().get("idempotency-key"));
  }

  @Test
  void several_tasks_are_one_request_with_one_key() throws Exception {
    FakeNode node = node(202, "{\"tasks\":[{\"id\":\"a1\"},{\"id\":\"a2\"}]}");
    try (HttpTaskClient client = HttpTaskClient.to(node.url() + "/")) {
      List<TaskHandle<String>> handles =
          client.submitAll(
              List.of(SHOUT.task("a"), SHOUT.task("b").retries(1).idempotencyKey("\"k\\\n")));
      assertEquals("a2", get(handles.get(1).accepted()).text());
    }
    Seen seen = node.next();
    assertEquals("/v1/tasks/batch", seen.path());
    assertEquals(
        "[{\"type\":\"shout\",\"payloadBase64\":\"YQ==\"},{\"type\":\"shout\",\"payloadBase64\":"
            + "\"Yg==\",\"idempotencyKey\":\"\\\"k\\\\\\u000a\",\"retries\":1}]",
        seen.body());
    assertTrue(seen.headers().get("idempotency-key").startsWith("\"c-"));
  }

  @Test
  void a_node_that_is_not_there_is_passed_over_and_not_asked_again() throws Exception {
    FakeNode second = node(202, "{\"id\":\"a1\"}");
    try (HttpTaskClient client =
        HttpTaskClient.to("http://127.0.0.1:" + LoopbackPorts.one(), second.url())) {
      get(client.submit(SHOUT.task("a")).accepted());
      get(client.submit(SHOUT.task("a")).accepted());
    }
    assertEquals(2, second.seen.size());
  }

  @Test
  void a_node_that_takes_no_tasks_or_breaks_is_passed_over_with_the_same_key() throws Exception {
    FakeNode draining = node(503, "{\"code\":\"closed\",\"detail\":\"ending\"}");
    FakeNode broken = node(0, "");
    FakeNode good = node(202, "{\"id\":\"a1\"}");
    try (HttpTaskClient client = HttpTaskClient.to(draining.url(), broken.url(), good.url())) {
      get(client.submit(SHOUT.task("a")).accepted());
    }
    String key = good.next().headers().get("idempotency-key");
    assertEquals(key, draining.next().headers().get("idempotency-key"));
    assertEquals(key, broken.next().headers().get("idempotency-key"));
  }

  @Test
  void a_node_that_does_not_answer_is_passed_over() throws Exception {
    FakeNode good = node(202, "{\"id\":\"a1\"}");
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        HttpTaskClient client =
            HttpTaskClient.builder("http://127.0.0.1:" + silent.getLocalPort(), good.url())
                .answer(Duration.ofMillis(300))
                .build()) {
      assertEquals(ID, get(client.submit(SHOUT.task("a")).accepted()));
    }
  }

  @Test
  void without_any_node_the_task_is_refused_and_the_urls_are_named() throws Exception {
    String url = "http://127.0.0.1:" + LoopbackPorts.one();
    try (HttpTaskClient client = HttpTaskClient.builder(url).patience(Duration.ZERO).build()) {
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              () -> client.submit(SHOUT.task("a")).accepted().toCompletableFuture().join());
      TaskRefused refused = assertInstanceOf(TaskRefused.class, thrown.getCause());
      assertTrue(refused.getMessage().contains(url), refused.getMessage());
    }
  }

  @Test
  void an_endless_answer_is_cut_off() throws Exception {
    FakeNode node = node(200, "x".repeat(5 << 20));
    try (HttpTaskClient client =
        HttpTaskClient.builder(node.url()).patience(Duration.ZERO).build()) {
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              () -> client.view("/v1/nodes").toCompletableFuture().join());
      assertTrue(thrown.getMessage().contains("more than"), thrown.getMessage());
    }
  }

  @Test
  void a_page_of_the_ledger_may_be_longer_than_other_answers() throws Exception {
    FakeNode node = node(200, "x".repeat(5 << 20));
    try (HttpTaskClient client = HttpTaskClient.to(node.url())) {
      assertEquals(5 << 20, get(client.exportPage("")).length);
    }
  }

  @Test
  void a_result_tells_its_attempt() throws Exception {
    FakeNode node = node(200, "A");
    try (HttpTaskClient client = HttpTaskClient.to(node.url())) {
      assertEquals("A", client.attach(ID, SHOUT).await(SOON));
    }
    assertEquals("/v1/tasks/a1/result?wait=0ms", node.next().path());
  }

  @Test
  void a_placement_is_read_as_a_front_before_or_after_this_one_writes_it() throws Exception {
    FakeNode node =
        node(
            200,
            "{\"id\":\"a1\",\"state\":\"running\",\"placement\":{\"balancer\":\"power-of-two\","
                + "\"rule\":\"of two\",\"node\":\"b\",\"attempt\":1,\"at\":\"2026-01-31T08:00:00Z\","
                + "\"candidates\":[{\"node\":\"a\",\"zone\":\"\",\"load\":3,\"slots\":2,\"weight\":2.5,"
                + "\"sessions\":1,\"latencyMillis\":0.5,\"drawn\":true},{\"node\":\"c\",\"load\":1,"
                + "\"excluded\":\"full\",\"later\":[1]}],\"omitted\":4}}");
    try (HttpTaskClient client = HttpTaskClient.to(node.url())) {
      Placement placement = get(client.find(ID)).orElseThrow().placement();
      assertEquals(
          new Placement(
              "power-of-two",
              "of two",
              "b",
              1,
              Instant.parse("2026-01-31T08:00:00Z"),
              List.of(
                  new Placement.Candidate("a", "", 3, 2, 2.5, 1, 0.5, true, null),
                  new Placement.Candidate("c", "", 1, 0, 0, 0, 0, false, "full")),
              4),
          placement);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.1:8080",
        "ftp://a",
        "http://",
        "http://a b",
        "http://a?x=1",
        "http://u@a"
      })
  void a_url_that_is_none_is_named(String url) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> HttpTaskClient.to(url));
    assertTrue(refused.getMessage().contains("'" + url + "'"), refused.getMessage());
  }

  @Test
  void other_bad_settings_are_explained() {
    assertThrows(IllegalArgumentException.class, HttpTaskClient::to);
    HttpTaskClient.Builder builder = HttpTaskClient.builder("http://a");
    assertThrows(IllegalArgumentException.class, () -> builder.token("a b"));
    assertThrows(IllegalArgumentException.class, () -> builder.token(""));
    assertThrows(IllegalArgumentException.class, () -> builder.answer(Duration.ZERO));
  }

  // ---------------------------------------------------------------- tools

  private record Seen(String method, String path, Map<String, String> headers, String body) {}

  private FakeNode node(int status, String body) throws IOException {
    FakeNode node = new FakeNode(status, body);
    nodes.add(node);
    return node;
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  /** Gives one answer to everything; with status 0 it closes the connection instead. */
  private static final class FakeNode {
    private final HttpServer server;
    private final int status;
    private final byte[] body;
    final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();

    FakeNode(int status, String body) throws IOException {
      this.status = status;
      this.body = body.getBytes(UTF_8);
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", this::handle);
      server.setExecutor(
          Executors.newCachedThreadPool(
              work -> {
                Thread thread = new Thread(work, "fake-node");
                thread.setDaemon(true);
                return thread;
              }));
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    Seen next() throws InterruptedException {
      return seen.poll(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private void handle(HttpExchange exchange) throws IOException {
      Map<String, String> headers = new java.util.HashMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(java.util.Locale.ROOT), values.get(0)));
      seen.add(
          new Seen(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getPath()
                  + (exchange.getRequestURI().getQuery() == null
                      ? ""
                      : "?" + exchange.getRequestURI().getQuery()),
              headers,
              new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
      if (status == 0) {
        exchange.close();
        return;
      }
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      try (exchange) {
        exchange.getResponseBody().write(body);
      } catch (IOException hungUp) {
        // The client had enough.
      }
    }

    void stop() {
      server.stop(0);
    }
  }
}
