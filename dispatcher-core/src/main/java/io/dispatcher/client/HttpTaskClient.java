package io.dispatcher.client;

import static java.util.Objects.requireNonNull;

import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Submits tasks over HTTP, from any JVM; needs {@code java.net.http} and no other library.
 *
 * <pre>{@code
 * try (TaskClient client = HttpTaskClient.to("http://10.0.0.1:8080", "http://10.0.0.2:8080")) {
 *   System.out.println(client.submit(SHOUT.task("hello")).await(ofSeconds(5)));
 * }
 * }</pre>
 *
 * <p>With several URLs it stays with one as long as that answers, and goes to the next when there
 * is no connection, no answer, or the node takes no tasks now (503). A repeat carries the same
 * idempotency key, so the task runs once, whichever of the tries arrived: the user's key, or one
 * made for the call, one for all tasks of a {@link #submitAll} call.
 *
 * <p><b>What it costs.</b> A task with an idempotency key is recorded by itself, one ledger write
 * each, where the library records up to 256 together; a submission is one request, an outcome at
 * least one more. A question for an outcome holds a connection until the task ends or {@code poll}
 * is over; at most {@code polls} are open, and when more outcomes are waited for they take turns, a
 * quarter of a second each. Submitting from inside the cluster is several times cheaper.
 *
 * <p>Thread-safe. Stages complete on two threads of the client unless the builder is given others.
 */
public final class HttpTaskClient extends RemoteTaskClient {

  private static final ClientBounds BOUNDS =
      new ClientBounds(
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          64,
          64,
          100_000,
          64L << 20);
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final int MAX_ANSWER_BYTES = 4 << 20;

  /** A page ends behind the block that made it full, and one block may have 4 MiB of outcomes. */
  private static final int MAX_PAGE_BYTES = 16 << 20;

  private static final int MAX_BATCH = 100;
  private static final long MAX_BATCH_BYTES = 512 << 10;

  private final List<URI> fronts;
  private final @Nullable String token;
  private final HttpClient http;
  private final AtomicInteger current = new AtomicInteger();
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, Future<?>> underWay = new ConcurrentHashMap<>();

  private HttpTaskClient(Builder builder) {
    super(builder.bounds, builder.callbacks);
    fronts = builder.fronts;
    token = builder.token;
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            2,
            2,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "dispatcher-http");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .executor(threads);
    if (builder.tls != null) {
      client.sslContext(builder.tls);
    }
    http = client.build();
  }

  /**
   * A client of the nodes at these URLs, with everything at its default.
   *
   * @throws IllegalArgumentException if there is no URL, or one is not like {@code
   *     http://10.0.0.1:8080}
   */
  public static HttpTaskClient to(String... urls) {
    return builder(urls).build();
  }

  /** As {@link #to}, to be set further. */
  public static Builder builder(String... urls) {
    return new Builder(List.of(urls));
  }

  @Override
  protected CompletionStage<Answer> send(Call call, Duration atMost) {
    int front = current.get();
    HttpRequest.Builder request = HttpRequests.of(fronts.get(front), call).timeout(atMost);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    int most = call instanceof Call.Export ? MAX_PAGE_BYTES : MAX_ANSWER_BYTES;
    CompletableFuture<HttpResponse<byte[]>> sent =
        http.sendAsync(request.build(), info -> new BoundedBody(most));
    long number = numbers.incrementAndGet();
    underWay.put(number, sent);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    sent.whenComplete(
        (response, error) -> {
          underWay.remove(number);
          if (response == null) {
            leave(front);
            answer.completeExceptionally(failure(fronts.get(front), error));
          } else {
            if (response.statusCode() >= 500) {
              leave(front);
            }
            answer.complete(answer(response));
          }
        });
    return answer;
  }

  /** The next call goes to the next front, unless another call has seen to that. */
  private void leave(int front) {
    current.compareAndSet(front, (front + 1) % fronts.size());
  }

  private static Throwable failure(URI front, Throwable error) {
    Throwable cause = Asking.inner(error);
    boolean unsent =
        cause instanceof ConnectException
            || cause instanceof HttpConnectTimeoutException
            || cause instanceof UnresolvedAddressException;
    // The JDK mostly leaves out why.
    String why = cause.getMessage() == null ? "" : ": " + cause.getMessage();
    return unsent ? new Unreachable("no connection to " + front + why, cause) : cause;
  }

  private static Answer answer(HttpResponse<byte[]> response) {
    return new Answer(
        response.statusCode(),
        response.body(),
        (int) number(response, "Task-Attempts", 1),
        retryAfter(response));
  }

  private static @Nullable Duration retryAfter(HttpResponse<?> response) {
    long seconds = number(response, "Retry-After", 0);
    return seconds > 0 ? Duration.ofSeconds(seconds) : null;
  }

  private static long number(HttpResponse<?> response, String header, long other) {
    String text = response.headers().firstValue(header).orElse("");
    return text.matches("\\d{1,9}") ? Long.parseLong(text) : other;
  }

  // ---------------------------------------------------------------- the rest

  /**
   * What a node says about the cluster, as JSON: {@code /v1/nodes}, {@code /v1/types} or {@code
   * /v1/stats}.
   *
   * @throws IllegalArgumentException if the path does not start with a slash
   */
  public CompletionStage<byte[]> view(String path) {
    return plain(new Call.View(checked(path)), "no view of the cluster");
  }

  /**
   * Posts to a path of a front, one that does no harm when it is repeated, such as {@code
   * /v1/dead-letters/retry?type=shout}, and completes with its answer as JSON.
   *
   * @throws IllegalArgumentException if the path does not start with a slash
   */
  public CompletionStage<byte[]> act(String path) {
    return plain(new Call.Act(checked(path)), "not done");
  }

  private static String checked(String path) {
    if (!path.matches("/[A-Za-z0-9/._-]*([?][A-Za-z0-9/._%&=-]*)?")) {
      throw new IllegalArgumentException("the path is '" + path + "', but must be like /v1/nodes");
    }
    return path;
  }

  /**
   * Asks a node to leave on purpose, through any of the fronts. Completes with its answer, as JSON,
   * when it has been asked; {@code /v1/nodes} tells when it has left.
   *
   * @param stay it takes and starts nothing any more, but stays with its part of the ledger
   */
  public CompletionStage<byte[]> drain(String node, boolean stay) {
    return plain(new Call.Drain(node, stay), "node " + node + " was not asked to drain");
  }

  /**
   * A part of all that the ledger holds: a line of JSON, whose member {@code next} names the next
   * part if there is one, and records.
   *
   * @param from {@code next} of the part before; empty for the first one
   */
  public CompletionStage<byte[]> exportPage(String from) {
    return plain(new Call.Export(from), "the ledger was not exported");
  }

  /** Brings records of an export into the ledger; completes with how many of which, as JSON. */
  public CompletionStage<byte[]> importRecords(byte[] records) {
    return plain(new Call.Import(records), "records were not imported");
  }

  @Override
  protected int fronts() {
    return fronts.size();
  }

  @Override
  protected int batch() {
    return MAX_BATCH;
  }

  @Override
  protected long batchBytes() {
    return MAX_BATCH_BYTES;
  }

  @Override
  protected String target() {
    return fronts.toString();
  }

  @Override
  protected void closeLink() {
    underWay.values().forEach(call -> call.cancel(true));
  }

  @Override
  public String toString() {
    return "HttpTaskClient" + fronts;
  }

  /** Collects what a client is made of. Not thread-safe. */
  public static final class Builder {
    private final List<URI> fronts;
    private @Nullable String token;
    private @Nullable SSLContext tls;
    private @Nullable Executor callbacks;
    private ClientBounds bounds = BOUNDS;

    private Builder(List<String> urls) {
      if (urls.isEmpty()) {
        throw new IllegalArgumentException("name at least one URL, like http://10.0.0.1:8080");
      }
      List<URI> checked = new ArrayList<>();
      urls.forEach(url -> checked.add(front(url)));
      fronts = List.copyOf(checked);
    }

    private static URI front(String url) {
      try {
        URI uri = new URI(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
        String scheme = uri.getScheme();
        if (("http".equals(scheme) || "https".equals(scheme))
            && uri.getHost() != null
            && uri.getRawUserInfo() == null
            && uri.getRawQuery() == null
            && uri.getRawFragment() == null) {
          return uri;
        }
      } catch (URISyntaxException e) {
        throw new IllegalArgumentException(notLike(url), e);
      }
      throw new IllegalArgumentException(notLike(url));
    }

    private static String notLike(String url) {
      return "the URL of a node is '" + url + "', but must be like http://10.0.0.1:8080";
    }

    /** The token of the nodes' configuration; default: none. */
    public Builder token(@Nullable String value) {
      if (value != null && !value.matches("[\\x21-\\x7e]+")) {
        throw new IllegalArgumentException(
            "the token is empty, or has characters that cannot stand in a header");
      }
      token = value;
      return this;
    }

    /** Whom to trust for URLs with {@code https}; default: that of the JVM. */
    public Builder tls(SSLContext value) {
      tls = requireNonNull(value, "tls");
      return this;
    }

    /** Where stages complete; default: two threads of the client. It is not ended by the client. */
    public Builder callbacks(Executor value) {
      callbacks = requireNonNull(value, "callbacks");
      return this;
    }

    /** How long a node may take to answer; default 5 s. */
    public Builder answer(Duration value) {
      return bounds(
          new ClientBounds(
              value,
              bounds.patience(),
              bounds.poll(),
              bounds.submits(),
              bounds.polls(),
              bounds.queued(),
              bounds.queuedBytes()));
    }

    /**
     * How long a call is repeated that no node answers; default 10 s. With zero each URL is tried
     * once.
     */
    public Builder patience(Duration value) {
      return bounds(
          new ClientBounds(
              bounds.answer(),
              value,
              bounds.poll(),
              bounds.submits(),
              bounds.polls(),
              bounds.queued(),
              bounds.queuedBytes()));
    }

    /** All times and bounds at once. */
    public Builder bounds(ClientBounds value) {
      bounds = requireNonNull(value, "bounds");
      return this;
    }

    /** The client. */
    public HttpTaskClient build() {
      return new HttpTaskClient(this);
    }
  }
}
