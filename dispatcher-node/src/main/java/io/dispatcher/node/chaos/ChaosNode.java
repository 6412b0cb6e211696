package io.dispatcher.node.chaos;

import com.hazelcast.core.Hazelcast;
import io.dispatcher.Dispatcher;
import io.dispatcher.Readiness;
import io.dispatcher.Stats;
import io.dispatcher.cluster.Cluster;
import io.dispatcher.node.DurationOption;
import io.dispatcher.node.Logs;
import io.dispatcher.node.LoopbackDoors;
import io.dispatcher.node.ParentLink;
import io.dispatcher.node.Signals;
import io.dispatcher.node.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One node process of {@code chaos}: stores, runs, submits, and tells its parent all of it. */
@Command(name = "chaos-node", hidden = true)
public final class ChaosNode implements Callable<Integer> {

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Option(names = "--hosts", split = ",", description = "of the nodes; loopback if none is given")
  private List<String> hosts = List.of();

  @Option(names = "--detection", converter = DurationOption.class)
  private @Nullable Duration detection;

  @Option(names = "--http-port", description = "0: it has no doors")
  private int httpPort;

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
    Cluster cluster = LoopbackDoors.keepOpen(topology().node(index, detection));
    Dispatcher dispatcher =
        Dispatcher.builder()
            .pool("default", Plan.SLOTS)
            .handle(ChaosWork.TYPE, work::run)
            .listener(new Heard(name, history))
            .cluster(cluster)
            .start();
    LoopbackDoors doors =
        httpPort == 0
            ? null
            : LoopbackDoors.open(dispatcher, cluster, List.of(topology().members()), httpPort);
    // The reader comes for the outcome too, at the end: it must not go ten seconds after this one.
    Load load = new Load(name, dispatcher::submitDetached, history, taskMillis, first);
    Signals.onFirst(
        () -> {
          stop(load);
          if (doors != null) {
            doors.stopIntake();
          }
          dispatcher.close();
          System.exit(0);
        });
    parent.serve(request -> answer(request, dispatcher, load, history));
    return 0;
  }

  private Topology topology() {
    return hosts.isEmpty() ? new Topology(ports) : new Topology(hosts, ports);
  }

  /**
   * How a node stands.
   *
   * @param ready whether it takes tasks in
   * @param reason why not
   * @param workers that its front sees
   * @param safe whether its part of the ledger has all copies
   * @param lost tasks that it found gone
   */
  record State(boolean ready, String reason, int workers, boolean safe, long lost) {}

  private static State state(Dispatcher dispatcher) {
    Stats stats = dispatcher.stats();
    Readiness readiness = dispatcher.readiness();
    return new State(
        readiness.ready(),
        readiness.reason(),
        stats.workers(),
        Hazelcast.getAllHazelcastInstances().stream()
            .allMatch(member -> member.getPartitionService().isLocalMemberSafe()),
        stats.lost());
  }

  private static Object answer(
      List<String> request, Dispatcher dispatcher, Load load, Consumer<Line> history)
      throws InterruptedException {
    switch (request.get(0)) {
      case "load" -> load.start(Double.parseDouble(request.get(1)));
      case "stop" -> load.stop();
      case "open" -> {
        return load.open();
      }
      case "workers" -> {
        return dispatcher.stats().workers();
      }
      case "state" -> {
        return state(dispatcher);
      }
      case "read" ->
          new Reader(dispatcher, Path.of(request.get(1)), history, Chaos.PATIENCE).readAll();
      default -> throw new IllegalArgumentException("no request " + request);
    }
    return 0;
  }

  private static void stop(Load load) {
    try {
      load.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
