package io.dispatcher.vertx;

import static java.util.Objects.requireNonNull;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.QueueLoop;
import io.dispatcher.cluster.Transport;
import io.dispatcher.hazelcast.HazelcastNode;
import io.dispatcher.hazelcast.LinkAddresses;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node of a real cluster: loops on Vert.x event loops, links over TCP, ledger and membership on
 * Hazelcast. Thread-safe.
 *
 * <p>A node on one of whose loops an error escaped, or that the others have removed, leaves at
 * once: a living member must not own tasks that nobody drives.
 */
public final class VertxCluster implements Cluster {

  private static final Logger log = LoggerFactory.getLogger(VertxCluster.class);
  private static final long CLOSE_SECONDS = 10;
  private static final long REJOIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Vertx vertx;
  private final boolean ownVertx;
  private final VertxTransport transport;
  private volatile HazelcastNode node;
  private final Ledger ledger = new SwitchedLedger(() -> nodeNow().ledger(), () -> !isRejoining());
  private final @Nullable ClusterOptions options;
  private final Consumer<Throwable> onError;
  private volatile Consumer<Runnable> rejoined = Runnable::run;
  private volatile boolean rejoining;
  private final Set<Peer> present = new HashSet<>();
  private @Nullable Loop linkLoop;
  private volatile Consumer<Throwable> ended = error -> {};
  private final SecureRandom seeds = new SecureRandom();
  private final NodeBus bus;
  private final Queue<QueueLoop> loops = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch left = new CountDownLatch(1);

  private VertxCluster(
      Vertx vertx,
      boolean ownVertx,
      VertxTransport transport,
      HazelcastNode node,
      @Nullable ClusterOptions options,
      String bind,
      int busPort,
      @Nullable LinkTls tls,
      Consumer<Throwable> onError) {
    this.vertx = vertx;
    this.options = options;
    this.ownVertx = ownVertx;
    this.transport = transport;
    this.node = node;
    this.bus =
        new NodeBus(
            this::nodeNow,
            () ->
                ClusterBus.withoutFolder(
                    new VertxOptions().setEventBusOptions(ClusterBus.options(bind, busPort, tls))));
    this.onError = onError;
  }

  /**
   * Starts a node with a Vert.x and a Hazelcast member of its own and joins the cluster. Blocks;
   * not on an event loop.
   *
   * @throws IllegalArgumentException if the options cannot be
   * @throws IllegalStateException if the node cannot listen, or the cluster refuses it; tells why
   */
  public static VertxCluster join(ClusterOptions options) {
    Vertx vertx =
        Vertx.vertx(
            ClusterBus.withoutFolder(new VertxOptions().setEventLoopPoolSize(eventLoops())));
    VertxTransport transport = null;
    try {
      Peer self = new Peer(options.node(), new SecureRandom().nextLong());
      transport =
          listen(
              vertx,
              options.clusterName(),
              self,
              options.bind(),
              options.linkPort(),
              options.tls());
      HazelcastNode node = HazelcastNode.start(options.settings(self, transport.port()));
      return new VertxCluster(
              vertx,
              true,
              transport,
              node,
              options,
              options.bind(),
              options.busPort(),
              options.tls(),
              options.onError())
          .wire();
    } catch (RuntimeException | Error e) {
      if (transport != null) {
        await(transport.close());
      }
      await(vertx.close());
      throw e;
    }
  }

  /**
   * Starts a node on a Vert.x and a Hazelcast member that the application has; closing the cluster
   * leaves both running. Name, roles, addresses and size are those of the member; links are in
   * plain text.
   *
   * <pre>{@code
   * ClusterOptions options =
   *     ClusterOptions.named("a").members("10.0.0.1", "10.0.0.2").linkPort(5801).build();
   * Config config = HazelcastNode.configure(new Config(), options.hazelcast());
   * HazelcastInstance instance = Hazelcast.newHazelcastInstance(config);
   * Cluster cluster = VertxCluster.of(vertx, HazelcastNode.of(instance));
   * }</pre>
   *
   * @param hazelcast {@code HazelcastNode.of(instance)}, which refuses a member whose settings void
   *     a promise and names each of them
   * @throws IllegalArgumentException if the member tells no link port
   * @throws IllegalStateException if the node cannot listen for links; tells why
   */
  public static VertxCluster of(Vertx vertx, HazelcastNode hazelcast) {
    return of(vertx, hazelcast, null, error -> {});
  }

  /**
   * As {@link #of(Vertx, HazelcastNode)}. Of the options TLS and {@code onError} count, the rest
   * was told to the member when it started.
   */
  public static VertxCluster of(Vertx vertx, HazelcastNode hazelcast, ClusterOptions options) {
    return of(vertx, hazelcast, options.tls(), options.onError());
  }

  private static VertxCluster of(
      Vertx vertx, HazelcastNode hazelcast, @Nullable LinkTls tls, Consumer<Throwable> onError) {
    int port = LinkAddresses.ownPort(hazelcast);
    if (port == 0) {
      throw new IllegalArgumentException(
          "member-attribute "
              + LinkAddresses.PORT
              + ": found none, needed the port for links, as options.hazelcast() sets it");
    }
    Peer self = hazelcast.membership().self().peer();
    String bind = hazelcast.address().getAddress().getHostAddress();
    VertxTransport transport = listen(vertx, hazelcast.cluster(), self, bind, port, tls);
    return new VertxCluster(vertx, false, transport, hazelcast, null, bind, 0, tls, onError).wire();
  }

