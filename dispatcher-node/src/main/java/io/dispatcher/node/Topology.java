package io.dispatcher.node;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.VertxCluster;
import java.util.List;
import java.util.function.Consumer;

/**
 * The nodes of one run on the loopback interface.
 *
 * @param ports of the nodes that store, in the order of their indexes
 */
public record Topology(List<Integer> ports) {
  private static final String LOOPBACK = "127.0.0.1";

  /** How many nodes store. */
  public int size() {
    return ports.size();
  }

  /** A node with all roles. */
  public Cluster node(int index) {
    return join(options(name(index), ports.get(index)));
  }

  static String name(int index) {
    return "node-" + (index + 1);
  }

  /** A node that only takes tasks in. */
  Cluster front(String name, int port) {
    return join(options(name, port).roles(Role.FRONT));
  }

  /** As {@link #front(String, int)}, for a process that goes on when the node has to leave. */
  public Cluster front(String name, int port, Consumer<Throwable> onEnd) {
    return join(options(name, port).roles(Role.FRONT).onError(onEnd));
  }

  /** Joins; what keeps a node out is told without a stack trace. */
  static Cluster join(VertxCluster.Options.Builder options) {
    try {
      return VertxCluster.join(options.build());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    }
  }

  /** A node with all roles, if nothing more is said. */
  VertxCluster.Options.Builder options(String name, int port) {
    return VertxCluster.Options.named(name)
        .clusterName("dispatcher-" + ports.get(0))
        .bind(LOOPBACK)
        .port(port)
        .members(ports.stream().map(each -> LOOPBACK + ":" + each).toArray(String[]::new))
        .size(ports.size())
        .onError(Topology::end);
  }

  /**
   * The cluster has put this node out, or a loop broke: a process that does nothing must not stay.
   */
  private static void end(Throwable error) {
    error.printStackTrace();
    Runtime.getRuntime().halt(Main.FAILED);
  }
}
