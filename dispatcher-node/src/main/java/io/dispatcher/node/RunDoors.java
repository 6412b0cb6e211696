package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Cluster;
import io.dispatcher.node.bus.BusDoor;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.node.http.HttpDoor;
import java.util.List;
import java.util.Map;

/** The doors of one process of a run on this machine. Thread-safe. */
public final class RunDoors implements AutoCloseable {
  /**
   * What callers have to show. No secret: it is asked for where others than this machine might be.
   */
  public static final String TOKEN = "callers-of-the-run";

  private static final String LOOPBACK = "127.0.0.1";

  private final OpenDoors doors = new OpenDoors();

  private RunDoors() {}

  /** The HTTP door alone, with the page to look at. */
  static RunDoors open(Dispatcher dispatcher, int port) {
    NodeConfig config = LoadedConfig.load(null, Map.of(), List.of("http.port=" + port)).config();
    RunDoors opened = new RunDoors();
    opened.open(List.of(HttpDoor::open), new DoorContext(opened.doors.vertx(), dispatcher, config));
    return opened;
  }

  /**
   * The doors of HTTP, which asks for {@link #TOKEN}, and of the event bus.
   *
   * @param cluster of the dispatcher, as {@link #keepOpen} has wrapped it; it closes the doors
   * @param members all of the run, each {@code host:port}
   * @throws RunFailed if they cannot be opened
   */
  public static RunDoors open(
      Dispatcher dispatcher, Cluster cluster, List<String> members, String host, int port) {
    NodeConfig config =
        LoadedConfig.load(
                null,
                Map.of(),
                List.of(
                    "cluster.members=" + String.join(",", members),
                    "http.bind=" + host,
                    "http.port=" + port,
                    "http.token=" + TOKEN))
            .config();
    RunDoors opened = new RunDoors();
    if (cluster instanceof NodeCluster closing) {
      closing.beforeClose(opened::close);
      closing.afterRejoin(() -> opened.doors.rejoined(closing.bus(config)));
      opened.open(
          List.of(HttpDoor::open, BusDoor::open),
          new DoorContext(opened.doors.vertx(), closing.bus(config), dispatcher, config));
      return opened;
    }
    throw new IllegalArgumentException("the cluster does not close the doors");
  }

  /** A cluster that leaves the doors open until all who wait there were told. */
  public static Cluster keepOpen(Cluster cluster) {
    return NodeCluster.of(cluster);
  }

  private void open(List<Door.Factory> factories, DoorContext context) {
    try {
      doors.open(factories, context);
    } catch (IllegalStateException e) {
      doors.close();
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /** Where the HTTP door is reached, and its page. */
  static String url(int port) {
    return url(LOOPBACK, port);
  }

  /** As {@link #url(int)}, on another address than loopback. */
  public static String url(String host, int port) {
    return "http://" + host + ":" + port + "/";
  }

  /** New tasks are refused from now on. */
  public void stopIntake() {
    doors.stopIntake();
  }

  @Override
  public void close() {
    doors.close();
  }
}
