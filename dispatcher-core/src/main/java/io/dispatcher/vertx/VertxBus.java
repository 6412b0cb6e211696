package io.dispatcher.vertx;

import io.dispatcher.hazelcast.HazelcastGuest;
import io.dispatcher.ledger.Peer;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The Vert.x of an application on the event bus of a dispatcher's cluster. The application is no
 * node: it keeps no data, runs no tasks, and comes and goes without anybody's notice.
 *
 * <pre>{@code
 * ClusterOptions options =
 *     ClusterOptions.named("shop").clusterName("acme-jobs").port(0)
 *         .members("10.0.0.1", "10.0.0.2", "10.0.0.3").bind("10.0.0.9").build();
 * try (VertxBus bus = VertxBus.join(options);
 *     TaskClient client = new EventBusTaskClient(bus.vertx())) {
 *   client.submit(SHOUT.task("hello")).await(ofSeconds(5));
 * }
 * }</pre>
 *
 * <p>It is a member of the Hazelcast cluster all the same, so it must reach the nodes and be
 * reached by them, at {@code bind} and the ports of Hazelcast and of the bus. A process that is
 * outside their network uses {@code HttpTaskClient}. An application that has a clustered Vert.x
 * already keeps it; this is one more, and only its event bus matters. Thread-safe.
 */
public final class VertxBus implements AutoCloseable {

  /** How long {@link #join} waits for a store node. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HazelcastGuest member;
  private final ClusterBus bus;
  private final Vertx vertx;

  private VertxBus(HazelcastGuest member, ClusterBus bus, Vertx vertx) {
    this.member = member;
    this.bus = bus;
    this.vertx = vertx;
  }

  /**
   * Joins with a Vert.x of default options. Blocks until a store node is there; not on an event
   * loop.
   *
   * @param options of which the names of application and cluster, the address and ports to bind,
   *     the members, detection, TLS and properties count
   * @throws IllegalStateException if it cannot listen, or there is no store node in time; tells why
   */
  public static VertxBus join(ClusterOptions options) {
    return join(options, ClusterBus.withoutFolder(new VertxOptions()));
  }

  /** As {@link #join(ClusterOptions)}; the options of the event bus are set in a copy. */
  public static VertxBus join(ClusterOptions options, VertxOptions vertxOptions) {
    HazelcastGuest member =
        HazelcastGuest.start(
            options.settings(new Peer(options.node(), new SecureRandom().nextLong()), 0));
    VertxOptions own = new VertxOptions(vertxOptions);
    own.setEventBusOptions(ClusterBus.options(options.bind(), options.busPort(), options.tls()));
    ClusterBus bus = new ClusterBus(member, own);
    try {
      Vertx vertx = bus.started().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return new VertxBus(member, bus, vertx);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(member, bus, "interrupted while joining the event bus", e);
    } catch (TimeoutException e) {
      throw failed(
          member,
          bus,
          "no store node of cluster %s was found within %d s at %s (cluster.name, cluster.members)"
              .formatted(options.clusterName(), PATIENCE.toSeconds(), options.members()),
          e);
    } catch (ExecutionException | CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw failed(member, bus, String.valueOf(cause.getMessage()), cause);
    }
  }

  private static IllegalStateException failed(
      HazelcastGuest member, ClusterBus bus, String why, Throwable cause) {
    bus.close();
    member.close();
    return new IllegalStateException(why, cause);
  }

  /** The Vert.x; closed with this. */
  public Vertx vertx() {
    return vertx;
  }

  /** Closes the Vert.x, then leaves the cluster. Blocks; not on an event loop. */
  @Override
  public void close() {
    bus.close();
    member.close();
  }
}
