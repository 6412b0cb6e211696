package io.dispatcher.node.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop of the door: its connections, and what comes in on them. Everything here is
 * confined to that loop.
 */
final class DoorLoop {
  private static final Logger LOG = LoggerFactory.getLogger(DoorLoop.class);

  /** A longer JSON text is not read on the loop. */
  private static final int LONG_JSON = 64 << 10;

  private static final DateTimeFormatter DATE = DateTimeFormatter.RFC_1123_DATE_TIME;
  private static final CharSequence ALLOW = HttpHeaders.createOptimized("allow");

  private final HttpDoor door;
  private final Context context;
  private final SocketAddress address;
  private final HttpServer server;
  private final Hop hop;
  private final long requestNanos;
  private final long idleNanos;
  private final IdentityHashMap<HttpConnection, Connection> connections = new IdentityHashMap<>();
  private final TaskCalls tasks;
  private final ClusterCalls cluster;
  private final LedgerCalls ledger;
  private final DeadLetterCalls letters;
  private CharSequence date = now();

  /**
   * @param address to listen on, shared by the loops of a door
   */
  DoorLoop(HttpDoor door, Context context, SocketAddress address) {
    this.door = door;
    this.context = context;
    this.address = address;
    this.hop = new Hop(context);
    this.requestNanos = door.config().limits().request().toNanos();
    this.idleNanos = door.config().limits().idle().toNanos();
    this.tasks = new TaskCalls(this);
    this.cluster = new ClusterCalls(this);
    this.ledger = new LedgerCalls(this);
    this.letters = new DeadLetterCalls(this);
    this.server =
        context
            .owner()
            .createHttpServer(ServerOptions.of(door.config()))
            .connectionHandler(this::opened)
            .requestHandler(this::arrived)
            .invalidRequestHandler(this::undecodable)
            .exceptionHandler(error -> LOG.debug("a connection failed", error));
  }

  Future<?> start() {
    long shortest = Math.min(requestNanos, idleNanos) / 4;
    long every = Math.max(20, Math.min(1000, TimeUnit.NANOSECONDS.toMillis(shortest)));
    context.owner().setPeriodic(every, timer -> tick());
    return server.listen(address);
  }

  Future<?> stop() {
    return server.close();
  }

  int actualPort() {
    return server.actualPort();
  }

  HttpDoor door() {
    return door;
  }

  Hop hop() {
    return hop;
  }

  CharSequence date() {
    return date;
  }

  long requestNanos() {
    return requestNanos;
  }

  long idleNanos() {
    return idleNanos;
  }

  private static CharSequence now() {
    return HttpHeaders.createOptimized(DATE.format(ZonedDateTime.now(ZoneOffset.UTC)));
  }

  private void tick() {
    date = now();
    long now = System.nanoTime();
    // A copy: to end an exchange may end its connection.
    for (Connection connection : new ArrayList<>(connections.values())) {
      connection.check(now);
    }
  }

  // ---------------------------------------------------------------- connections and requests

  private void opened(HttpConnection http) {
    if (!door.connected()) {
      http.closeHandler(gone -> door.disconnected());
      http.close();
      return;
    }
    Connection connection = new Connection(http, System.nanoTime() + requestNanos);
    connections.put(http, connection);
    http.closeHandler(
        gone -> {
          connections.remove(http);
          door.disconnected();
          connection.gone();
        });
  }

  private void arrived(HttpServerRequest request) {
    Connection connection = trusted(request);
    if (connection == null) {
      return;
    }
    if (request.response().writeQueueFull()) {
      // Whoever does not take the last answers gets no further ones made.
      request.pause();
      request
          .response()
          .drainHandler(
              drained -> {
                begin(connection, request);
                request.resume();
              });
    } else {
      begin(connection, request);
    }
  }

  /** The connection of a request, unless the request is not to be looked at. */
  private @Nullable Connection trusted(HttpServerRequest request) {
    Connection connection = connections.get(request.connection());
    if (connection == null || connection.isClosing()) {
      // Behind a request that was refused for its framing this may be that request's body.
      return null;
    }
    if (request.version() == null) {
      // Vert.x would repeat the unknown version in its answer: no answer is better than that one.
      connection.close();
      return null;
    }
    return connection;
  }

