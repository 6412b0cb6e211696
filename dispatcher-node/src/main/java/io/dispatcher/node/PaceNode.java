package io.dispatcher.node;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One node process of {@code bench --slow-node}; each submits when its parent asks for it. */
@Command(name = "pace-node", hidden = true)
final class PaceNode implements Callable<Integer> {

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Option(names = "--slowness", required = true)
  private double slowness;

  @Option(names = "--payload", required = true)
  private int payload;

  @Option(names = "--result", required = true)
  private int result;

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    BenchWork work = new BenchWork(payload, result);
    PaceSide side = PaceSide.start(work, index, new Topology(ports), slowness);
    parent.serve(
        request -> {
          List<Integer> numbers = request.stream().skip(2).map(Integer::valueOf).toList();
          long first = (long) (index + 1) << 40;
          return side.run(request.get(1), ports.size(), numbers.get(0), numbers.get(1), first);
        });
    return 0;
  }
}
