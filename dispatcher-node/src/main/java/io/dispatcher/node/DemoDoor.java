package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.node.http.HttpDoor;
import java.util.List;
import java.util.Map;

/** The HTTP door of one process of the demo, with the page to look at. */
final class DemoDoor implements AutoCloseable {
  private final OpenDoors doors;
  private final String page;

  private DemoDoor(OpenDoors doors, String page) {
    this.doors = doors;
    this.page = page;
  }

  static DemoDoor open(Dispatcher dispatcher, int port) {
    NodeConfig config = LoadedConfig.load(null, Map.of(), List.of("http.port=" + port)).config();
    OpenDoors doors = new OpenDoors();
    try {
      doors.open(List.of(HttpDoor::open), new DoorContext(doors.vertx(), dispatcher, config));
      return new DemoDoor(doors, page(port));
    } catch (IllegalStateException e) {
      doors.close();
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
  }

  static String page(int port) {
    return "http://127.0.0.1:" + port + "/";
  }

  String page() {
    return page;
  }

  @Override
  public void close() {
    doors.close();
  }
}