  private void begin(Connection connection, HttpServerRequest request) {
    RequestHead head;
    Route.Match match;
    try {
      head = RequestHead.read(request);
      match = Route.find(head.path());
    } catch (RuntimeException e) {
      refuse(connection, request, Problems.of(e));
      return;
    }
    Route route = match == null ? Route.UNKNOWN : match.route();
    Exchange exchange = new Exchange(this, connection, request, head, route);
    connection.begin(exchange, System.nanoTime() + requestNanos);
    exchange.guarded(() -> handle(exchange, match));
  }

  /** Whose framing cannot be trusted gets an answer and no second request. */
  private void refuse(Connection connection, HttpServerRequest request, Problem problem) {
    Exchange exchange = new Exchange(this, connection, request, null, Route.UNKNOWN);
    connection.begin(exchange, System.nanoTime() + requestNanos);
    exchange.last();
    exchange.problem(problem);
  }

  private void undecodable(HttpServerRequest request) {
    Connection connection = trusted(request);
    if (connection == null) {
      return;
    }
    Throwable cause = request.decoderResult().cause();
    Problem problem;
    if (cause instanceof TooLongHttpLineException) {
      problem =
          Problem.of(414, "target-too-long", "The request line is too long", "shorten the query");
    } else if (cause instanceof TooLongHttpHeaderException) {
      problem =
          Problem.of(
              431,
              "head-too-large",
              "The head is too large",
              "its header fields have more than " + door.config().limits().headers() + " bytes");
    } else {
      problem = Problem.malformed("the head of the request is not as HTTP/1.1 has it");
    }
    refuse(connection, request, problem);
  }

  private void handle(Exchange exchange, Route.@Nullable Match match) {
    RequestHead head = exchange.head();
    Route route = match == null ? Route.UNKNOWN : match.route();
    door.gate().check(head, route);
    if (head.path().equals("*")) {
      exchange.header(ALLOW, "GET, HEAD, POST, OPTIONS");
      exchange.answer(200, "text/plain", Buffer.buffer());
      return;
    }
    if (match == null) {
      throw new Refused(
          Problem.of(404, "unknown-path", "Nothing there", "see /v1/openapi.json for what is"));
    }
    if (!route.takes(head.method())) {
      exchange.header(ALLOW, route.allow());
      throw new Refused(
          Problem.of(405, "wrong-method", "Not this method", "this path takes " + route.allow()));
    }
    if (head.expect() != null && !head.expect().equalsIgnoreCase("100-continue")) {
      throw new Refused(
          Problem.of(417, "expectation", "The expectation is not known", "only 100-continue is"));
    }
    if (!head.method().equals("POST") && head.contentLength() != 0) {
      throw new Refused(Problem.malformed("a " + head.method() + " request has no body"));
    }
    if (head.method().equals("OPTIONS")) {
      exchange.header(ALLOW, route.allow());
      exchange.answer(200, "text/plain", Buffer.buffer());
      return;
    }
    switch (route) {
      case TASKS, BATCH, TASK, RESULT, CANCEL -> tasks.handle(exchange, match);
      case EXPORT, IMPORT -> ledger.handle(exchange, match);
      case DEAD_LETTERS,
          DEAD_LETTER,
          DEAD_LETTER_RETRY,
          DEAD_LETTER_DELETE,
          DEAD_LETTERS_RETRY,
          DEAD_LETTERS_DELETE ->
          letters.handle(exchange, match);
      default -> cluster.handle(exchange, match);
    }
  }

  /** Reads a JSON text, on a worker thread if it is long, and goes on here. */
  <T> void read(Exchange exchange, Buffer body, Function<Buffer, T> reader, Consumer<T> then) {
    if (body.length() <= LONG_JSON) {
      then.accept(reader.apply(body));
      return;
    }
    blocking(exchange, () -> reader.apply(body), then);
  }

  /** Does what may block on a worker thread, and goes on here. */
  <T extends @Nullable Object> void blocking(
      Exchange exchange, Callable<T> work, Consumer<T> then) {
    context
        .executeBlocking(work, false)
        .onComplete(
            done ->
                exchange.guarded(
                    () -> {
                      if (done.failed()) {
                        exchange.problem(Problems.of(done.cause()));
                      } else {
                        then.accept(done.result());
                      }
                    }));
  }

  /** Runs this later here, unless it is cancelled. */
  Runnable after(long millis, Runnable work) {
    long timer = context.owner().setTimer(Math.max(1, millis), fired -> work.run());
    return () -> context.owner().cancelTimer(timer);
  }
}
