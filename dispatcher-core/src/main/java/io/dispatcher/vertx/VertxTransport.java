package io.dispatcher.vertx;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.NewestMap;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.ledger.Peer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames over TCP: one link between each two nodes that talk, made by whichever side sends first.
 * If both do at once both links stay and each side sends on the one it had first. Frames between
 * roles of this node pass as objects.
 *
 * <p>All sockets and all state live on one event loop. A frame that arrives is decoded there and
 * handed to its role's executor. Frames sent while the loop is busy leave in one write.
 * Thread-safe.
 */
final class VertxTransport implements Transport {

  private static final Logger log = LoggerFactory.getLogger(VertxTransport.class);

  /** The most unsent bytes per peer before the socket, and as many again inside it. */
  static final int MAX_UNSENT_BYTES = 8 << 20;

  private static final int CONNECT_MILLIS = 2_000;
  private static final int REMEMBERED_PEERS = 1024;

  /** Strangers that have not said hello yet. */
  private static final int MAX_STRANGERS = 256;

  final Vertx vertx;
  private final Context context;
  final String cluster;
  volatile Peer self;
  private final NetServer server;
  final NetClient client;
  final Map<Peer, Route> routes = new ConcurrentHashMap<>();
  private final List<CloseListener> closeListeners = new CopyOnWriteArrayList<>();
  final WireBuffer out = new WireBuffer();
  private volatile Map<Role, Receiver> receivers = Map.of();
  volatile Function<Peer, @Nullable InetSocketAddress> directory = peer -> null;
  private volatile int port;
  volatile boolean closed;

  // Only on the event loop.
  final Set<Link> links = new HashSet<>();
  final Map<Peer, Boolean> gone = new NewestMap<>(REMEMBERED_PEERS);
  int strangers;

  private record Receiver(Executor executor, BiConsumer<Address, Frame> frames) {}

  private record CloseListener(Executor executor, Consumer<Peer> listener) {}

  private VertxTransport(Vertx vertx, String cluster, Peer self, @Nullable LinkTls tls) {
    this.vertx = vertx;
    this.context = ((VertxInternal) vertx).createEventLoopContext();
    this.cluster = cluster;
    this.self = self;
    NetServerOptions serverOptions = new NetServerOptions().setTcpNoDelay(true);
    NetClientOptions clientOptions =
        new NetClientOptions()
            .setTcpNoDelay(true)
            .setConnectTimeout(CONNECT_MILLIS)
            .setReconnectAttempts(0);
    if (tls != null) {
      serverOptions
          .setSsl(true)
          .setKeyCertOptions(tls.own())
          .setTrustOptions(tls.trusted())
          .setClientAuth(ClientAuth.REQUIRED);
      clientOptions
          .setSsl(true)
          .setKeyCertOptions(tls.own())
          .setTrustOptions(tls.trusted())
          .setTrustAll(false)
          .setHostnameVerificationAlgorithm("");
    }
    this.server = vertx.createNetServer(serverOptions);
    this.client = vertx.createNetClient(clientOptions);
  }

  /**
   * A transport that listens.
   *
   * @param cluster peers of another cluster are turned away
   * @param self whom frames must be addressed to
   * @param host to listen on
   * @param port to listen on; 0 = any that is free
   */
  static Future<VertxTransport> listen(
      Vertx vertx, String cluster, Peer self, String host, int port, @Nullable LinkTls tls) {
    VertxTransport transport = new VertxTransport(vertx, cluster, self, tls);
    Promise<VertxTransport> listening = Promise.promise();
    // The context of this call becomes that of all sockets it accepts.
    transport.context.runOnContext(
        nothing ->
            transport
                .server
                .connectHandler(socket -> transport.accept(socket))
                .exceptionHandler(e -> log.warn("link refused: {}", e.toString()))
                .listen(port, host)
                .map(
                    server -> {
                      transport.port = server.actualPort();
                      return transport;
                    })
                .onComplete(listening));
    return listening.future();
  }

  /** The port it listens on. */
  int port() {
    return port;
  }

  /**
   * Sets how the address of a peer's link port is found.
   *
   * @param addresses called on an event loop; null if the peer is unknown
   */
  void directory(Function<Peer, @Nullable InetSocketAddress> addresses) {
    directory = addresses;
  }

  /** These peers left for good: closes their links and turns them away from now on. */
  void forget(Collection<Peer> left) {
    run(
        () -> {
          for (Peer peer : left) {
            gone.put(peer, true);
            routes.remove(peer);
            for (Link link : List.copyOf(links)) {
              if (peer.equals(link.peer)) {
                link.close("the peer left the cluster");
              }
            }
          }
        });
  }

  /**
   * From now on this node is another peer: nothing of the old one is sent or taken any more, and
   * nobody of its time listens any more.
   */
  Future<Void> become(Peer next) {
    Promise<Void> done = Promise.promise();
    run(
        () -> {
          self = next;
          closeListeners.clear();
          synchronized (this) {
            receivers = Map.of();
          }
          for (Link link : List.copyOf(links)) {
            link.close("this node is " + next + " now");
          }
          routes.clear();
          gone.clear();
          done.complete();
        });
    return done.future();
  }

  @Override
  public void send(Address from, Address to, Frame frame) {
    if (closed || !from.peer().equals(self)) {
      return;
    }
    if (to.peer().equals(self)) {
      handOver(from, to.role(), frame);
    } else {
      route(to.peer()).send(from.role(), to.role(), frame);
    }
  }

  Route route(Peer peer) {
    Route route = routes.get(peer);
    return route != null ? route : routes.computeIfAbsent(peer, any -> new Route(this, any));
  }

  @Override
  public synchronized void receive(
      Role role, Executor executor, BiConsumer<Address, Frame> receiver) {
    Map<Role, Receiver> changed = new EnumMap<>(Role.class);
    changed.putAll(receivers);
    changed.put(role, new Receiver(executor, receiver));
    receivers = changed;
  }

  @Override
  public void onClose(Executor executor, Consumer<Peer> listener) {
    closeListeners.add(new CloseListener(executor, listener));
  }

  /** Closes all links and stops listening. */
  Future<Void> close() {
    closed = true;
    run(
        () -> {
          for (Link link : List.copyOf(links)) {
            link.socket.close();
          }
        });
    return Future.join(server.close(), client.close()).mapEmpty();
  }

  void run(Runnable turn) {
    try {
      context.runOnContext(nothing -> turn.run());
    } catch (RejectedExecutionException vertxIsClosed) {
      closed = true;
    }
  }

  void handOver(Address from, Role to, Frame frame) {
    Receiver receiver = receivers.get(to);
    if (receiver != null) {
      try {
        receiver.executor.execute(() -> receiver.frames.accept(from, frame));
      } catch (RejectedExecutionException e) {
        log.debug("the role {} takes no frames any more", to, e);
      }
    }
  }

  private void accept(NetSocket socket) {
    if (closed || strangers >= MAX_STRANGERS) {
      socket.close();
      return;
    }
    new Link(this, socket, null).open();
  }

  void closedLast(Peer peer) {
    for (CloseListener each : closeListeners) {
      try {
        each.executor.execute(() -> each.listener.accept(peer));
      } catch (RejectedExecutionException e) {
        log.debug("nobody hears that the link to {} closed", peer, e);
      }
    }
  }
}
