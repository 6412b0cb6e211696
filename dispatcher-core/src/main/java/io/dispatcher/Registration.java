package io.dispatcher;

import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Handler;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A handler of this node with its type and its pool; exactly one of handler and async is set. */
record Registration<P extends @Nullable Object, R extends @Nullable Object>(
    TaskType<P, R> type,
    @Nullable Handler<P, R> handler,
    @Nullable AsyncHandler<P, R> async,
    HandlerOptions options,
    Pool pool,
    ShortestRun shortest) {

  private static final Logger LOG = System.getLogger("io.dispatcher");

  /** Decodes, runs and encodes; on a thread of the pool. */
  CompletionStage<byte[]> call(byte[] payload, TaskContext context) throws Exception {
    P decoded = type.payload().decode(payload);
    Handler<P, R> sync = handler;
    if (sync != null) {
      return CompletableFuture.completedFuture(encode(sync.handle(decoded, context)));
    }
    CompletionStage<R> stage = Objects.requireNonNull(async).handle(decoded, context);
    if (stage == null) {
      throw new NullPointerException("the async handler of " + type.name() + " returned no stage");
    }
    return stage.thenApply(this::encoded);
  }

  /** The same, within a scope. */
  CompletionStage<byte[]> callIn(AttemptScope scope, byte[] payload, TaskContext context)
      throws Exception {
    AutoCloseable open = null;
    try {
      open = scope.open(context.id(), context.type(), context.attempt());
    } catch (RuntimeException thrown) {
      LOG.log(Level.WARNING, "the scope around attempts threw as it opened", thrown);
    }
    try {
      return call(payload, context);
    } finally {
      close(open);
    }
  }

  private static void close(@Nullable AutoCloseable open) {
    if (open != null) {
      try {
        open.close();
      } catch (Exception thrown) {
        LOG.log(Level.WARNING, "the scope around attempts threw as it closed", thrown);
      }
    }
  }

  private byte[] encoded(R value) {
    try {
      return encode(value);
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  private byte[] encode(R value) throws Exception {
    if (value == null && type.result() != Codec.nothing()) {
      throw new NullPointerException(
          "the handler of " + type.name() + " returned null; only Codec.nothing() allows it");
    }
    return type.result().encode(value);
  }
}
