package io.dispatcher.node;

import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.text;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One node process of {@code bench --checkpoints}: its tasks save one checkpoint after the other;
 * and beside the dispatcher a plain Hazelcast member, whose map gets as many values in the same
 * way.
 */
@Command(name = "checkpoint-node", hidden = true)
final class CheckpointNode implements Callable<Integer> {
  /** Saves for so many milliseconds, and returns how often it did. */
  private static final TaskType<String, String> SAVES = TaskType.of("saves", text(), text());

  private static final String POOL = "savers";
  private static final int CALLBACK_THREADS = 2;
  private static final Duration MORE = Duration.ofSeconds(60);

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Option(names = "--rival-ports", required = true, split = ",")
  private List<Integer> rivalPorts = List.of();

  @Option(names = "--bytes", required = true)
  private int bytes;

  @Option(names = "--savers", required = true)
  private int savers;

  private byte[] value = new byte[0];

  /** What one node, or one task of each slot, has written. */
  record Saved(long writes, double seconds) {}

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    value = new byte[bytes];
    Dispatcher dispatcher =
        Dispatcher.builder()
            .pool(POOL, savers)
            .handleAsync(SAVES, this::save, HandlerOptions.DEFAULT.pool(POOL))
            .balancer("round-robin")
            .cluster(new Topology(ports).node(index))
            .start();
    EngineSide.awaitWorkers(dispatcher, ports.size());
    IMap<String, byte[]> map = rival();
    ExecutorService callbacks = Executors.newFixedThreadPool(CALLBACK_THREADS);
    parent.serve(
        request ->
            switch (request.get(0)) {
              case "compiled" -> ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
              case "save" -> saved(dispatcher, Long.parseLong(request.get(1)));
              case "set" -> set(map, callbacks, Long.parseLong(request.get(1)));
              default -> throw new IllegalArgumentException("no request " + request.get(0));
            });
    return 0;
  }

  /** One task for every slot of all nodes. */
  private Saved saved(Dispatcher dispatcher, long millis) {
    long begin = System.nanoTime();
    List<TaskHandle<String>> handles =
        dispatcher.submitAll(
            Stream.generate(() -> SAVES.task(String.valueOf(millis)))
                .limit((long) savers * ports.size())
                .toList());
    long writes = 0;
    for (TaskHandle<String> handle : handles) {
      writes += Long.parseLong(handle.await(MORE.plusMillis(millis)));
    }
    return new Saved(writes, (System.nanoTime() - begin) / 1e9);
  }

  private CompletionStage<String> save(String millis, TaskContext context) {
    Chain chain = new Chain(Long.parseLong(millis), () -> context.saveAsync(bytes(), value), null);
    return chain.run().thenApply(String::valueOf);
  }

  /** One chain for every slot of this node, each with an entry of its own. */
  private Saved set(IMap<String, byte[]> map, ExecutorService callbacks, long millis) {
    long begin = System.nanoTime();
    List<CompletableFuture<Long>> chains = new ArrayList<>();
    for (int i = 0; i < savers; i++) {
      String key = index + "-" + i;
      chains.add(new Chain(millis, () -> map.setAsync(key, value), callbacks).run());
    }
    long writes = chains.stream().mapToLong(CompletableFuture::join).sum();
    return new Saved(writes, (System.nanoTime() - begin) / 1e9);
  }

  private IMap<String, byte[]> rival() throws InterruptedException {
    HazelcastInstance hazelcast =
        Hazelcast.newHazelcastInstance(
            HazelcastRival.member(
                "bench-map-" + rivalPorts.get(0), rivalPorts, rivalPorts.get(index)));
    CountDownLatch joined = new CountDownLatch(rivalPorts.size());
    hazelcast.getCluster().addMembershipListener(new HazelcastRival.Joins(joined));
    if (!joined.await(HazelcastRival.JOIN_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "the rival's members did not find each other within "
              + HazelcastRival.JOIN_SECONDS
              + " s");
    }
    return hazelcast.getMap("checkpoints");
  }

  /** Writes that follow each other, the next as the last is acknowledged. */
  private static final class Chain {
    private final long end;
    private final Supplier<CompletionStage<@Nullable Void>> write;

    /** Null: on the thread that a write completes on. */
    private final @Nullable ExecutorService callbacks;

    private final CompletableFuture<Long> writes = new CompletableFuture<>();
    private long count;

    Chain(
        long millis,
        Supplier<CompletionStage<@Nullable Void>> write,
        @Nullable ExecutorService callbacks) {
      this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      this.write = write;
      this.callbacks = callbacks;
    }

    CompletableFuture<Long> run() {
      next();
      return writes;
    }

    private void next() {
      CompletionStage<@Nullable Void> written = write.get();
      if (callbacks == null) {
        written.whenComplete((nothing, error) -> written(error));
      } else {
        written.whenCompleteAsync((nothing, error) -> written(error), callbacks);
      }
    }

    private void written(@Nullable Throwable error) {
      if (error != null) {
        writes.completeExceptionally(error);
        return;
      }
      count++;
      if (System.nanoTime() - end >= 0) {
        writes.complete(count);
      } else {
        next();
      }
    }
  }

  /** The arguments of one of them. */
  static List<String> arguments(
      int index, List<Integer> ports, List<Integer> rivalPorts, Map<String, Integer> more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "checkpoint-node",
                "--index=" + index,
                "--ports=" + LoopbackPorts.text(ports),
                "--rival-ports=" + LoopbackPorts.text(rivalPorts)));
    more.forEach((name, value) -> arguments.add("--" + name + "=" + value));
    return arguments;
  }
}
