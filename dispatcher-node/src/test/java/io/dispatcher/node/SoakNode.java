package io.dispatcher.node;

import static io.dispatcher.task.Codec.text;

import io.dispatcher.Dispatcher;
import io.dispatcher.Limits;
import io.dispatcher.Stats;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One node process of a campaign: what the jar runs, with a choice of roles and bounds, and with
 * answers to what its parent wants to know.
 */
@Command(name = "soak-node", hidden = true)
final class SoakNode implements Callable<Integer> {
  /** Quick work, whose result can be checked: {@link BenchWork}. */
  static final TaskType<byte[], byte[]> QUICK = TaskType.of("quick", Codec.bytes(), Codec.bytes());

  /**
   * Work that takes a while. Each start says so first, and returns another value: an outcome that
   * is recorded a second time cannot look like the first.
   */
  static final TaskType<String, String> SLOW = TaskType.of("slow", text(), text());

  private static final int RESULT = 64;
  private static final int SLOW_MILLIS = 20;

  @Option(names = "--name", required = true)
  private String name = "";

  @Option(names = "--roles", required = true, split = ",")
  private List<Role> roles = List.of();

  @Option(names = "--stores", required = true, split = ",")
  private List<Integer> stores = List.of();

  @Option(names = "--port", required = true)
  private int port;

  @Option(names = "--size")
  private int size;

  @Option(names = "--detection", converter = DurationOption.class)
  private Duration detection = Duration.ofSeconds(5);

  @Option(names = "--payload")
  private int payload = 256;

  @Option(names = "--unfinished")
  private int unfinished;

  /** Of the default pool; 0: as many as usual. */
  @Option(names = "--slots")
  private int slots;

  @Option(names = "--outcome-bytes")
  private long outcomeBytes;

  /**
   * What a node holds.
   *
   * @param used heap after a collection; what is garbage is not counted
   */
  record Memory(long used, long max) {}

  /** Runs the command, with the main program's handling of errors, then ends this process. */
  public static void main(String[] args) {
    System.exit(Main.commandLine().addSubcommand(new SoakNode()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    ClusterOptions.Builder options =
        new Topology(stores)
            .options(name, port)
            .roles(roles.get(0), roles.toArray(Role[]::new))
            .size(size == 0 ? stores.size() : size)
            .detection(detection);
    BenchWork work = new BenchWork(payload, RESULT);
    Limits limits = limits();
    Dispatcher.Builder builder = Dispatcher.builder().limits(limits);
    if (slots > 0) {
      builder.pool("default", slots);
    }
    if (roles.contains(Role.WORKER)) {
      builder.handle(QUICK, (bytes, context) -> work.run(bytes, 0));
      builder.handle(SLOW, (words, context) -> slow(context, parent));
      builder.handle(OwnedWork.STEADY, (words, context) -> OwnedWork.steady(context, parent));
      builder.handle(OwnedWork.STEPS, (words, context) -> OwnedWork.steps(context, parent));
      HarmfulWork.handle(builder);
    }
    Dispatcher dispatcher = builder.cluster(Topology.join(options)).start();
    SoakSubmitter submitter = new SoakSubmitter(dispatcher, work, limits.outcomeBytes());
    parent.serve(request -> answer(request, dispatcher, submitter));
    return 0;
  }

  private Limits limits() {
    Limits limits = Limits.ofHeap(Runtime.getRuntime().maxMemory());
    limits = unfinished == 0 ? limits : limits.unfinished(unfinished);
    return outcomeBytes == 0 ? limits : limits.outcomeBytes(outcomeBytes);
  }

  private String slow(TaskContext context, ParentLink parent) throws InterruptedException {
    parent.event(
        new DemoTally.Start(context.id().text(), context.attempt(), System.currentTimeMillis())
            .text());
    TimeUnit.MILLISECONDS.sleep(SLOW_MILLIS);
    return context.attempt() + " on " + name + " at " + System.nanoTime();
  }

  private static Object answer(List<String> request, Dispatcher dispatcher, SoakSubmitter submitter)
      throws InterruptedException {
    return switch (request.get(0)) {
      case "submit" ->
          submitter.submit(
              Integer.parseInt(request.get(1)),
              Integer.parseInt(request.get(2)),
              Integer.parseInt(request.get(3)));
      case "flood" ->
          submitter.flood(Integer.parseInt(request.get(1)), Integer.parseInt(request.get(2)));
      case "overload" -> overload(dispatcher, request.subList(1, request.size()));
      case "books" -> submitter.books();
      case "own" ->
          OwnedWork.submit(
              dispatcher, Integer.parseInt(request.get(1)), Integer.parseInt(request.get(2)));
      case "attach" -> OwnedWork.attach(dispatcher, request.subList(1, request.size()));
      case "stats" -> stats(dispatcher);
      case "memory" -> memory();
      default -> throw new IllegalArgumentException("no request " + request);
    };
  }

  /** Submits without patience for room, and waits for all outcomes. */
  private static OverloadSoak.OverloadReport overload(Dispatcher dispatcher, List<String> rates)
      throws InterruptedException {
    Overload overload =
        new Overload(
            offer -> {
              TaskHandle<String> handle =
                  dispatcher.submit(SLOW.task("x").admission(Duration.ZERO));
              handle.accepted().whenComplete((id, why) -> answered(handle, why, offer));
            });
    List<Integer> numbers = rates.stream().map(Integer::valueOf).toList();
    overload.phases(numbers.get(0), numbers.get(1), numbers.get(2), numbers.get(3));
    while (!overload.settled()) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return new OverloadSoak.OverloadReport(overload.figures());
  }

  private static void answered(
      TaskHandle<String> handle, @Nullable Throwable thrown, Overload.Offer offer) {
    Throwable why = SoakSubmitter.unwrap(thrown);
    if (why == null) {
      offer.accepted();
      handle.outcome().whenComplete(offer::ended);
    } else if (why instanceof TaskRefused refusal
        && refusal.reason() == TaskRefused.Reason.OVERLOADED) {
      offer.refused(refusal.retryAfter().isPresent());
    } else {
      offer.failed(why.toString());
    }
  }

  /** The figures of {@link Stats} that a campaign looks at. */
  record Figures(
      long accepted, long unfinished, long lost, long retainedBytes, int workers, long succeeded) {}

  private static Figures stats(Dispatcher dispatcher) {
    Stats stats = dispatcher.stats();
    return new Figures(
        stats.accepted(),
        stats.unfinished(),
        stats.lost(),
        stats.retainedBytes(),
        stats.workers(),
        stats.succeeded());
  }

  private static Memory memory() {
    System.gc();
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return new Memory(heap.getUsed(), heap.getMax());
  }
}
