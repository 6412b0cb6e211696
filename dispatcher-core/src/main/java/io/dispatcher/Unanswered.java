package io.dispatcher;

import io.dispatcher.task.DispatcherException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Questions of this node's callers that have no answer yet, from before their turn of the front's
 * loop: should the loop end, nobody else would answer them. Thread-safe.
 */
final class Unanswered {

  private final AtomicLong last = new AtomicLong();

  /** By number: the first that asked is told first. */
  private final Map<Long, CompletableFuture<?>> open = new ConcurrentSkipListMap<>();

  /** Fails with this node if nothing else completes it before. */
  void track(CompletableFuture<?> future) {
    long number = last.incrementAndGet();
    open.put(number, future);
    future.whenComplete((value, error) -> open.remove(number));
  }

  void abandon(DispatcherException why, Callbacks callbacks) {
    for (CompletableFuture<?> future : open.values()) {
      callbacks.add(() -> future.completeExceptionally(why));
    }
  }
}
