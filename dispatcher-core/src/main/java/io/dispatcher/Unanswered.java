package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.task.DispatcherException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Questions and cancels of callers that have no answer yet. Confined to the front's loop. */
final class Unanswered {

  /** Of one caller; told by identity. */
  private static final class Open {
    private final CompletableFuture<?> future;

    Open(CompletableFuture<?> future) {
      this.future = future;
    }
  }

  private final Loop loop;
  private final Callbacks callbacks;
  private final Set<Open> open = new HashSet<>();

  Unanswered(Loop loop, Callbacks callbacks) {
    this.loop = loop;
    this.callbacks = callbacks;
  }

  /** Fails with this front if nothing else completes it before. */
  void track(CompletableFuture<?> future) {
    Open entry = new Open(future);
    open.add(entry);
    future.whenComplete((value, error) -> loop.execute(() -> open.remove(entry)));
  }

  void abandon(DispatcherException why) {
    for (Open entry : List.copyOf(open)) {
      callbacks.add(() -> entry.future.completeExceptionally(why));
    }
  }
}
