package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.Limits;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.node.config.HttpConfig;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A door before a dispatcher in this JVM, and a client that holds every answer against its
 * description.
 */
final class DoorFixture implements AutoCloseable {
  static final int MAX_PAYLOAD = 64 << 10;

  static final HttpConfig.Bounds BOUNDS =
      new HttpConfig.Bounds(
          256 << 10,
          8 << 10,
          100,
          1000,
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10));

  static final HttpConfig CONFIG = new HttpConfig("127.0.0.1", 0, null, null, BOUNDS);

  final Vertx vertx = Vertx.vertx();
  final Dispatcher dispatcher;
  final HttpDoor door;
  final Contract contract = new Contract();
  final AtomicInteger runs = new AtomicInteger();
  private final ConcurrentHashMap<String, CompletableFuture<byte[]>> held =
      new ConcurrentHashMap<>();

  DoorFixture() {
    this(CONFIG);
  }

  DoorFixture(HttpConfig config) {
    this(config, limits -> limits, 64 << 20);
  }

  DoorFixture(HttpConfig config, UnaryOperator<Limits> limits, long maxBodies) {
    dispatcher =
        Dispatcher.builder()
            .cluster(LocalCluster.named("here"))
            .limits(limits.apply(Limits.ofHeap(Runtime.getRuntime().maxMemory())))
            .handle(bytes("echo"), (payload, ctx) -> echo(payload))
            .handle(
                bytes("fail"),
                (payload, ctx) -> {
                  throw new IllegalStateException(
                      "no " + new String(payload, StandardCharsets.UTF_8));
                })
            .handleAsync(
                bytes("held"),
                (payload, ctx) -> {
                  ctx.progress("half");
                  return hold(new String(payload, StandardCharsets.UTF_8));
                })
            .declare("declared", TaskOptions.NONE)
            .start();
    door = HttpDoor.open(vertx, dispatcher, config, MAX_PAYLOAD, maxBodies);
  }

  private static TaskType<byte[], byte[]> bytes(String name) {
    return TaskType.of(name, Codec.bytes(), Codec.bytes());
  }

  private byte[] echo(byte[] payload) {
    runs.incrementAndGet();
    return payload;
  }

  private CompletableFuture<byte[]> hold(String name) {
    return held.computeIfAbsent(name, key -> new CompletableFuture<>());
  }

  /** Lets a task of type {@code held} with this payload end. */
  void letGo(String name) {
    hold(name).complete(("done " + name).getBytes(StandardCharsets.UTF_8));
  }

  int port() {
    return door.port();
  }

  HttpAnswer get(String target, String... headers) {
    return call("GET", target, null, headers);
  }

  HttpAnswer post(String target, String body, String... headers) {
    return call("POST", target, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  HttpAnswer postJson(String target, String body, String... headers) {
    String[] all = new String[headers.length + 1];
    all[0] = "Content-Type: application/json";
    System.arraycopy(headers, 0, all, 1, headers.length);
    return post(target, body, all);
  }

  HttpAnswer call(String method, String target, byte[] body, String... headers) {
    try (RawHttp http = new RawHttp(port())) {
      return call(http, method, target, body, headers);
    }
  }

  /** Sends on a connection that stays open. */
  HttpAnswer call(RawHttp http, String method, String target, byte[] body, String... headers) {
    http.send(head(method, target, body == null ? -1 : body.length, headers));
    if (body != null) {
      http.send(body);
    }
    return read(http, method, target);
  }

  /** Reads the answer to a request that was sent before. */
  HttpAnswer read(RawHttp http, String method, String target) {
    HttpAnswer answer = http.read(method);
    contract.check(method, target, answer);
    return answer;
  }

  String head(String method, String target, int length, String... headers) {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(target).append(" HTTP/1.1\r\n");
    if (String.join("\n", headers).lines().noneMatch(line -> line.startsWith("Host:"))) {
      head.append("Host: localhost:").append(port()).append("\r\n");
    }
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (length >= 0) {
      head.append("Content-Length: ").append(length).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  @Override
  public void close() {
    door.stopIntake();
    dispatcher.close(Duration.ZERO);
    door.close();
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
