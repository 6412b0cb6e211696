package io.dispatcher.vertx;

import static java.util.Objects.requireNonNull;

import io.dispatcher.cluster.Role;
import io.dispatcher.hazelcast.HazelcastSettings;
import io.dispatcher.hazelcast.LinkAddresses;
import io.dispatcher.ledger.Peer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a node takes part in a cluster. Immutable.
 *
 * @param node name of the node, unlike that of any other live node
 * @param roles what it does
 * @param zone where it stands, if that is known
 * @param labels what it has that tasks may ask for
 * @param clusterName only nodes with the same name meet
 * @param bind host name or address to listen on and to be reached at
 * @param port of Hazelcast; 0 = any that is free
 * @param members where to look for other nodes, each {@code host} or {@code host:port}
 * @param size the declared number of store nodes; 0 = as many as members are listed, at least 1
 * @param linkPort of the links between nodes; 0 = any that is free
 * @param busPort of the event bus; 0 = any that is free
 * @param tls for the links and the event bus; null: plain text
 * @param detection how long a node may be silent before it is removed
 * @param properties further Hazelcast properties
 * @param onError told why the node left by itself, once it has left
 */
public record ClusterOptions(
    String node,
    Set<Role> roles,
    @Nullable String zone,
    Set<String> labels,
    String clusterName,
    String bind,
    int port,
    List<String> members,
    int size,
    int linkPort,
    int busPort,
    @Nullable LinkTls tls,
    Duration detection,
    Map<String, String> properties,
    Consumer<Throwable> onError) {

  /** Copies and checks the options. */
  public ClusterOptions {
    roles = Set.copyOf(roles);
    labels = Set.copyOf(labels);
    members = List.copyOf(members);
    properties = Map.copyOf(properties);
    requireNonNull(onError, "onError");
    port("cluster.linkPort", linkPort);
    port("bus.port", busPort);
    if (linkPort != 0 && linkPort == port) {
      throw new IllegalArgumentException(
          "cluster.linkPort is " + linkPort + ", but must not be cluster.port");
    }
    if (tls != null) {
      readable("key", tls.key());
      readable("certificate", tls.certificate());
      readable("trust", tls.trust());
    }
    settings(
        node, roles, zone, labels, clusterName, bind, port, members, size, detection, properties);
  }

  /** Options with everything at its default but the name of the node. */
  public static Builder named(String node) {
    return new Builder(node);
  }

  /**
   * The settings with which an application starts its own Hazelcast member, for {@link
   * VertxCluster#of}.
   *
   * @throws IllegalArgumentException if no link port is set
   */
  public HazelcastSettings hazelcast() {
    if (linkPort == 0) {
      throw new IllegalArgumentException(
          "cluster.linkPort is 0, but must be a fixed port when the application starts Hazelcast");
    }
    return settings(new Peer(node, new SecureRandom().nextLong()), linkPort);
  }

  HazelcastSettings settings(Peer self, int port) {
    return settings(
            node,
            roles,
            zone,
            labels,
            clusterName,
            bind,
            this.port,
            members,
            size,
            detection,
            properties)
        .incarnation(self.incarnation())
        .attribute(LinkAddresses.PORT, Integer.toString(port))
        .build();
  }

  private static HazelcastSettings.Builder settings(
      String node,
      Set<Role> roles,
      @Nullable String zone,
      Set<String> labels,
      String clusterName,
      String bind,
      int port,
      List<String> members,
      int size,
      Duration detection,
      Map<String, String> properties) {
    HazelcastSettings.Builder builder =
        HazelcastSettings.builder(clusterName, node)
            .roles(roles)
            .zone(zone)
            .labels(labels)
            .bind(bind)
            .port(port)
            .members(members)
            .size(size)
            .detection(detection);
    properties.forEach(builder::property);
    builder.build();
    return builder;
  }

  private static void port(String what, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException(what + " is " + port + ", but must be 0 to 65535");
    }
  }

  private static void readable(String what, Path file) {
    if (!Files.isReadable(file)) {
      throw new IllegalArgumentException(
          "cluster.tls." + what + " is " + file + ", but must be a PEM file that can be read");
    }
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private final String node;
    private Set<Role> roles = EnumSet.allOf(Role.class);
    private @Nullable String zone;
    private Set<String> labels = Set.of();
    private String clusterName = "dispatcher";
    private String bind = "127.0.0.1";
    private int port = HazelcastSettings.DEFAULT_PORT;
    private List<String> members = new ArrayList<>();
    private int size;
    private int linkPort;
    private int busPort;
    private @Nullable LinkTls tls;
    private Duration detection = Duration.ofSeconds(5);
    private final Map<String, String> properties = new HashMap<>();
    private Consumer<Throwable> onError = error -> {};

    private Builder(String node) {
      this.node = node;
    }

    /** Default: store, front and worker. */
    public Builder roles(Role first, Role... others) {
      roles = EnumSet.of(first, others);
      return this;
    }

    /** Default: none. */
    public Builder zone(@Nullable String value) {
      zone = value;
      return this;
    }

    /** Default: none. */
    public Builder labels(String... values) {
      labels = Set.of(values);
      return this;
    }

    /** Default: {@code dispatcher}. */
    public Builder clusterName(String value) {
      clusterName = value;
      return this;
    }

    /** Default: loopback. */
    public Builder bind(String value) {
      bind = value;
      return this;
    }

    /** Default: 5701; 0 = any that is free. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Default: none, a cluster of one node. */
    public Builder members(String... values) {
      members = List.of(values);
      return this;
    }

    /** Default: as many store nodes as members are listed, at least 1. */
    public Builder size(int value) {
      size = value;
      return this;
    }

    /** Default: any port that is free. */
    public Builder linkPort(int value) {
      linkPort = value;
      return this;
    }

    /** Default: any port that is free. */
    public Builder busPort(int value) {
      busPort = value;
      return this;
    }

    /** Default: links and event bus in plain text. */
    public Builder tls(LinkTls value) {
      tls = value;
      return this;
    }

    /** Default: 5 s; 10 s suits overloaded hosts. */
    public Builder detection(Duration value) {
      detection = value;
      return this;
    }

    /** A further Hazelcast property. */
    public Builder property(String name, String value) {
      properties.put(name, value);
      return this;
    }

    /** Default: the log tells it only. */
    public Builder onError(Consumer<Throwable> value) {
      onError = value;
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException if one cannot be; tells which, what was found and what was
     *     expected
     */
    public ClusterOptions build() {
      return new ClusterOptions(
          node,
          roles,
          zone,
          labels,
          clusterName,
          bind,
          port,
          members,
          size,
          linkPort,
          busPort,
          tls,
          detection,
          properties,
          onError);
    }
  }
}
