package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.node.config.HttpConfig;
import io.dispatcher.node.http.HttpDoor;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskType;
import io.netty.util.internal.PlatformDependent;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What the HTTP door costs, in this one process, so that nothing but the door differs: requests
 * with {@code wait} beside an empty handler of Vert.x, batches beside the library, what idle
 * connections hold, and what slow ones do to others.
 */
final class DoorBench {
  private static final int BATCH = 100;
  private static final int IDLE = 1000;
  private static final int WINDOW = 4000;
  private static final long PACE_MILLIS = 500;

  private final Plan plan;
  private final PrintStream out;

  DoorBench(Plan plan, PrintStream out) {
    this.plan = plan;
    this.out = out;
  }

  /**
   * What is measured.
   *
   * @param connections that call at the same time
   * @param round how long each side of a round is loaded
   */
  record Plan(int payload, int connections, int warmUp, int rounds, Duration round) {}

  /** Runs it all. The keys are those of {@code --json}; the last ones say what went wrong. */
  Map<String, Object> run() throws InterruptedException, ExecutionException, IOException {
    Vertx vertx = vertx(Runtime.getRuntime().availableProcessors());
    Vertx callers = vertx(1);
    byte[] payload = new byte[plan.payload()];
    Arrays.fill(payload, (byte) 'x');
    TaskType<byte[], byte[]> echo = TaskType.of("echo", Codec.bytes(), Codec.bytes());
    try (Dispatcher dispatcher =
        Dispatcher.builder()
            .cluster(LocalCluster.named("bench"))
            .handle(echo, (bytes, ctx) -> bytes)
            .start()) {
      HttpDoor door = HttpDoor.open(vertx, dispatcher, config(), TaskLimits.MAX_VALUE_BYTES);
      try {
        HttpServer empty = empty(vertx);
        Map<String, Object> keys = new LinkedHashMap<>();
        long others = requests(callers, empty.actualPort(), door.port(), payload, keys);
        others += batches(callers, door.port(), dispatcher, echo, payload, keys);
        idle(door.port(), keys);
        others += slow(callers, door.port(), payload, keys);
        keys.put("others", others);
        return keys;
      } finally {
        door.close();
      }
    } finally {
      callers.close().toCompletionStage().toCompletableFuture().get();
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private static Vertx vertx(int loops) {
    VertxOptions options = new VertxOptions().setEventLoopPoolSize(loops);
    options.getFileSystemOptions().setClassPathResolvingEnabled(false).setFileCachingEnabled(false);
    return Vertx.vertx(options);
  }

  private static HttpConfig config() {
    HttpConfig.Bounds bounds =
        new HttpConfig.Bounds(
            8 << 20,
            16 << 10,
            1000,
            10_000,
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60));
    return new HttpConfig("127.0.0.1", 0, null, null, bounds);
  }

  /** As many loops as the door has on a machine of two processors: one. */
  private static HttpServer empty(Vertx vertx) throws InterruptedException, ExecutionException {
    HttpServer server =
        vertx.createHttpServer().requestHandler(request -> request.response().end());
    return server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get();
  }

  // ---------------------------------------------------------------- requests

  private long requests(
      Vertx callers, int emptyPort, int doorPort, byte[] payload, Map<String, Object> keys)
      throws InterruptedException {
    Buffer request =
        HttpLoad.post("/v1/tasks?type=echo&wait=10s", "application/octet-stream", payload);
    HttpLoad toEmpty = new HttpLoad(callers, emptyPort, plan.connections());
    HttpLoad toDoor = new HttpLoad(callers, doorPort, plan.connections());
    List<Double> empties = new ArrayList<>();
    List<Double> doors = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    HttpLoad.Result door = null;
    long others = 0;
    for (int i = -plan.warmUp(); i < plan.rounds(); i++) {
      HttpLoad.Result empty = toEmpty.run(request, 200, plan.round().toMillis());
      door = toDoor.run(request, 200, plan.round().toMillis());
      others += empty.others() + door.others();
      if (i >= 0) {
        empties.add(empty.perSecond());
        doors.add(door.perSecond());
        ratios.add(door.perSecond() / empty.perSecond());
      }
      complain(door);
    }
    keys.put("empty_handler_per_s", Math.round(median(empties)));
    keys.put("wait_per_s", Math.round(median(doors)));
    keys.put("wait_ratio", rounded(median(ratios)));
    if (door != null) {
      keys.put("wait_p50_ms", rounded(door.micros().getValueAtPercentile(50) / 1000.0));
      keys.put("wait_p99_ms", rounded(door.micros().getValueAtPercentile(99) / 1000.0));
    }
    out.printf(
        "wait, keep-alive   %,9d requests/s; an empty handler %,9d; ratio %s%n",
        Math.round(median(doors)), Math.round(median(empties)), keys.get("wait_ratio"));
    return others;
  }

  private void complain(HttpLoad.Result result) {
    if (result.others() > 0) {
      out.println("not answered as wanted: " + result.others() + ", first: " + result.firstOther());
    }
  }

  // ---------------------------------------------------------------- batches

  private long batches(
      Vertx callers,
      int port,
      Dispatcher dispatcher,
      TaskType<byte[], byte[]> echo,
      byte[] payload,
      Map<String, Object> keys)
      throws InterruptedException {
    StringBuilder items = new StringBuilder("[");
    String encoded = Base64.getEncoder().encodeToString(payload);
    for (int i = 0; i < BATCH; i++) {
      items.append(i == 0 ? "" : ",");
      items.append("{\"type\":\"echo\",\"payloadBase64\":\"").append(encoded).append("\"}");
    }
    byte[] body = items.append(']').toString().getBytes(StandardCharsets.UTF_8);
    Buffer request = HttpLoad.post("/v1/tasks/batch?wait=10s", "application/json", body);
    HttpLoad load = new HttpLoad(callers, port, WINDOW / BATCH);
    List<Double> batches = new ArrayList<>();
    List<Double> library = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    long others = 0;
    for (int i = -plan.warmUp(); i < plan.rounds(); i++) {
      double own = library(dispatcher, echo, payload);
      HttpLoad.Result result = load.run(request, 200, plan.round().toMillis());
      others += result.others();
      complain(result);
      if (i >= 0) {
        library.add(own);
        batches.add(result.perSecond() * BATCH);
        ratios.add(result.perSecond() * BATCH / own);
      }
    }
    keys.put("library_tasks_per_s", Math.round(median(library)));
    keys.put("batch_tasks_per_s", Math.round(median(batches)));
    keys.put("batch_ratio", rounded(median(ratios)));
    out.printf(
        "batches of %d     %,9d tasks/s, outcomes included; the library %,9d; ratio %s%n",
        BATCH, Math.round(median(batches)), Math.round(median(library)), keys.get("batch_ratio"));
    return others;
  }

  /** Tasks a second through the library, with as many outstanding as over HTTP. */
  private double library(Dispatcher dispatcher, TaskType<byte[], byte[]> echo, byte[] payload)
      throws InterruptedException {
    Semaphore room = new Semaphore(WINDOW);
    long begun = System.nanoTime();
    long end = begun + plan.round().toNanos();
    long tasks = 0;
    while (System.nanoTime() < end) {
      int free = 1;
      room.acquire();
      free += room.drainPermits();
      for (int i = 0; i < free; i++) {
        dispatcher
            .submit(echo.task(payload))
            .outcome()
            .whenComplete((outcome, error) -> room.release());
      }
      tasks += free;
    }
    room.acquire(WINDOW);
    return tasks / ((System.nanoTime() - begun) / 1e9);
  }

  // ---------------------------------------------------------------- idle and slow

  private void idle(int port, Map<String, Object> keys) throws IOException, InterruptedException {
    long before = memory();
    List<SocketChannel> idle = connect(port, IDLE);
    try {
      byte[] live =
          "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8);
      for (SocketChannel channel : idle) {
        // Each has been used, as a connection that is kept alive has.
        channel.write(ByteBuffer.wrap(live));
        ByteBuffer answer = ByteBuffer.allocate(4096);
        if (channel.read(answer) <= 0) {
          throw new IOException("an idle connection was closed");
        }
      }
      double megabytes = Math.max(0, memory() - before) / 1048576.0;
      keys.put("idle_connections", IDLE);
      keys.put("idle_mb", rounded(megabytes));
      out.printf(
          "%,d idle connections hold %.1f MB of heap and buffers, this end's sockets included%n",
          IDLE, megabytes);
    } finally {
      close(idle);
    }
  }

  /** Heap in use after a collection, and Netty's buffers. */
  private static long memory() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(200);
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
        + PlatformDependent.usedDirectMemory();
  }

