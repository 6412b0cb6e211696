package io.dispatcher.node.http;

import io.dispatcher.ClusterView;
import io.dispatcher.Dispatcher;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The view of the cluster, asked for at most a few times a second however many pages look at it.
 * Thread-safe.
 */
final class Views {
  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private record Asked(long at, CompletionStage<ClusterView> view) {}

  private final Dispatcher dispatcher;
  private volatile @Nullable Asked last;

  Views(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  CompletionStage<ClusterView> get() {
    long now = System.nanoTime();
    Asked before = last;
    if (before != null && now - before.at < FRESH_NANOS) {
      return before.view;
    }
    Asked asked = new Asked(now, dispatcher.view());
    last = asked;
    return asked.view;
  }
}
