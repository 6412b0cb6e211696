package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request until it is answered, once. Confined to its event loop; what comes after the answer,
 * or after the client has gone, is dropped.
 */
final class Exchange {
  /** What a client may still send after a refusal so that it gets to read it. */
  private static final long MAX_DISCARDED = 4 << 20;

  private static final long MAX_SHORT = 64 << 10;
  private static final Duration LINGER = Duration.ofSeconds(2);
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final CharSequence CONTENT_TYPE_OPTIONS =
      HttpHeaders.createOptimized("x-content-type-options");
  private static final CharSequence RESOURCE_POLICY =
      HttpHeaders.createOptimized("cross-origin-resource-policy");
  private static final CharSequence SAME_ORIGIN = HttpHeaders.createOptimized("same-origin");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final CharSequence CLOSE = HttpHeaders.createOptimized("close");

  private final DoorLoop loop;
  private final Connection connection;
  private final HttpServerRequest request;
  private final @Nullable RequestHead head;
  private final Route route;
  private final long begun = System.nanoTime();
  private long reserved;
  private boolean bodyRead;
  private boolean answered;
  private boolean last;
  private Runnable onOverdue = Exchange::nothing;
  private Runnable onEnd = Exchange::nothing;

  Exchange(
      DoorLoop loop,
      Connection connection,
      HttpServerRequest request,
      @Nullable RequestHead head,
      Route route) {
    this.loop = loop;
    this.connection = connection;
    this.request = request;
    this.head = head;
    this.route = route;
    this.bodyRead = head != null && head.contentLength() == 0;
  }

  /** Does nothing. */
  static void nothing() {}

  RequestHead head() {
    if (head == null) {
      throw new IllegalStateException("the request was malformed");
    }
    return head;
  }

  DoorLoop loop() {
    return loop;
  }

  boolean isOpen() {
    return !answered && !connection.isGone();
  }

  /** Whose the tasks are that come in here. */
  Submitter submitter(Dispatcher dispatcher) {
    return connection.submitter(dispatcher);
  }

  /** The connection ends with this answer. */
  void last() {
    last = true;
  }

  /** Runs once the exchange is answered or the client has gone. */
  void onEnd(Runnable ended) {
    onEnd = ended;
  }

  /** If there is no answer by then, this has to give one. */
  void limit(Duration time, Runnable answer) {
    onOverdue = answer;
    connection.work(System.nanoTime() + time.toNanos());
  }

  // ---------------------------------------------------------------- body

  /**
   * Reads the body, then goes on.
   *
   * @param max more bytes are refused
   */
  void body(long max, Consumer<Buffer> then) {
    long length = head().contentLength();
    if (bodyRead) {
      then.accept(Buffer.buffer());
      return;
    }
    Body body = new Body(this, max, length);
    if (head().expect() != null) {
      request.response().writeContinue();
    }
    request.exceptionHandler(error -> guarded(() -> broken(error)));
    request.handler(
        chunk -> {
          if (!answered) {
            guarded(() -> body.add(chunk));
          }
        });
    request.endHandler(
        nothing -> {
          bodyRead = true;
          if (isOpen()) {
            guarded(() -> then.accept(body.bytes()));
          }
        });
  }

  private void broken(Throwable error) {
    if (!(error instanceof HttpClosedException)) {
      last();
      problem(Problem.malformed("the body is not framed as HTTP/1.1 has it"));
    }
  }

  /** Counts bytes of the body, before they are held. */
  void reserve(long bytes) {
    reserved += bytes;
    if (!loop.door().reserve(bytes)) {
      throw new Refused(
          Problem.overloaded(
              "the bodies of requests under way fill their budget", Duration.ofSeconds(1)));
    }
  }

  /** The body is no longer held here. */
  void release() {
    loop.door().release(reserved);
    reserved = 0;
  }

