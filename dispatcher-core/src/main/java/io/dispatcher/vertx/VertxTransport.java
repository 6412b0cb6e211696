package io.dispatcher.vertx;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.cluster.WireException;
import io.dispatcher.ledger.Peer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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

  private static final int WRITE_BYTES = 256 << 10;
  private static final long HELLO_MILLIS = 5_000;
  private static final int CONNECT_MILLIS = 2_000;
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);
  private static final int REMEMBERED_PEERS = 1024;

  /** Strangers that have not said hello yet. */
  private static final int MAX_STRANGERS = 256;

  private final Vertx vertx;
  private final Context context;
  private final String cluster;
  private volatile Peer self;
  private final NetServer server;
  private final NetClient client;
  private final Map<Peer, Route> routes = new ConcurrentHashMap<>();
  private final List<CloseListener> closeListeners = new CopyOnWriteArrayList<>();
  private final WireBuffer out = new WireBuffer();
  private volatile Map<Role, Receiver> receivers = Map.of();
  private volatile Function<Peer, @Nullable InetSocketAddress> directory = peer -> null;
  private volatile int port;
  private volatile boolean closed;

  // Only on the event loop.
  private final Set<Link> links = new HashSet<>();
  private final Map<Peer, Boolean> gone =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Peer, Boolean> eldest) {
          return size() > REMEMBERED_PEERS;
        }
      };
  private int strangers;

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
      PemKeyCertOptions key =
          new PemKeyCertOptions()
              .setKeyPath(tls.key().toString())
              .setCertPath(tls.certificate().toString());
      PemTrustOptions trust = new PemTrustOptions().addCertPath(tls.trust().toString());
      serverOptions
          .setSsl(true)
          .setKeyCertOptions(key)
          .setTrustOptions(trust)
          .setClientAuth(ClientAuth.REQUIRED);
      clientOptions
          .setSsl(true)
          .setKeyCertOptions(key)
          .setTrustOptions(trust)
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
      Route route = routes.get(to.peer());
      if (route == null) {
        route = routes.computeIfAbsent(to.peer(), Route::new);
      }
      route.send(from.role(), to.role(), frame);
    }
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

  private void run(Runnable turn) {
    try {
      context.runOnContext(nothing -> turn.run());
    } catch (RejectedExecutionException vertxIsClosed) {
      closed = true;
    }
  }

  private void handOver(Address from, Role to, Frame frame) {
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
    new Link(socket, null).open();
  }

  private void closedLast(Peer peer) {
    for (CloseListener each : closeListeners) {
      try {
        each.executor.execute(() -> each.listener.accept(peer));
      } catch (RejectedExecutionException e) {
        log.debug("nobody hears that the link to {} closed", peer, e);
      }
    }
  }

  /** Frames on their way to one peer. */
  private final class Route {

    private record Parcel(Role from, Role to, Frame frame, int weight) {}

    private final Peer peer;
    private final ConcurrentLinkedQueue<Parcel> unsent = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unsentBytes = new AtomicInteger();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    // Only on the event loop.
    private @Nullable Link link;
    private boolean connecting;
    private int failures;
    private long notBefore;

    Route(Peer peer) {
      this.peer = peer;
    }

    /** From any thread. */
    void send(Role from, Role to, Frame frame) {
      int weight = Wire.weight(frame);
      if (unsentBytes.get() > MAX_UNSENT_BYTES) {
        return;
      }
      unsentBytes.addAndGet(weight);
      unsent.add(new Parcel(from, to, frame, weight));
      if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
        run(this::flush);
      }
    }

    private void flush() {
      scheduled.set(false);
      Link open = link;
      if (open != null) {
        write(open);
      } else if (!connecting) {
        connect();
      }
    }

    private void write(Link open) {
      Parcel parcel;
      while ((parcel = unsent.poll()) != null) {
        unsentBytes.addAndGet(-parcel.weight);
        if (open.socket.writeQueueFull()) {
          continue;
        }
        try {
          Wire.write(out, parcel.from, parcel.to, parcel.frame);
        } catch (WireException e) {
          log.error("frame to {} not sent: {}", peer, e.getMessage());
        }
        if (out.size() >= WRITE_BYTES) {
          open.write();
        }
      }
      open.write();
    }

    private void drop() {
      Parcel parcel;
      while ((parcel = unsent.poll()) != null) {
        unsentBytes.addAndGet(-parcel.weight);
      }
    }

    private void connect() {
      InetSocketAddress address = gone.containsKey(peer) ? null : directory.apply(peer);
      if (closed || address == null || (failures > 0 && System.nanoTime() - notBefore < 0)) {
        drop();
        if (address == null) {
          routes.remove(peer, this);
        }
        return;
      }
      connecting = true;
      client
          .connect(address.getPort(), address.getHostString())
          .onComplete(
              connected -> {
                if (connected.failed()) {
                  connecting = false;
                  failed(address + ": " + connected.cause());
                } else if (closed) {
                  connected.result().close();
                } else {
                  new Link(connected.result(), peer).open();
                }
              });
    }

    /** No link could be made. */
    private void failed(String why) {
      failures++;
      long pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(failures - 1, 5));
      notBefore = System.nanoTime() + pause;
      if (link == null) {
        drop();
      }
      if (failures == 1) {
        log.info("no link to {}: {}", peer, why);
      } else {
        log.debug("no link to {}, attempt {}: {}", peer, failures, why);
      }
    }

    private void ready(Link made) {
      failures = 0;
      if (link == null) {
        link = made;
        write(made);
      }
    }

    private void lost(Link old) {
      if (link == old) {
        link = null;
        // Frames of other directions may have died with the link: go on with another one, if there
        // is one.
        for (Link other : links) {
          if (peer.equals(other.peer) && other.ready) {
            link = other;
          }
        }
        if (link == null) {
          drop();
        }
      }
    }
  }

  /** One TCP connection. Only on the event loop. */
  private final class Link {

    private final NetSocket socket;
    private final @Nullable Peer expected;
    private @Nullable Peer peer;
    private boolean ready;
    private boolean over;
    private byte[] in = new byte[64 << 10];
    private int inSize;
    private long helloTimer;

    /**
     * @param expected who should answer; null on the side that was called
     */
    Link(NetSocket socket, @Nullable Peer expected) {
      this.socket = socket;
      this.expected = expected;
      this.peer = expected;
    }

    void open() {
      links.add(this);
      if (expected == null) {
        strangers++;
      }
      socket.setWriteQueueMaxSize(MAX_UNSENT_BYTES);
      socket.handler(this::received);
      socket.exceptionHandler(e -> log.debug("link to {}", name(), e));
      socket.closeHandler(nothing -> closed());
      helloTimer = vertx.setTimer(HELLO_MILLIS, nothing -> close("no hello in time"));
      if (expected != null) {
        sayHello(expected);
      }
    }

    private void sayHello(Peer to) {
      Wire.writeHello(out, new Wire.Hello(Wire.VERSION, cluster, self, to));
      write();
    }

    /** Writes what is in the common buffer. */
    void write() {
      if (out.size() > 0) {
        socket.write(Buffer.buffer(out.size()).appendBytes(out.array(), 0, out.size()));
        out.clear();
      }
    }

    private void received(Buffer data) {
      if (over) {
        return;
      }
      try {
        int length = data.length();
        int taken = 0;
        while (taken < length && !over) {
          int chunk = Math.min(length - taken, roomFor());
          data.getBytes(taken, taken + chunk, in, inSize);
          inSize += chunk;
          taken += chunk;
          takeRecords();
        }
      } catch (WireException e) {
        close(e.getMessage());
      }
    }

    /**
     * Makes room for at least one more byte: never for more than the record under way, once its
     * length is known.
     */
    private int roomFor() {
      if (inSize == in.length) {
        int needed = Wire.HEADER_BYTES + (inSize < Wire.HEADER_BYTES ? 0 : lengthAt(0));
        in = Arrays.copyOf(in, Math.min(Math.max(needed, in.length), in.length * 2));
      }
      return in.length - inSize;
    }

    private int lengthAt(int at) {
      int length =
          in[at] << 24 | (in[at + 1] & 0xff) << 16 | (in[at + 2] & 0xff) << 8 | (in[at + 3] & 0xff);
      return Wire.checkLength(length, !ready);
    }

    private void takeRecords() {
      int at = 0;
      while (!over && inSize - at >= Wire.HEADER_BYTES) {
        int length = lengthAt(at);
        if (inSize - at - Wire.HEADER_BYTES < length) {
          break;
        }
        int body = at + Wire.HEADER_BYTES;
        at = body + length;
        if (ready) {
          Wire.Parcel parcel = Wire.read(in, body, length);
          Peer from = Objects.requireNonNull(peer);
          handOver(new Address(from, parcel.from()), parcel.to(), parcel.frame());
        } else {
          greeted(Wire.readHello(in, body, length));
        }
      }
      if (!over) {
        System.arraycopy(in, at, in, 0, inSize - at);
        inSize -= at;
      }
    }

    private void greeted(Wire.Hello hello) {
      if (!hello.cluster().equals(cluster)) {
        close("it belongs to the cluster '" + hello.cluster() + "', this is '" + cluster + "'");
      } else if (!hello.to().equals(self)) {
        close("it looks for " + hello.to() + ", this is " + self);
      } else if (expected != null && !hello.from().equals(expected)) {
        close("it is " + hello.from() + ", " + expected + " was looked for");
      } else if (gone.containsKey(hello.from())) {
        close(hello.from() + " is no member any more");
      } else {
        vertx.cancelTimer(helloTimer);
        peer = hello.from();
        ready = true;
        Route route = routes.computeIfAbsent(hello.from(), Route::new);
        if (expected == null) {
          strangers--;
          sayHello(hello.from());
        } else {
          route.connecting = false;
        }
        route.ready(this);
      }
    }

    void close(@Nullable String reason) {
      if (!over) {
        log.warn("link to {} closed: {}", name(), reason);
        socket.close();
        closed();
      }
    }

    private void closed() {
      if (over) {
        return;
      }
      over = true;
      links.remove(this);
      vertx.cancelTimer(helloTimer);
      in = new byte[0];
      inSize = 0;
      Peer other = peer;
      Route route = other == null ? null : routes.get(other);
      if (!ready) {
        if (expected == null) {
          strangers--;
        } else if (route != null) {
          route.connecting = false;
          route.failed("closed before it was made");
        }
        return;
      }
      if (route != null) {
        route.lost(this);
      }
      if (other != null && links.stream().noneMatch(l -> l.ready && other.equals(l.peer))) {
        closedLast(other);
      }
    }

    private String name() {
      return peer == null ? String.valueOf(socket.remoteAddress()) : peer.toString();
    }
  }
}