  /** Good requests at an easy pace, alone and beside connections that send a byte at a time. */
  private long slow(Vertx callers, int port, byte[] payload, Map<String, Object> keys)
      throws IOException, InterruptedException {
    Buffer request =
        HttpLoad.post("/v1/tasks?type=echo&wait=10s", "application/octet-stream", payload);
    HttpLoad load = new HttpLoad(callers, port, 4);
    load.run(request, 200, plan.round().toMillis());
    HttpLoad.Result alone = load.run(request, 200, plan.round().toMillis());
    List<SocketChannel> slow = connect(port, IDLE);
    HttpLoad.Result beside;
    Thread dripping = new Thread(() -> drip(slow), "slow-clients");
    dripping.setDaemon(true);
    dripping.start();
    try {
      beside = load.run(request, 200, plan.round().toMillis());
    } finally {
      dripping.interrupt();
      dripping.join();
      close(slow);
    }
    complain(beside);
    keys.put("alone_p99_ms", rounded(alone.micros().getValueAtPercentile(99) / 1000.0));
    keys.put("beside_slow_p99_ms", rounded(beside.micros().getValueAtPercentile(99) / 1000.0));
    keys.put("beside_slow_ratio", rounded(beside.perSecond() / alone.perSecond()));
    out.printf(
        "beside %,d slow clients %.2f of the requests/s, p99 %s ms (alone %s ms)%n",
        IDLE,
        beside.perSecond() / alone.perSecond(),
        keys.get("beside_slow_p99_ms"),
        keys.get("alone_p99_ms"));
    return alone.others() + beside.others();
  }

  private static void drip(List<SocketChannel> slow) {
    byte[] request =
        "POST /v1/tasks?type=echo HTTP/1.1\r\nHost: localhost\r\nX-Slow: ................"
            .getBytes(StandardCharsets.UTF_8);
    try {
      for (int i = 0; i < request.length; i++) {
        for (SocketChannel channel : slow) {
          channel.write(ByteBuffer.wrap(request, i, 1));
        }
        TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
      }
    } catch (InterruptedException over) {
      Thread.currentThread().interrupt();
    } catch (IOException closed) {
      throw new IllegalStateException("a slow connection was closed before its time", closed);
    }
  }

  private static List<SocketChannel> connect(int port, int count) throws IOException {
    List<SocketChannel> open = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        open.add(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
      }
      return open;
    } catch (IOException e) {
      close(open);
      throw new IOException(
          "connection " + open.size() + " of " + count + ": " + e.getMessage() + "; see ulimit -n",
          e);
    }
  }

  private static void close(List<SocketChannel> channels) throws IOException {
    for (SocketChannel channel : channels) {
      channel.close();
    }
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