  /** Does a step; what goes wrong becomes the answer. */
  void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      problem(Problems.of(e));
    }
  }

  // ---------------------------------------------------------------- answer

  /** Sets a header field of the answer. */
  Exchange header(CharSequence name, CharSequence value) {
    if (isOpen()) {
      request.response().putHeader(name, value);
    }
    return this;
  }

  void json(int status, Json.Writing body) {
    answer(status, Json.CONTENT_TYPE, Json.buffer(body));
  }

  void problem(Problem problem) {
    Duration after = problem.retryAfter();
    if (after != null) {
      header(HttpHeaders.createOptimized("retry-after"), Long.toString(Problem.seconds(after)));
    }
    if (problem.status() == 401) {
      header(HttpHeaders.createOptimized("www-authenticate"), "Bearer realm=\"dispatcher\"");
    }
    answer(problem.status(), Problem.CONTENT_TYPE, Json.buffer(problem::write));
  }

  void answer(int status, CharSequence contentType, Buffer body) {
    if (!isOpen()) {
      finish();
      return;
    }
    answered = true;
    HttpServerResponse response = request.response();
    response.setStatusCode(status);
    if (status != 304) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    }
    response.putHeader(HttpHeaders.DATE, loop.date());
    response.putHeader(CONTENT_TYPE_OPTIONS, NOSNIFF);
    response.putHeader(RESOURCE_POLICY, SAME_ORIGIN);
    if (!response.headers().contains(HttpHeaders.CACHE_CONTROL)) {
      response.putHeader(HttpHeaders.CACHE_CONTROL, NO_STORE);
    }
    boolean drains = !last && !bodyRead && isShort();
    boolean close = last || !(bodyRead || drains);
    long now = System.nanoTime();
    if (close) {
      response.putHeader(HttpHeaders.CONNECTION, CLOSE);
      connection.closing(now + LINGER.toNanos());
    } else if (drains) {
      connection.draining(now + loop.requestNanos());
    } else {
      connection.answered(now + loop.idleNanos());
    }
    boolean headOnly = head != null && head.method().equals("HEAD");
    if (headOnly) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
    }
    var sent = headOnly || status == 304 ? response.end() : response.end(body);
    if (close) {
      // A client that is still sending gets to read the answer before its connection ends.
      if (bodyRead || head == null || request.isEnded()) {
        sent.onComplete(done -> connection.close());
      } else {
        discardRest();
      }
    } else if (drains) {
      discardShort();
    }
    loop.door().metrics().answered(route, status, System.nanoTime() - begun);
    finish();
  }

  /** So little that reading it costs less than another connection; and it will come. */
  private boolean isShort() {
    return head != null
        && head.contentLength() > 0
        && head.contentLength() <= MAX_SHORT
        && head.expect() == null;
  }

  private void discardShort() {
    if (request.isEnded()) {
      connection.answered(System.nanoTime() + loop.idleNanos());
      return;
    }
    request.exceptionHandler(broken -> connection.close());
    request.handler(chunk -> {});
    request.endHandler(nothing -> connection.answered(System.nanoTime() + loop.idleNanos()));
  }

  private void discardRest() {
    long[] discarded = {0};
    request.exceptionHandler(broken -> connection.close());
    request.endHandler(nothing -> connection.close());
    request.handler(
        chunk -> {
          discarded[0] += chunk.length();
          if (discarded[0] > MAX_DISCARDED) {
            connection.close();
          }
        });
  }

  private void finish() {
    release();
    onOverdue = Exchange::nothing;
    Runnable ended = onEnd;
    onEnd = Exchange::nothing;
    ended.run();
  }

  // ---------------------------------------------------------------- told by the connection

  /** The client has gone. */
  void gone() {
    finish();
  }

  /** The body did not arrive in time. */
  void slow() {
    last();
    problem(
        Problem.of(
            408, "too-slow", "The request came too slowly", "its body did not arrive in time"));
  }

  /** There is no answer in time. */
  void overdue() {
    guarded(onOverdue);
    if (isOpen()) {
      // Nothing gave an answer: the connection is of no use any more.
      connection.close();
    }
  }
}
