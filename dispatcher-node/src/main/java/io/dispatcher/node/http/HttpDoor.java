package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.Door;
import io.dispatcher.node.DoorContext;
import io.dispatcher.node.config.HttpConfig;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tasks, results and figures over HTTP/1.1; {@code /v1/openapi.json} describes it. Thread-safe.
 *
 * <p>Secure by default: an address that other machines may reach needs a token. Bounded: open
 * connections, the time each may take for a request, and the bytes of the bodies under way.
 */
public final class HttpDoor implements Door {
  static {
    // There is no WebSocket here, and with them on Vert.x answers a wrong HTTP version by itself.
    if (System.getProperty("vertx.disableWebsockets") == null) {
      System.setProperty("vertx.disableWebsockets", "true");
    }
  }

  private static final int MAX_LOOPS = 8;
  private static final double BODIES_SHARE = 0.1;
  private static final long DEADLINE_SECONDS = 20;

  /** Tells doors on free ports apart; the loops of one door share its port. */
  private static final AtomicInteger FREE_PORTS = new AtomicInteger();

  private final Vertx vertx;
  private final Dispatcher dispatcher;
  private final HttpConfig config;
  private final int maxPayload;
  private final Gate gate;
  private final Waiters waiters;
  private final Metrics metrics;
  private final Pages pages;
  private final long maxBodies;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong bodies = new AtomicLong();
  private final List<String> deployments = new ArrayList<>();
  private volatile boolean intakeStopped;
  private volatile int port;

  private HttpDoor(
      Vertx vertx, Dispatcher dispatcher, HttpConfig config, int maxPayload, long maxBodies) {
    this.vertx = vertx;
    this.dispatcher = dispatcher;
    this.config = config;
    this.maxPayload = maxPayload;
    this.gate = new Gate(config);
    this.waiters = new Waiters(dispatcher);
    this.metrics = new Metrics(dispatcher, connections, bodies);
    this.pages = new Pages();
    this.maxBodies = maxBodies;
  }

  /** Opens the door that the configuration asks for; null if it asks for none. */
  public static @Nullable HttpDoor open(DoorContext context) {
    HttpConfig http = context.config().http();
    return http == null
        ? null
        : open(context.vertx(), context.dispatcher(), http, context.config().limits().payload());
  }

  /** As above; where the port is taken, on one that is free. */
  public static @Nullable HttpDoor openSomewhere(DoorContext context) {
    try {
      return open(context);
    } catch (IllegalStateException e) {
      HttpConfig http = context.config().http();
      if (http == null || !(e.getCause() instanceof BindException)) {
        throw e;
      }
      return open(
          context.vertx(),
          context.dispatcher(),
          new HttpConfig(http.bind(), 0, http.token(), http.tls(), http.limits()),
          context.config().limits().payload());
    }
  }

  /**
   * Opens a door and returns once it can be used. Blocks; not on an event loop.
   *
   * @param maxPayload longest payload of a task, in bytes
   * @throws IllegalStateException if it cannot be opened; tells the configuration key, what was
   *     found, and what to do
   */
  public static HttpDoor open(
      Vertx vertx, Dispatcher dispatcher, HttpConfig config, int maxPayload) {
    long share = (long) (BODIES_SHARE * Runtime.getRuntime().maxMemory());
    return open(
        vertx, dispatcher, config, maxPayload, Math.max(4L * config.limits().body(), share));
  }

  /**
   * As above.
   *
   * @param maxBodies bytes of the bodies that are under way together, at the most
   */
  static HttpDoor open(
      Vertx vertx, Dispatcher dispatcher, HttpConfig config, int maxPayload, long maxBodies) {
    Gate.check(config);
    HttpDoor door = new HttpDoor(vertx, dispatcher, config, maxPayload, maxBodies);
    try {
      door.listen();
      return door;
    } catch (RuntimeException e) {
      door.close();
      throw e;
    }
  }

  private void listen() {
    int loops = Math.max(1, Math.min(MAX_LOOPS, Runtime.getRuntime().availableProcessors() / 2));
    SocketAddress shared =
        config.port() == 0
            ? SocketAddress.sharedRandomPort(FREE_PORTS.incrementAndGet(), config.bind())
            : SocketAddress.inetSocketAddress(config.port(), config.bind());
    for (int i = 0; i < loops; i++) {
      deployments.add(await(vertx.deployVerticle(new Instance(shared))));
    }
  }

  private final class Instance implements Deployable {
    private final SocketAddress shared;
    private @Nullable DoorLoop loop;

    Instance(SocketAddress shared) {
      this.shared = shared;
    }

    @Override
    public Future<?> deploy(Context context) {
      DoorLoop started = new DoorLoop(HttpDoor.this, context, shared);
      loop = started;
      return started.start().onSuccess(listening -> port = started.actualPort());
    }

    @Override
    public Future<?> undeploy(Context context) {
      DoorLoop started = loop;
      return started == null ? Future.succeededFuture() : started.stop();
    }
  }

  private <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the HTTP door was interrupted", e);
    } catch (ExecutionException | CompletionException | TimeoutException e) {
      Throwable cause = e instanceof TimeoutException ? e : e.getCause();
      throw new IllegalStateException(
          "the HTTP door cannot listen on http.bind "
              + config.bind()
              + ", http.port "
              + config.port()
              + ": "
              + (cause == null ? e : cause.getMessage())
              + "; choose another address, another port or 0 for a free one, and check http.tls",
          cause);
    }
  }

  // ---------------------------------------------------------------- for the loops

  Dispatcher dispatcher() {
    return dispatcher;
  }

  HttpConfig config() {
    return config;
  }

  int maxPayload() {
    return maxPayload;
  }

  Gate gate() {
    return gate;
  }

  Waiters waiters() {
    return waiters;
  }

  Metrics metrics() {
    return metrics;
  }

  Pages pages() {
    return pages;
  }

  boolean intakeStopped() {
    return intakeStopped;
  }

  /** Counts a connection; false if it is one too many. */
  boolean connected() {
    return connections.incrementAndGet() <= config.limits().connections();
  }

  void disconnected() {
    connections.decrementAndGet();
  }

  /** Counts bytes of bodies; false if they are too many. They are released in any case. */
  boolean reserve(long bytes) {
    return bodies.addAndGet(bytes) <= maxBodies;
  }

  void release(long bytes) {
    if (bytes != 0) {
      bodies.addAndGet(-bytes);
    }
  }

  // ---------------------------------------------------------------- Door

  /** The port it listens on. */
  public int port() {
    return port;
  }

  @Override
  public String address() {
    String host = config.bind().indexOf(':') >= 0 ? "[" + config.bind() + "]" : config.bind();
    return (config.tls() == null ? "http://" : "https://") + host + ":" + port;
  }

  @Override
  public void stopIntake() {
    intakeStopped = true;
  }

  @Override
  public void close() {
    intakeStopped = true;
    List<String> open = List.copyOf(deployments);
    deployments.clear();
    for (String deployment : open) {
      await(vertx.undeploy(deployment));
    }
    metrics.close();
  }
}
