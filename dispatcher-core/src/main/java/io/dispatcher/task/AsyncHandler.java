package io.dispatcher.task;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Does the work of one task type without holding a thread: the task keeps its slot until the stage
 * completes. Called from many threads at once, so it must be thread-safe.
 *
 * <p>What {@link Handler} says of repeated starts holds here too.
 *
 * @param <P> payload
 * @param <R> result
 */
@FunctionalInterface
public interface AsyncHandler<P extends @Nullable Object, R extends @Nullable Object> {
  /**
   * Starts one attempt and returns soon. The call itself is made on a thread of the pool; the stage
   * may complete on any thread.
   *
   * <p>Nothing is interrupted here: use {@link TaskContext#cancellation()} to stop what is under
   * way. The slot is free again at the time limit or at cancellation, whether or not the stage has
   * completed.
   *
   * @param payload null only if its codec is {@link Codec#nothing()}
   * @return a stage with the result, null only if its codec is {@link Codec#nothing()}; a stage
   *     that fails is a failed attempt, as is null instead of a stage
   * @throws Exception if the attempt failed
   */
  CompletionStage<R> handle(P payload, TaskContext context) throws Exception;
}
