package io.dispatcher.node.handlers;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Takes a body up to a limit and hangs up on the rest. */
final class BoundedBody implements BodySubscriber<BoundedBody.Content> {

  /**
   * What came.
   *
   * @param cut whether there was more
   */
  record Content(byte[] bytes, boolean cut) {}

  private final int limit;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CompletableFuture<Content> body = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;

  BoundedBody(int limit) {
    this.limit = limit;
  }

  @Override
  public CompletionStage<Content> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription incoming) {
    subscription = incoming;
    incoming.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      if (body.isDone()) {
        return;
      }
      byte[] part = new byte[Math.min(buffer.remaining(), limit - bytes.size())];
      boolean cut = part.length < buffer.remaining();
      buffer.get(part);
      bytes.writeBytes(part);
      if (cut) {
        if (subscription != null) {
          subscription.cancel();
        }
        body.complete(new Content(bytes.toByteArray(), true));
      }
    }
  }

  @Override
  public void onError(Throwable error) {
    body.completeExceptionally(error);
  }

  @Override
  public void onComplete() {
    body.complete(new Content(bytes.toByteArray(), false));
  }
}
