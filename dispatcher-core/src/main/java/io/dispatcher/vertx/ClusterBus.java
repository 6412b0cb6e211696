package io.dispatcher.vertx;

import io.dispatcher.hazelcast.BusMember;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Vert.x on the event bus of the cluster, started once a store node is there to keep its
 * addresses. Its traffic has event loops of its own: the links of the engine are not held up by it.
 * Thread-safe.
 */
final class ClusterBus {

  private static final Logger log = LoggerFactory.getLogger(ClusterBus.class);
  private static final long PAUSE_MILLIS = 100;
  private static final long BUILD_SECONDS = 30;
  private static final long CLOSE_SECONDS = 10;

  private final BusMember member;
  private final VertxOptions options;
  private final CompletableFuture<Vertx> started = new CompletableFuture<>();
  private final Thread starter;
  private volatile boolean closing;

  ClusterBus(BusMember member, VertxOptions options) {
    this.member = member;
    this.options = options;
    starter = new Thread(this::start, "dispatcher-bus");
    starter.setDaemon(true);
    starter.start();
  }

  /**
   * Where the bus listens and whom it trusts. A dead peer is noticed in seconds; without this the
   * bus binds whatever address comes first, and waits a minute for a host that does not answer.
   */
  static EventBusOptions options(String bind, int port, @Nullable LinkTls tls) {
    String address = address(bind);
    EventBusOptions bus =
        new EventBusOptions()
            .setHost(address)
            .setPort(port)
            .setClusterPublicHost(address)
            .setTcpNoDelay(true)
            .setConnectTimeout(2_000)
            .setClusterPingInterval(3_000)
            .setClusterPingReplyInterval(3_000);
    if (tls != null) {
      bus.setSsl(true)
          .setTrustAll(false)
          .setClientAuth(ClientAuth.REQUIRED)
          .setKeyCertOptions(tls.own())
          .setTrustOptions(tls.trusted());
    }
    return bus;
  }

  private static String address(String bind) {
    try {
      return InetAddress.getByName(bind).getHostAddress();
    } catch (UnknownHostException unknown) {
      throw new IllegalArgumentException(
          "cluster.bind is " + bind + ", which is no known host", unknown);
    }
  }

  /**
   * Nothing of ours lies on the class path, and a process that is killed leaves no folder behind.
   */
  static VertxOptions withoutFolder(VertxOptions options) {
    options.getFileSystemOptions().setClassPathResolvingEnabled(false).setFileCachingEnabled(false);
    return options;
  }

  /** Completes once it is started; fails if it is closed before, or its address is taken. */
  CompletionStage<Vertx> started() {
    return started.minimalCompletionStage();
  }

  private void start() {
    boolean told = false;
    try {
      while (!closing) {
        if (member.hasStore()) {
          if (begin()) {
            return;
          }
        } else if (!told) {
          told = true;
          log.info("the event bus waits for a store node");
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException closed) {
      started.completeExceptionally(new IllegalStateException("the event bus was closed"));
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause() == null ? failed : failed.getCause();
      started.completeExceptionally(unusable(cause));
    } catch (RuntimeException failed) {
      started.completeExceptionally(unusable(failed));
    }
  }

  /** False if the cluster could not take its address in now, as it just loses a node. */
  private boolean begin() throws InterruptedException, ExecutionException {
    try {
      Vertx vertx = await(build());
      if (vertx == null) {
        return false;
      }
      if (!started.complete(vertx)) {
        vertx.close();
      }
      return true;
    } catch (ExecutionException | RuntimeException failed) {
      if (closing || !BusMember.mayPass(failed)) {
        throw failed;
      }
      log.warn(
          "the cluster loses a node ({}), the event bus tries to start again", failed.toString());
      log.debug("The event bus did not start", failed);
    }
    return false;
  }

  /** Null if it takes too long: it is closed if it comes after all. */
  private static @Nullable Vertx await(Future<Vertx> building)
      throws InterruptedException, ExecutionException {
    try {
      return building
          .toCompletionStage()
          .toCompletableFuture()
          .get(BUILD_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException closed) {
      building.onSuccess(Vertx::close);
      throw closed;
    } catch (TimeoutException late) {
      building.onSuccess(Vertx::close);
      log.warn("the event bus did not start within {} s, trying again", BUILD_SECONDS);
      return null;
    }
  }

  private IllegalStateException unusable(Throwable cause) {
    EventBusOptions bus = options.getEventBusOptions();
    return new IllegalStateException(
        "the event bus cannot listen on %s:%d (cluster.bind, bus.port): %s"
            .formatted(bus.getHost(), bus.getPort(), cause),
        cause);
  }

  private Future<Vertx> build() {
    return Vertx.builder()
        .with(options)
        .withClusterManager(new HazelcastClusterManager(member.instance()))
        .buildClustered();
  }

  /** Closes the Vert.x. Blocks. */
  void close() {
    closing = true;
    starter.interrupt();
    started.completeExceptionally(new IllegalStateException("the event bus was closed"));
    if (started.isCompletedExceptionally()) {
      return;
    }
    try {
      started
          .join()
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("the event bus was not closed in order: {}", e.toString());
    }
  }
}
