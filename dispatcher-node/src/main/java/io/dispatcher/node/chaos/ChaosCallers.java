package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.node.Logs;
import io.dispatcher.node.ParentLink;
import io.dispatcher.node.RunDoors;
import io.dispatcher.node.Topology;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The process of those who only submit in a run, through each door one, all the time. */
@Command(name = "chaos-callers", hidden = true)
public final class ChaosCallers implements Callable<Integer> {
  private static final String LIBRARY = "front";
  private static final String HTTP = "http";
  private static final String BUS = "event-bus";

  /** Their names. */
  static final Set<String> NAMES = Set.of(LIBRARY, HTTP, BUS);

  /** Of these, such as have no front of their own: some node drives their tasks. */
  static final Set<String> FRONTLESS = Set.of(HTTP, BUS);

  /** Submits of one of them; the next one's come behind. */
  private static final long SUBMITS = 300_000_000L;

  @Mixin private SiteOptions sites = new SiteOptions();

  @Option(names = "--task-ms", required = true)
  private int taskMillis;

  @Option(names = "--first", required = true)
  private long first;

  ChaosCallers() {}

  @Override
  public Integer call() throws Exception {
    Logs.inDetail();
    ParentLink parent = ParentLink.open();
    Consumer<Line> history = line -> parent.event(line.json());
    Topology topology = sites.topology();
    String host = sites.callersHost();
    try (Dispatcher front =
            Dispatcher.builder()
                .listener(new Heard(LIBRARY, history))
                .cluster(topology.front(LIBRARY, host, sites.callersPort()))
                .start();
        HttpTaskClient http = HttpTaskClient.builder(sites.urls()).token(RunDoors.TOKEN).build();
        VertxBus bus = topology.bus("caller", host, sites.busPort());
        EventBusTaskClient overBus = new EventBusTaskClient(bus.vertx())) {
      List<Asker.Door> doors =
          List.of(
              new Asker.Door(LIBRARY, front),
              new Asker.Door(HTTP, http),
              new Asker.Door(BUS, overBus));
      try (Asker asker = new Asker(doors, history)) {
        Consumer<Line> heard = history.andThen(asker);
        List<Load> loads =
            List.of(
                new Load(LIBRARY, front::submitDetached, heard, taskMillis, first),
                new Load(HTTP, http::submit, heard, taskMillis, first + SUBMITS),
                new Load(BUS, overBus::submit, heard, taskMillis, first + 2 * SUBMITS));
        asker.start();
        parent.serve(new Requests(front, loads, history));
      }
    }
    return 0;
  }
}
