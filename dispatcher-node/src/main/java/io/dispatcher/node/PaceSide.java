package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.dispatcher.balance.Balancers;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Tasks that take a slot for a while and no processor, longer on a slow node: what a machine does
 * that waits for its disk. One type for each balancer, all in the same processes.
 */
final class PaceSide {
  static final int SLOTS = 8;
  static final double MEAN_MILLIS = 20;

  /** Keys for consistent hashing, submitters for sessions. */
  private static final int CLIENTS = 256;

  private final Dispatcher dispatcher;
  private final BenchWork work;
  private final Map<String, TaskType<byte[], byte[]>> types = new LinkedHashMap<>();
  private final List<Submitter> submitters = new ArrayList<>();

  private PaceSide(Dispatcher dispatcher, BenchWork work) {
    this.dispatcher = dispatcher;
    this.work = work;
    for (int i = 0; i < CLIENTS; i++) {
      submitters.add(dispatcher.submitter());
    }
  }

  /**
   * Joins and waits until this node can choose every node as a worker.
   *
   * @param slowness how many times longer than elsewhere tasks take here
   */
  static PaceSide start(BenchWork work, int index, Topology topology, double slowness)
      throws InterruptedException {
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            run -> {
              Thread thread = new Thread(run, "pace");
              thread.setDaemon(true);
              return thread;
            });
    Map<String, TaskType<byte[], byte[]>> types = new LinkedHashMap<>();
    Dispatcher.Builder builder = Dispatcher.builder().pool("default", SLOTS);
    for (String balancer : Balancers.names()) {
      TaskType<byte[], byte[]> type = TaskType.of("pace-" + balancer, Codec.bytes(), Codec.bytes());
      types.put(balancer, type);
      builder
          .balancer(type.name(), balancer)
          .handleAsync(
              type,
              (payload, context) -> {
                CompletableFuture<byte[]> result = new CompletableFuture<>();
                long micros = (long) (micros(payload) * slowness);
                clock.schedule(
                    () -> result.complete(work.run(payload, index)), micros, TimeUnit.MICROSECONDS);
                return result;
              });
    }
    Dispatcher dispatcher = builder.cluster(topology.node(index)).start();
    EngineSide.awaitWorkers(dispatcher, topology.size());
    PaceSide side = new PaceSide(dispatcher, work);
    side.types.putAll(types);
    return side;
  }

  /** Exponential, the same for the same payload. */
  static double micros(byte[] payload) {
    long number = ByteBuffer.wrap(payload).getLong(0);
    double u = new SplittableRandom(number).nextDouble();
    return -Math.log(1 - u) * MEAN_MILLIS * 1000;
  }

  /** Latency at a rate, by one balancer; payloads begin with this number. */
  OpenLoop.Latency run(String balancer, int nodes, int rate, int seconds, long first)
      throws InterruptedException {
    TaskType<byte[], byte[]> type = types.get(balancer);
    if (type == null) {
      throw new IllegalArgumentException("no balancer " + balancer);
    }
    boolean keyed = balancer.equals(Balancers.consistentHash().name());
    Side side =
        (number, payload, done) -> {
          int client = (int) Math.floorMod((number * 0x9e3779b97f4a7c15L) >>> 32, (long) CLIENTS);
          Task<byte[], byte[]> task = type.task(payload);
          dispatcher
              .submit(keyed ? task.key("client-" + client) : task, submitters.get(client))
              .result()
              .whenComplete(done::done);
        };
    return OpenLoop.run(side, work, nodes, rate, seconds, first);
  }
}
