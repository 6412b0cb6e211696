package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.config.HandlerConfig;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Posts the payload of a task to a service and takes the body of its answer as the result. An
 * answer that blames the request is not asked for again, except where its status says "later".
 */
final class UpstreamHandler implements AsyncHandler<byte[], byte[]> {

  /** Request timeout, too early, too many requests. */
  private static final Set<Integer> LATER = Set.of(408, 425, 429);

  private static final int MAX_ERROR = 8 << 10;
  private static final int MAX_LINE = 300;

  private final HttpClient client;
  private final HandlerConfig.Http config;

  /** For messages: without the query, which may hold a key. */
  private final String name;

  UpstreamHandler(HttpClient client, HandlerConfig.Http config) {
    this.client = client;
    this.config = config;
    URI url = config.url();
    name = "POST " + url.getScheme() + "://" + url.getRawAuthority() + url.getRawPath();
    headers(HttpRequest.newBuilder(url), "Test", "test", 1);
  }

  @Override
  public CompletionStage<byte[]> handle(byte[] payload, TaskContext context) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(config.url()).POST(BodyPublishers.ofByteArray(payload));
    headers(request, context.id().text(), context.type(), context.attempt());
    CompletableFuture<HttpResponse<BoundedBody.Content>> call =
        client.sendAsync(request.build(), UpstreamHandler::body);
    context.cancellation().thenRun(() -> call.cancel(true));
    return call.handle(
        (response, error) -> {
          if (error != null) {
            throw new CompletionException(unreachable(error));
          }
          return result(response);
        });
  }

  /** The configuration's headers stand over ours. */
  private void headers(HttpRequest.Builder request, String id, String type, int attempt) {
    request
        .setHeader("Content-Type", "application/octet-stream")
        .setHeader("Idempotency-Key", '"' + id + '"')
        .setHeader("Dispatcher-Task-Id", id)
        .setHeader("Dispatcher-Task-Type", type)
        .setHeader("Dispatcher-Task-Attempt", Integer.toString(attempt));
    config.headers().forEach(request::setHeader);
  }

  private static BoundedBody body(HttpResponse.ResponseInfo answer) {
    return good(answer.statusCode())
        ? new BoundedBody(TaskLimits.MAX_VALUE_BYTES)
        : new BoundedBody(MAX_ERROR);
  }

  private static boolean good(int status) {
    return status >= 200 && status < 300;
  }

  private byte[] result(HttpResponse<BoundedBody.Content> response) {
    int status = response.statusCode();
    BoundedBody.Content body = response.body();
    if (!good(status)) {
      throw new CompletionException(refused(status, new String(body.bytes(), UTF_8)));
    }
    if (body.cut()) {
      throw new TaskRefused(
          TaskRefused.Reason.TOO_LARGE,
          "%s answered with more than %d bytes; answer with a reference to the result instead"
              .formatted(name, TaskLimits.MAX_VALUE_BYTES),
          null);
    }
    return body.bytes();
  }

  private UpstreamFailed refused(int status, String body) {
    String line =
        body.lines()
            .map(each -> each.replaceAll("\\p{Cntrl}", "").strip())
            .filter(each -> !each.isEmpty())
            .findFirst()
            .orElse("");
    String said = line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE) + "…";
    String message = name + " answered " + status + (said.isEmpty() ? "" : ": " + said);
    boolean later = status >= 500 || LATER.contains(status);
    return later ? new UpstreamFailed(message, body) : new UpstreamRefused(message, body);
  }

  private UpstreamFailed unreachable(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    String why =
        cause instanceof ConnectException && cause.getMessage() == null
            ? "nobody listens there"
            : cause.toString();
    return new UpstreamFailed(name + " had no answer: " + why, "");
  }
}
