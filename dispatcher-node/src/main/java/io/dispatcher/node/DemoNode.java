package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.TaskContext;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One node process of {@code demo}: stores and runs, has an HTTP door, and tells its parent of
 * every start.
 */
@Command(name = "demo-node", hidden = true)
final class DemoNode implements Callable<Integer> {

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Option(names = "--http-port", required = true)
  private int httpPort;

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    Dispatcher.Builder builder = Dispatcher.builder();
    builder.handle(DemoWork.TYPE, (job, context) -> run(job, context, parent));
    Dispatcher dispatcher = builder.cluster(new Topology(ports).node(index)).start();
    RunDoors.open(dispatcher, httpPort);
    parent.serve(
        request -> {
          throw new IllegalArgumentException("no request " + request);
        });
    return 0;
  }

  /** Said before the work, so that a start that is cut short by a kill is known too. */
  private static DemoWork.Summary run(DemoWork.Job job, TaskContext context, ParentLink parent)
      throws IOException {
    parent.event(
        new DemoTally.Start(context.id().text(), context.attempt(), System.currentTimeMillis())
            .text());
    return DemoWork.run(job);
  }
}
