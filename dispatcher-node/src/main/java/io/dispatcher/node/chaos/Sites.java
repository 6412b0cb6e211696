package io.dispatcher.node.chaos;

import io.dispatcher.cluster.LoopbackPorts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the processes of a run stand and are reached: all on the loopback interface, or each in a
 * network namespace of its own, and then the network can be cut. The nodes come first, and behind
 * them the callers. Thread-safe.
 */
final class Sites implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";
  private static final int PORT = 5701;
  private static final int BUS_PORT = 5702;
  private static final int DOOR = 8080;

  private final int nodes;
  private final List<String> hosts;
  private final List<Integer> ports;
  private final List<Integer> doors;
  private final int busPort;
  private final @Nullable Namespaces spaces;

  private Sites(
      List<String> hosts,
      List<Integer> ports,
      List<Integer> doors,
      int busPort,
      @Nullable Namespaces spaces) {
    this.nodes = doors.size();
    this.hosts = hosts;
    this.ports = ports;
    this.doors = doors;
    this.busPort = busPort;
    this.spaces = spaces;
  }

  /** All on the loopback interface. */
  static Sites loopback(int nodes) {
    List<Integer> free = LoopbackPorts.free(2 * nodes + 2);
    return new Sites(
        Collections.nCopies(nodes + 1, LOOPBACK),
        free.subList(0, nodes + 1),
        free.subList(nodes + 1, 2 * nodes + 1),
        free.get(2 * nodes + 1),
        null);
  }

  /** Each in a network namespace of its own, where {@link Namespaces#refusal} allows it. */
  static Sites apart(int nodes) {
    Namespaces spaces = Namespaces.create(nodes + 1);
    List<String> hosts = new ArrayList<>();
    for (int place = 0; place <= nodes; place++) {
      hosts.add(spaces.address(place));
    }
    return new Sites(
        hosts,
        Collections.nCopies(nodes + 1, PORT),
        Collections.nCopies(nodes, DOOR),
        BUS_PORT,
        spaces);
  }

  /** How many nodes there are. */
  int nodes() {
    return nodes;
  }

  /** What a command has to begin with to run at this place. */
  List<String> inside(int place) {
    return spaces == null ? List.of() : spaces.inside(place);
  }

  /** Tells a process where all of them are. */
  List<String> arguments() {
    return List.of(
        "--hosts=" + String.join(",", hosts),
        "--ports=" + LoopbackPorts.text(ports),
        "--doors=" + LoopbackPorts.text(doors),
        "--bus-port=" + busPort);
  }

  /** From now on nothing gets through these ways. */
  void cut(Cut cut) {
    spaces().cut(cut.ways());
  }

  /** These ways are open again. */
  void heal(Cut cut) {
    spaces().heal(cut.ways());
  }

  private Namespaces spaces() {
    if (spaces == null) {
      throw new IllegalStateException("the loopback interface cannot be cut");
    }
    return spaces;
  }

  @Override
  public void close() {
    if (spaces != null) {
      spaces.close();
    }
  }
}
