package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Cluster;
import io.dispatcher.node.DurationOption;
import io.dispatcher.node.Logs;
import io.dispatcher.node.ParentLink;
import io.dispatcher.node.RunDoors;
import io.dispatcher.node.Signals;
import io.dispatcher.node.Topology;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One node process of {@code chaos}: stores, runs, submits, and tells its parent all of it. */
@Command(name = "chaos-node", hidden = true)
public final class ChaosNode implements Callable<Integer> {

  @Option(names = "--index", required = true)
  private int index;

  @Mixin private SiteOptions sites = new SiteOptions();

  @Option(names = "--detection", converter = DurationOption.class)
  private @Nullable Duration detection;

  @Option(names = "--task-ms", required = true)
  private int taskMillis;

  @Option(names = "--first", required = true)
  private long first;

  ChaosNode() {}

  @Override
  public Integer call() throws Exception {
    Logs.inDetail();
    ParentLink parent = ParentLink.open();
    Consumer<Line> history = line -> parent.event(line.json());
    String name = Chaos.name(index);
    ChaosWork work = new ChaosWork(name, history);
    Topology topology = sites.topology();
    Cluster cluster = RunDoors.keepOpen(topology.node(index, detection));
    Dispatcher dispatcher =
        Dispatcher.builder()
            .pool("default", Plan.SLOTS)
            .handle(ChaosWork.TYPE, work::run)
            .listener(new Heard(name, history))
            .cluster(cluster)
            .start();
    RunDoors doors =
        RunDoors.open(
            dispatcher, cluster, List.of(topology.members()), sites.host(index), sites.door(index));
    // The reader comes for the outcome too, at the end: it must not go ten seconds after this one.
    Load load = new Load(name, dispatcher::submitDetached, history, taskMillis, first);
    Requests requests = new Requests(dispatcher, List.of(load), history);
    Signals.onFirst(
        () -> {
          stop(requests);
          doors.stopIntake();
          dispatcher.close();
          System.exit(0);
        });
    parent.serve(requests);
    return 0;
  }

  private static void stop(Requests requests) {
    try {
      requests.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
