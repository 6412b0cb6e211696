package io.dispatcher.node.config;

import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.LinkTls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Section {@code cluster}.
 *
 * @param name only nodes with the same name meet
 * @param bind host name or address to listen on and to be reached at
 * @param port of Hazelcast; 0 = any that is free
 * @param linkPort of the links between nodes; 0 = any that is free
 * @param members where to look for other nodes, each {@code host} or {@code host:port}
 * @param size the declared number of store nodes; 0 = as many as members are listed, at least 1
 * @param detection how long a node may be silent before it is removed
 * @param tls for the links; null: plain text
 * @param properties further Hazelcast properties
 */
public record ClusterConfig(
    String name,
    String bind,
    int port,
    int linkPort,
    List<String> members,
    int size,
    Duration detection,
    @Nullable Tls tls,
    Map<String, String> properties) {

  /** Copies list and map. */
  public ClusterConfig {
    members = List.copyOf(members);
    properties = Map.copyOf(properties);
  }

  /**
   * How a node takes part in this cluster.
   *
   * @throws IllegalArgumentException if something cannot be; the message begins with its key
   */
  public ClusterOptions.Builder options(NodeSection node) {
    Role[] roles = node.roles().toArray(Role[]::new);
    if (roles.length == 0) {
      throw new IllegalArgumentException(
          "node.roles is empty, but must have one of store, front, worker");
    }
    ClusterOptions.Builder options =
        ClusterOptions.named(node.name())
            .roles(roles[0], roles)
            .zone(node.zone())
            .labels(node.labels().toArray(String[]::new))
            .clusterName(name)
            .bind(bind)
            .port(port)
            .linkPort(linkPort)
            .members(members.toArray(String[]::new))
            .size(size)
            .detection(detection);
    if (tls != null) {
      options.tls(new LinkTls(tls.key(), tls.certificate(), tls.trust()));
    }
    properties.forEach(options::property);
    return options;
  }

  /**
   * Mutual TLS between nodes: PEM files.
   *
   * @param key private key of this node, PKCS #8
   * @param certificate of this node
   * @param trust certificates of the authority that signed those of all nodes
   */
  public record Tls(Path key, Path certificate, Path trust) {}
}
