package io.dispatcher.vertx;

import static java.util.Objects.requireNonNull;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.QueueLoop;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport;
import io.dispatcher.hazelcast.HazelcastNode;
import io.dispatcher.hazelcast.HazelcastSettings;
import io.dispatcher.hazelcast.LinkAddresses;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
  private static final long REJOIN_PAUSE_MILLIS = 500;

  private final Vertx vertx;
  private final boolean ownVertx;
  private final VertxTransport transport;
  private volatile HazelcastNode node;
  private final Ledger ledger = new SwitchedLedger(() -> nodeNow().ledger(), () -> !isRejoining());
  private final @Nullable Options options;
  private final Consumer<Throwable> onError;
  private volatile Consumer<Runnable> rejoined = Runnable::run;
  private volatile boolean rejoining;
  private final Set<Peer> present = new HashSet<>();
  private @Nullable Loop linkLoop;
  private volatile Consumer<Throwable> ended = error -> {};
  private final String bind;
  private final int busPort;
  private final @Nullable LinkTls tls;
  private final SecureRandom seeds = new SecureRandom();
  private final Object busLock = new Object();
  private @Nullable ClusterBus bus;
  private final Queue<QueueLoop> loops = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch left = new CountDownLatch(1);

  private VertxCluster(
      Vertx vertx,
      boolean ownVertx,
      VertxTransport transport,
      HazelcastNode node,
      @Nullable Options options,
      String bind,
      int busPort,
      @Nullable LinkTls tls,
      Consumer<Throwable> onError) {
    this.vertx = vertx;
    this.options = options;
    this.ownVertx = ownVertx;
    this.transport = transport;
    this.node = node;
    this.bind = bind;
    this.busPort = busPort;
    this.tls = tls;
    this.onError = onError;
  }

  /**
   * Starts a node with a Vert.x and a Hazelcast member of its own and joins the cluster. Blocks;
   * not on an event loop.
   *
   * @throws IllegalArgumentException if the options cannot be
   * @throws IllegalStateException if the node cannot listen, or the cluster refuses it; tells why
   */
  public static VertxCluster join(Options options) {
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
   * Options options = Options.named("a").members("10.0.0.1", "10.0.0.2").linkPort(5801).build();
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
  public static VertxCluster of(Vertx vertx, HazelcastNode hazelcast, Options options) {
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
    Options own = options;
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

  private void rejoin(Options own) {
    long begun = System.nanoTime();
    Peer before = node.membership().self().peer();
    rejoining = true;
    closeBus();
    HazelcastNode.Left left = node.leave();
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
        log.info(
            "{} is back in its cluster as {} after {} ms",
            before,
            self,
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        rejoined.accept(() -> rejoining = false);
        return;
      } catch (IllegalStateException notNow) {
        log.warn("{} could not join its cluster again, and tries on: {}", own.node(), notNow);
        pause();
      } catch (RuntimeException | Error broken) {
        fail(broken);
        return;
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(REJOIN_PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
    synchronized (busLock) {
      if (closing.get()) {
        return CompletableFuture.failedStage(new IllegalStateException("the cluster is closed"));
      }
      if (bus == null) {
        bus =
            new ClusterBus(
                node,
                ClusterBus.withoutFolder(
                    new VertxOptions().setEventBusOptions(ClusterBus.options(bind, busPort, tls))));
      }
      return bus.started();
    }
  }

  private void closeBus() {
    ClusterBus open;
    synchronized (busLock) {
      open = bus;
      bus = null;
    }
    if (open != null) {
      open.close();
    }
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
    closeBus();
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

  /**
   * How a node takes part in a cluster. Immutable.
   *
   * @param node name of the node, unlike that of any other live node
   * @param roles what it does
   * @param zone where it stands, if that is known
   * @param labels what it has that tasks may ask for
   * @param clusterName only nodes with the same name meet
   * @param bind host name or address to listen on and to be reached at
   * @param port of Hazelcast; 0 = any that is free
   * @param members where to look for other nodes, each {@code host} or {@code host:port}
   * @param size the declared number of store nodes; 0 = as many as members are listed, at least 1
   * @param linkPort of the links between nodes; 0 = any that is free
   * @param busPort of the event bus; 0 = any that is free
   * @param tls for the links and the event bus; null: plain text
   * @param detection how long a node may be silent before it is removed
   * @param properties further Hazelcast properties
   * @param onError told why the node left by itself, once it has left
   */
  public record Options(
      String node,
      Set<Role> roles,
      @Nullable String zone,
      Set<String> labels,
      String clusterName,
      String bind,
      int port,
      List<String> members,
      int size,
      int linkPort,
      int busPort,
      @Nullable LinkTls tls,
      Duration detection,
      Map<String, String> properties,
      Consumer<Throwable> onError) {

    /** Copies and checks the options. */
    public Options {
      roles = Set.copyOf(roles);
      labels = Set.copyOf(labels);
      members = List.copyOf(members);
      properties = Map.copyOf(properties);
      requireNonNull(onError, "onError");
      port("cluster.linkPort", linkPort);
      port("bus.port", busPort);
      if (linkPort != 0 && linkPort == port) {
        throw new IllegalArgumentException(
            "cluster.linkPort is " + linkPort + ", but must not be cluster.port");
      }
      if (tls != null) {
        readable("key", tls.key());
        readable("certificate", tls.certificate());
        readable("trust", tls.trust());
      }
      settings(
          node, roles, zone, labels, clusterName, bind, port, members, size, detection, properties);
    }

    /** Options with everything at its default but the name of the node. */
    public static Builder named(String node) {
      return new Builder(node);
    }

    /**
     * The settings with which an application starts its own Hazelcast member, for {@link
     * VertxCluster#of}.
     *
     * @throws IllegalArgumentException if no link port is set
     */
    public HazelcastSettings hazelcast() {
      if (linkPort == 0) {
        throw new IllegalArgumentException(
            "cluster.linkPort is 0, but must be a fixed port when the application starts Hazelcast");
      }
      return settings(new Peer(node, new SecureRandom().nextLong()), linkPort);
    }

    HazelcastSettings settings(Peer self, int port) {
      return settings(
              node,
              roles,
              zone,
              labels,
              clusterName,
              bind,
              this.port,
              members,
              size,
              detection,
              properties)
          .incarnation(self.incarnation())
          .attribute(LinkAddresses.PORT, Integer.toString(port))
          .build();
    }

    private static HazelcastSettings.Builder settings(
        String node,
        Set<Role> roles,
        @Nullable String zone,
        Set<String> labels,
        String clusterName,
        String bind,
        int port,
        List<String> members,
        int size,
        Duration detection,
        Map<String, String> properties) {
      HazelcastSettings.Builder builder =
          HazelcastSettings.builder(clusterName, node)
              .roles(roles)
              .zone(zone)
              .labels(labels)
              .bind(bind)
              .port(port)
              .members(members)
              .size(size)
              .detection(detection);
      properties.forEach(builder::property);
      builder.build();
      return builder;
    }

    private static void port(String what, int port) {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException(what + " is " + port + ", but must be 0 to 65535");
      }
    }

    private static void readable(String what, Path file) {
      if (!Files.isReadable(file)) {
        throw new IllegalArgumentException(
            "cluster.tls." + what + " is " + file + ", but must be a PEM file that can be read");
      }
    }

    /** Collects options. Not thread-safe. */
    public static final class Builder {
      private final String node;
      private Set<Role> roles = EnumSet.allOf(Role.class);
      private @Nullable String zone;
      private Set<String> labels = Set.of();
      private String clusterName = "dispatcher";
      private String bind = "127.0.0.1";
      private int port = HazelcastSettings.DEFAULT_PORT;
      private List<String> members = new ArrayList<>();
      private int size;
      private int linkPort;
      private int busPort;
      private @Nullable LinkTls tls;
      private Duration detection = Duration.ofSeconds(5);
      private final Map<String, String> properties = new HashMap<>();
      private Consumer<Throwable> onError = error -> {};

      private Builder(String node) {
        this.node = node;
      }

      /** Default: store, front and worker. */
      public Builder roles(Role first, Role... others) {
        roles = EnumSet.of(first, others);
        return this;
      }

      /** Default: none. */
      public Builder zone(@Nullable String value) {
        zone = value;
        return this;
      }

      /** Default: none. */
      public Builder labels(String... values) {
        labels = Set.of(values);
        return this;
      }

      /** Default: {@code dispatcher}. */
      public Builder clusterName(String value) {
        clusterName = value;
        return this;
      }

      /** Default: loopback. */
      public Builder bind(String value) {
        bind = value;
        return this;
      }

      /** Default: 5701; 0 = any that is free. */
      public Builder port(int value) {
        port = value;
        return this;
      }

      /** Default: none, a cluster of one node. */
      public Builder members(String... values) {
        members = List.of(values);
        return this;
      }

      /** Default: as many store nodes as members are listed, at least 1. */
      public Builder size(int value) {
        size = value;
        return this;
      }

      /** Default: any port that is free. */
      public Builder linkPort(int value) {
        linkPort = value;
        return this;
      }

      /** Default: any port that is free. */
      public Builder busPort(int value) {
        busPort = value;
        return this;
      }

      /** Default: links and event bus in plain text. */
      public Builder tls(LinkTls value) {
        tls = value;
        return this;
      }

      /** Default: 5 s; 10 s suits overloaded hosts. */
      public Builder detection(Duration value) {
        detection = value;
        return this;
      }

      /** A further Hazelcast property. */
      public Builder property(String name, String value) {
        properties.put(name, value);
        return this;
      }

      /** Default: the log tells it only. */
      public Builder onError(Consumer<Throwable> value) {
        onError = value;
        return this;
      }

      /**
       * The options.
       *
       * @throws IllegalArgumentException if one cannot be; tells which, what was found and what was
       *     expected
       */
      public Options build() {
        return new Options(
            node,
            roles,
            zone,
            labels,
            clusterName,
            bind,
            port,
            members,
            size,
            linkPort,
            busPort,
            tls,
            detection,
            properties,
            onError);
      }
    }
  }
}
