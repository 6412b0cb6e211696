package io.dispatcher.node;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxBus;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one run.
 *
 * @param hosts of the nodes that store, in the order of their indexes
 * @param ports of these
 */
public record Topology(List<String> hosts, List<Integer> ports) {
  private static final String LOOPBACK = "127.0.0.1";

  /** All on the loopback interface. */
  public Topology(List<Integer> ports) {
    this(Collections.nCopies(ports.size(), LOOPBACK), ports);
  }

  /** How many nodes store. */
  public int size() {
    return ports.size();
  }

  /** A node with all roles. */
  public Cluster node(int index) {
    return node(index, null);
  }

  /**
   * As {@link #node(int)}.
   *
   * @param detection how long a node may be silent before it is removed; null: as usual
   */
  public Cluster node(int index, @Nullable Duration detection) {
    ClusterOptions.Builder options = options(name(index), ports.get(index)).bind(hosts.get(index));
    return join(detection == null ? options : options.detection(detection));
  }

  static String name(int index) {
    return "node-" + (index + 1);
  }

  /** A node that only takes tasks in. */
  Cluster front(String name, int port) {
    return front(name, LOOPBACK, port);
  }

  /** As {@link #front(String, int)}, on another address than loopback. */
  public Cluster front(String name, String host, int port) {
    return join(options(name, port).bind(host).roles(Role.FRONT));
  }

  /** Joins; what keeps a node out is told without a stack trace. */
  static Cluster join(ClusterOptions.Builder options) {
    try {
      return VertxCluster.join(options.build());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /** A node with all roles, if nothing more is said. */
  ClusterOptions.Builder options(String name, int port) {
    return ClusterOptions.named(name)
        .clusterName("dispatcher-" + ports.get(0))
        .bind(LOOPBACK)
        .port(port)
        .members(members())
        .size(ports.size())
        .onError(Topology::end);
  }

  /** The event bus, for a process that is no node. */
  public VertxBus bus(String name, String host, int port) {
    try {
      return VertxBus.join(options(name, port).bind(host).build());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /** The nodes that store, each {@code host:port}. */
  public String[] members() {
    String[] members = new String[ports.size()];
    for (int i = 0; i < members.length; i++) {
      members[i] = hosts.get(i) + ":" + ports.get(i);
    }
    return members;
  }

  /**
   * The cluster has put this node out, or a loop broke: a process that does nothing must not stay.
   */
  private static void end(Throwable error) {
    error.printStackTrace();
    Runtime.getRuntime().halt(Main.FAILED);
  }
}
