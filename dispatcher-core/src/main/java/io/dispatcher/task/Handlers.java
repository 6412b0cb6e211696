package io.dispatcher.task;

import org.jspecify.annotations.Nullable;

/**
 * Takes the handlers of a node while it starts. Not thread-safe.
 *
 * <p>Registering a second handler for the name of a type throws {@link IllegalArgumentException}.
 */
public interface Handlers {
  /** Registers a handler that may block, with {@link HandlerOptions#DEFAULT}. */
  default <P extends @Nullable Object, R extends @Nullable Object> Handlers handle(
      TaskType<P, R> type, Handler<P, R> handler) {
    return handle(type, handler, HandlerOptions.DEFAULT);
  }

  /** Registers a handler that may block. */
  <P extends @Nullable Object, R extends @Nullable Object> Handlers handle(
      TaskType<P, R> type, Handler<P, R> handler, HandlerOptions options);

  /** Registers a handler that holds a slot but no thread, with {@link HandlerOptions#DEFAULT}. */
  default <P extends @Nullable Object, R extends @Nullable Object> Handlers handleAsync(
      TaskType<P, R> type, AsyncHandler<P, R> handler) {
    return handleAsync(type, handler, HandlerOptions.DEFAULT);
  }

  /** Registers a handler that holds a slot but no thread. */
  <P extends @Nullable Object, R extends @Nullable Object> Handlers handleAsync(
      TaskType<P, R> type, AsyncHandler<P, R> handler, HandlerOptions options);
}
