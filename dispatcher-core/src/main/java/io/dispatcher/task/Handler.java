package io.dispatcher.task;

import org.jspecify.annotations.Nullable;

/**
 * Does the work of one task type, on a thread of its pool. May block. Called from many threads at
 * once, so it must be thread-safe.
 *
 * <p>A task may be started more than once (its node died, its answer was lost), so side effects
 * should bear repeating, or be guarded with {@link TaskContext#fence()}.
 *
 * @param <P> payload
 * @param <R> result
 */
@FunctionalInterface
public interface Handler<P extends @Nullable Object, R extends @Nullable Object> {
  /**
   * Runs one attempt. At its time limit, and when the task is cancelled, the thread is interrupted;
   * a handler that takes long should also look at {@link TaskContext#cancelled()}.
   *
   * @param payload null only if its codec is {@link Codec#nothing()}
   * @return the result; null only if its codec is {@link Codec#nothing()}, else the attempt fails
   * @throws Exception if the attempt failed; it is retried while retries are left, unless {@link
   *     HandlerOptions#noRetry()} names the error
   */
  R handle(P payload, TaskContext context) throws Exception;
}
