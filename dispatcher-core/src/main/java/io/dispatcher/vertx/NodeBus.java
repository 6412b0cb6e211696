package io.dispatcher.vertx;

import io.dispatcher.hazelcast.BusMember;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bus of a node, on the Hazelcast member that the node has at the time. Where the node leaves
 * its part of the cluster to join another one, who waits for the bus to start waits for that of the
 * next member. Thread-safe.
 */
final class NodeBus {

  private final Supplier<? extends BusMember> member;
  private final Supplier<VertxOptions> options;

  // All of these guarded by the lock.
  private final Object lock = new Object();
  private @Nullable ClusterBus bus;

  /** What those who asked wait for; null if nobody has asked for the bus as it is. */
  private @Nullable CompletableFuture<Vertx> asked;

  /** They have it, or are about to. */
  private boolean told;

  private boolean away;
  private boolean closed;

  /**
   * @param member the one that the node has now
   * @param options for a new Vert.x each time
   */
  NodeBus(Supplier<? extends BusMember> member, Supplier<VertxOptions> options) {
    this.member = member;
    this.options = options;
  }

  /** As {@link VertxCluster#bus}. */
  CompletionStage<Vertx> started() {
    synchronized (lock) {
      if (closed) {
        return CompletableFuture.failedStage(new IllegalStateException("the cluster is closed"));
      }
      CompletableFuture<Vertx> stage = asked;
      if (stage == null) {
        stage = new CompletableFuture<>();
        told = false;
        if (!away) {
          start(stage);
        }
        asked = stage;
      }
      return stage.minimalCompletionStage();
    }
  }

  private void start(CompletableFuture<Vertx> stage) {
    ClusterBus next = new ClusterBus(member.get(), options.get());
    bus = next;
    next.started().whenComplete((vertx, why) -> tell(next, stage, vertx, why));
  }

  private void tell(
      ClusterBus from,
      CompletableFuture<Vertx> stage,
      @Nullable Vertx vertx,
      @Nullable Throwable why) {
    synchronized (lock) {
      if (bus != from) {
        return;
      }
      told = true;
    }
    // Not under the lock: these run what others have appended.
    if (vertx != null) {
      stage.complete(vertx);
    } else {
      stage.completeExceptionally(why);
    }
  }

  /** The node leaves its part of the cluster and is to join another one. Blocks. */
  void leave() {
    ClusterBus open;
    synchronized (lock) {
      away = true;
      open = bus;
      bus = null;
      if (told) {
        asked = null;
      }
    }
    if (open != null) {
      open.close();
    }
  }

  /** The node has joined again. */
  void joined() {
    synchronized (lock) {
      away = false;
      CompletableFuture<Vertx> stage = asked;
      if (stage != null && !closed) {
        start(stage);
      }
    }
  }

  /** Blocks. */
  void close() {
    ClusterBus open;
    CompletableFuture<Vertx> stage;
    synchronized (lock) {
      closed = true;
      open = bus;
      bus = null;
      stage = asked;
    }
    if (stage != null) {
      stage.completeExceptionally(new IllegalStateException("the event bus was closed"));
    }
    if (open != null) {
      open.close();
    }
  }
}
