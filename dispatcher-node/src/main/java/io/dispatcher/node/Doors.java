package io.dispatcher.node;

import io.dispatcher.node.bus.BusDoor;
import io.dispatcher.node.http.HttpDoor;
import java.util.List;

/** The doors that a node opens, in this order; the one place that names them. */
final class Doors {

  static final List<Door.Factory> ALL = List.of(HttpDoor::open, BusDoor::open);

  /** As {@link #ALL}; where the port of the HTTP door is taken, any other will do. */
  static final List<Door.Factory> SOMEWHERE = List.of(HttpDoor::openSomewhere, BusDoor::open);

  private Doors() {}
}