  /**
   * A hop between two threads costs more than what they could do beside each other on few cores.
   */
  private static int eventLoops() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
  }

  private static VertxTransport listen(
      Vertx vertx, String cluster, Peer self, String bind, int port, @Nullable LinkTls tls) {
    try {
      return VertxTransport.listen(vertx, cluster, self, bind, port, tls)
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the node started", e);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalStateException(
          "cannot listen for links on "
              + bind
              + ":"
              + port
              + " (cluster.bind, cluster.linkPort): "
              + cause,
          e);
    }
  }

  private boolean isRejoining() {
    return rejoining;
  }

  private HazelcastNode nodeNow() {
    return node;
  }

  private VertxCluster wire() {
    transport.directory(peer -> LinkAddresses.of(node, peer));
    linkLoop = loop("links");
    wire(node, linkLoop);
    return this;
  }

  private void wire(HazelcastNode joined, Loop loop) {
    joined
        .membership()
        .listen(
            loop,
            members -> {
              if (joined != node) {
                return;
              }
              Set<Peer> now = new HashSet<>();
              for (Member member : members) {
                now.add(member.peer());
              }
              present.removeAll(now);
              transport.forget(List.copyOf(present));
              present.clear();
              present.addAll(now);
            });
    joined.onSuperseded(this::superseded);
  }

  /**
   * This node has no majority in its part of the cluster, and knows of another part to join. With a
   * Hazelcast member of its own it goes there as a new peer; one that belongs to the application is
   * the application's to start anew.
   */
  private void superseded() {
    ClusterOptions own = options;
    if (own == null) {
      fail(
          new IllegalStateException(
              "the rest of the cluster has gone on without this node: start its Hazelcast member"
                  + " and the node anew"));
      return;
    }
    Thread rejoin = new Thread(() -> rejoin(own), "dispatcher-rejoin");
    rejoin.setDaemon(true);
    rejoin.start();
  }

  private void rejoin(ClusterOptions own) {
    long begun = System.nanoTime();
    Peer before = node.membership().self().peer();
    rejoining = true;
    bus.leave();
    HazelcastNode.Left left;
    try {
      left = node.leave();
    } catch (RuntimeException | Error broken) {
      fail(broken);
      return;
    }
    while (!closing.get()) {
      Peer self = new Peer(own.node(), new SecureRandom().nextLong());
      try {
        await(transport.become(self));
        HazelcastNode joined = HazelcastNode.start(own.settings(self, transport.port()), left);
        if (closing.get()) {
          joined.terminate();
          return;
        }
        node = joined;
        wire(joined, requireNonNull(linkLoop));
        bus.joined();
        log.info(
            "{} is back in its cluster as {} after {} ms",
            before,
            self,
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        rejoined.accept(() -> rejoining = false);
        return;
      } catch (IllegalStateException notNow) {
        log.warn("{} could not join its cluster again, and tries on: {}", own.node(), notNow);
        LockSupport.parkNanos(REJOIN_PAUSE_NANOS);
      } catch (RuntimeException | Error broken) {
        fail(broken);
        return;
      }
    }
  }

  @Override
  public void onRejoin(Consumer<Runnable> listener) {
    rejoined = listener;
  }

  @Override
  public Loop loop(String name) {
    QueueLoop loop =
        new VertxLoop(
            ((VertxInternal) vertx).createEventLoopContext(), name, seeds.nextLong(), this::fail);
    loops.add(loop);
    if (closing.get()) {
      loop.end();
    }
    return loop;
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public Transport transport() {
    return transport;
  }

  @Override
  public Membership membership() {
    return node.membership();
  }

  /** The Vert.x that this node runs on. */
  public Vertx vertx() {
    return vertx;
  }

  /**
   * The Vert.x on the event bus that the nodes and {@link VertxBus} share, started by the first
   * call: the application's own if that is clustered, else one more, on the address to bind. Closed
   * with this cluster.
   *
   * <p>Completes once a store node is there. Fails with an {@link IllegalStateException} if the
   * cluster is closed before, or the bus cannot listen.
   */
  public CompletionStage<Vertx> bus() {
    if (vertx.isClustered()) {
      return CompletableFuture.completedStage(vertx);
    }
    return bus.started();
  }

  /**
   * Ends the loops, closes the links and its own Vert.x, then leaves the cluster. A repeated call
   * waits for the first.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      try {
        stop();
        node.close();
      } finally {
        left.countDown();
      }
    } else {
      try {
        left.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void onEnd(Consumer<Throwable> listener) {
    ended = listener;
  }

  /** On any thread, a loop's too. */
  private void fail(Throwable error) {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    log.error("node {} leaves at once: {}", node.membership().self().peer(), error.toString());
    loops.forEach(QueueLoop::end);
    Thread end =
        new Thread(
            () -> {
              try {
                if (ownVertx) {
                  node.terminate();
                } else {
                  node.close();
                }
                stop();
              } finally {
                left.countDown();
                ended.accept(error);
                onError.accept(error);
              }
            },
            "dispatcher-end");
    end.setDaemon(true);
    end.start();
  }

  private void stop() {
    loops.forEach(QueueLoop::end);
    bus.close();
    await(transport.close());
    if (ownVertx) {
      await(vertx.close());
    }
  }

  private static void await(Future<Void> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("not closed in order", e);
    }
  }
}
