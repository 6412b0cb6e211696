package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dispatcher.node.config.HandlerConfig;
import io.dispatcher.task.Failure;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TestTaskContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamHandlerTest {

  private interface Service {
    void answer(HttpExchange exchange) throws IOException;
  }

  private final Upstreams upstreams = new Upstreams();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void end() {
    upstreams.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private CompletableFuture<byte[]> call(TaskContext context, String payload, Service service) {
    server.createContext("/work", service::answer);
    return handler(url("/work?key=secret"), Map.of())
        .handle(payload.getBytes(UTF_8), context)
        .toCompletableFuture();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private UpstreamHandler handler(String url, Map<String, String> headers) {
    return upstreams.handler(
        new HandlerConfig.Http(URI.create(url), headers, HandlerOptions.DEFAULT));
  }

  private static Service answer(int status, String body) {
    return exchange -> {
      byte[] bytes = body.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    };
  }

  private static <T extends Throwable> T error(Class<T> type, CompletableFuture<byte[]> result) {
    ExecutionException error =
        assertThrows(ExecutionException.class, () -> result.get(20, SECONDS));
    Throwable cause = error.getCause();
    assertEquals(type, cause.getClass(), cause::toString);
    return assertInstanceOf(type, cause);
  }

  @Test
  void the_body_goes_there_and_back_with_the_task_in_the_headers() throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    TestTaskContext context = TaskContext.forTest().id(TaskId.of("Task1")).type("up").attempt(2);
    byte[] result =
        call(
                context,
                "payload",
                exchange -> {
                  var headers = exchange.getRequestHeaders();
                  heard.complete(
                      exchange.getRequestMethod()
                          + List.of(
                              headers.getFirst("Content-Type"),
                              headers.getFirst("Idempotency-Key"),
                              headers.getFirst("Dispatcher-Task-Id"),
                              headers.getFirst("Dispatcher-Task-Type"),
                              headers.getFirst("Dispatcher-Task-Attempt")));
                  byte[] body = exchange.getRequestBody().readAllBytes();
                  exchange.sendResponseHeaders(201, body.length);
                  exchange.getResponseBody().write(body);
                  exchange.close();
                })
            .get(20, SECONDS);
    assertEquals("payload", new String(result, UTF_8));
    assertEquals("POST[application/octet-stream, \"Task1\", Task1, up, 2]", heard.get(20, SECONDS));
  }

  @Test
  void configured_headers_are_sent_and_stand_over_ours() throws Exception {
    server.createContext(
        "/echo",
        exchange ->
            answer(
                    200,
                    exchange.getRequestHeaders().getFirst("Authorization")
                        + exchange.getRequestHeaders().get("Content-Type"))
                .answer(exchange));
    byte[] result =
        handler(
                url("/echo"),
                Map.of("Authorization", "Bearer x", "Content-Type", "application/json"))
            .handle(new byte[0], TaskContext.forTest())
            .toCompletableFuture()
            .get(20, SECONDS);
    assertEquals("Bearer x[application/json]", new String(result, UTF_8));
    assertThrows(
        IllegalArgumentException.class, () -> handler(url("/echo"), Map.of("Host", "elsewhere")));
  }

  @Test
  void no_content_is_an_empty_result() throws Exception {
    assertEquals(0, call(TaskContext.forTest(), "x", answer(204, "")).get(20, SECONDS).length);
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 302, 304, 400, 401, 403, 404, 409, 413, 415, 422})
  void a_refusal_is_not_asked_for_again(int status) {
    String body = status == 304 ? "" : "no:\u001b[31m bad payload\nmore";
    UpstreamRefused error =
        error(UpstreamRefused.class, call(TaskContext.forTest(), "x", answer(status, body)));
    assertEquals(
        "POST "
            + url("/work")
            + " answered "
            + status
            + (body.isEmpty() ? "" : ": no:[31m bad payload"),
        error.getMessage());
    assertEquals(body, Failure.of(error, "a", 1).trace());
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 425, 429, 500, 502, 503, 504})
  void a_failure_of_the_service_is_asked_for_again(int status) {
    UpstreamFailed error =
        error(UpstreamFailed.class, call(TaskContext.forTest(), "x", answer(status, "busy")));
    assertTrue(error.getMessage().endsWith(" answered " + status + ": busy"), error.getMessage());
    assertFalse(error.getMessage().contains("secret"), error.getMessage());
  }

  @Test
  void nobody_there_is_asked_for_again() {
    server.stop(0);
    UpstreamFailed error =
        error(
            UpstreamFailed.class,
            handler(url("/work"), Map.of())
                .handle(new byte[0], TaskContext.forTest())
                .toCompletableFuture());
    assertTrue(error.getMessage().contains("had no answer"), error.getMessage());
  }

  @Test
  void an_answer_cut_short_is_asked_for_again() {
    error(
        UpstreamFailed.class,
        call(
            TaskContext.forTest(),
            "x",
            exchange -> {
              exchange.sendResponseHeaders(200, 1000);
              exchange.getResponseBody().write(new byte[10]);
              exchange.getResponseBody().flush();
              exchange.close();
            }));
  }

  @Test
  void too_long_a_result_is_refused() throws Exception {
    Service endless =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] part = new byte[1 << 16];
          while (true) {
            exchange.getResponseBody().write(part);
          }
        };
    TaskRefused error = error(TaskRefused.class, call(TaskContext.forTest(), "x", endless));
    assertEquals(TaskRefused.Reason.TOO_LARGE, error.reason());
    server.removeContext("/work");
    String whole = "x".repeat(TaskLimits.MAX_VALUE_BYTES);
    assertEquals(
        whole.length(),
        call(TaskContext.forTest(), "x", answer(200, whole)).get(20, SECONDS).length);
  }

  @Test
  void a_long_error_is_cut() {
    UpstreamFailed error =
        error(
            UpstreamFailed.class,
            call(TaskContext.forTest(), "x", answer(500, "e".repeat(100_000))));
    assertEquals(8 << 10, Failure.of(error, "a", 1).trace().length());
  }

  @Test
  void cancel_hangs_up() throws Exception {
    CompletableFuture<Void> arrived = new CompletableFuture<>();
    CompletableFuture<Void> gone = new CompletableFuture<>();
    TestTaskContext context = TaskContext.forTest();
    CompletableFuture<byte[]> result =
        call(
            context,
            "x",
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              arrived.complete(null);
              try {
                while (true) {
                  exchange.getResponseBody().write(1);
                  exchange.getResponseBody().flush();
                }
              } catch (IOException e) {
                gone.complete(null);
              }
            });
    arrived.get(20, SECONDS);
    context.cancel();
    error(UpstreamFailed.class, result);
    gone.get(20, SECONDS);
  }
}
