package io.dispatcher.node.chaos;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.node.LoopbackDoors;
import io.dispatcher.node.Topology;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import java.util.List;
import java.util.function.Consumer;

/** Those in this process who submit, each through a door of its own, all the time. */
final class Callers implements AutoCloseable {
  /** As many as there are doors. */
  static final int COUNT = 3;

  /** Submits of one of them; the next one's come behind. */
  private static final long SUBMITS = 300_000_000L;

  private final HttpTaskClient http;
  private final VertxBus bus;
  private final EventBusTaskClient overBus;
  private final List<Load> loads;

  /**
   * @param busPort of this process as a member that has only the event bus
   * @param doors ports of the nodes' HTTP doors
   */
  Callers(
      Seat front,
      Topology topology,
      int busPort,
      List<Integer> doors,
      Consumer<Line> history,
      int taskMillis) {
    http = HttpTaskClient.to(doors.stream().map(LoopbackDoors::url).toArray(String[]::new));
    bus = topology.bus("caller", busPort);
    overBus = new EventBusTaskClient(bus.vertx());
    loads =
        List.of(
            // The front may be another one after a split.
            new Load(
                Chaos.FRONT,
                task -> front.dispatcher().submitDetached(task),
                history,
                taskMillis,
                1),
            new Load("http", http::submit, history, taskMillis, 1 + SUBMITS),
            new Load("event-bus", overBus::submit, history, taskMillis, 1 + 2 * SUBMITS));
  }

  void start(double eachPerSecond) {
    loads.forEach(load -> load.start(eachPerSecond));
  }

  /** They submit nothing any more. */
  void stop() throws InterruptedException {
    for (Load load : loads) {
      load.stop();
    }
  }

  long accepted() {
    return loads.stream().mapToLong(Load::accepted).sum();
  }

  /** Tasks whose outcome was not shown yet. */
  int open() {
    return loads.stream().mapToInt(Load::open).sum();
  }

  @Override
  public void close() {
    http.close();
    overBus.close();
    bus.close();
  }
}
