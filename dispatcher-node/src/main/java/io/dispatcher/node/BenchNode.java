package io.dispatcher.node;

import static io.dispatcher.node.BenchCommand.OURS;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One node process of {@code bench}; the first also submits, when its parent asks for a round. */
@Command(name = "bench-node", hidden = true)
final class BenchNode implements Callable<Integer> {
  private static final int CALLBACK_THREADS = 2;

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Option(names = "--rival-ports", split = ",")
  private List<Integer> rivalPorts = List.of();

  @Option(names = "--against")
  private @Nullable String against;

  @Option(names = "--balancer", required = true)
  private String balancer = "";

  @Option(names = "--payload", required = true)
  private int payload;

  @Option(names = "--result", required = true)
  private int result;

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    BenchWork work = new BenchWork(payload, result);
    Map<String, Side> sides = new HashMap<>();
    sides.put(OURS, EngineSide.start(work, index, new Topology(ports), balancer));
    if (against != null) {
      ExecutorService callbacks = Executors.newFixedThreadPool(CALLBACK_THREADS);
      Rival kind = Rival.of(against);
      sides.put(against, HazelcastRival.start(kind, work, index, rivalPorts, callbacks));
    }
    parent.serve(request -> answer(request, sides, work));
    return 0;
  }

  private Object answer(List<String> request, Map<String, Side> sides, BenchWork work)
      throws Exception {
    if (request.get(0).equals("compiled")) {
      return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    }
    Side side = sides.get(request.get(1));
    if (side == null) {
      throw new IllegalArgumentException("no side " + request.get(1));
    }
    List<Integer> numbers = request.stream().skip(2).map(Integer::valueOf).toList();
    return switch (request.get(0)) {
      case "round" ->
          ClosedLoop.run(side, work, ports.size(), numbers.get(0), numbers.get(1), numbers.get(2));
      case "latency" -> OpenLoop.run(side, work, ports.size(), numbers.get(0), numbers.get(1));
      default -> throw new IllegalArgumentException("no request " + request.get(0));
    };
  }
}
