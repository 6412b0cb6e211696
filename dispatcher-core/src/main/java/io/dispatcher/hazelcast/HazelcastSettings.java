package io.dispatcher.hazelcast;

import io.dispatcher.cluster.Role;
import io.dispatcher.task.Labels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How a node takes part in the cluster.
 *
 * @param cluster name of the cluster; only nodes with the same name meet
 * @param node name of this node, unlike that of any other live node
 * @param incarnation tells this life of the node from its earlier ones
 * @param roles what it does
 * @param zone where it stands, if that is known
 * @param labels what it has that tasks may ask for
 * @param bind host name or address to listen on and to be reached at
 * @param port to listen on; 0 = any free one
 * @param members where to look for other nodes, each {@code host:port}
 * @param size the declared number of store nodes: 1, 2, 3, 5 or 7
 * @param detection how long a node may be silent before it is removed
 * @param patience how long a node that would be refused waits for its own old incarnation to leave
 * @param properties further Hazelcast properties
 * @param attributes further member attributes
 */
public record HazelcastSettings(
    String cluster,
    String node,
    long incarnation,
    Set<Role> roles,
    @Nullable String zone,
    Set<String> labels,
    String bind,
    int port,
    List<String> members,
    int size,
    Duration detection,
    Duration patience,
    Map<String, String> properties,
    Map<String, String> attributes) {

  /** The port of a member for which none is given. */
  public static final int DEFAULT_PORT = 5701;

  private static final Set<Integer> SIZES = Set.of(1, 2, 3, 5, 7);

  /** Copies and checks the settings. */
  public HazelcastSettings {
    roles = Set.copyOf(roles);
    labels = Set.copyOf(labels);
    members = List.copyOf(members);
    properties = Map.copyOf(properties);
    attributes = Map.copyOf(attributes);
    require(!cluster.isBlank(), "cluster.name is empty, but must be the name all its nodes share");
    require(!node.isBlank(), "node.name is empty, but must be unlike that of any other node");
    require(!roles.isEmpty(), "node.roles is empty, but must have one of store, front, worker");
    require(port >= 0 && port <= 65535, "cluster.port is " + port + ", but must be 0 to 65535");
    require(
        SIZES.contains(size),
        "cluster.size is "
            + size
            + ", but must be 1, 2, 3, 5 or 7: an even number survives no more deaths than the odd one below it");
    require(
        detection.compareTo(Duration.ofSeconds(3)) >= 0
            && detection.compareTo(Duration.ofMinutes(5)) <= 0,
        "cluster.detection is " + detection.toSeconds() + " s, but must be 3 s to 300 s");
    Labels.of("node.labels", labels);
    for (String property : properties.keySet()) {
      String needed = MemberConfig.promised(detection).get(property);
      require(
          needed == null,
          "cluster.properties has "
              + property
              + ", which must stay "
              + needed
              + " for the promises to hold");
    }
  }

  /** These, with one more member attribute. */
  HazelcastSettings with(String attribute, String value) {
    Map<String, String> more = new TreeMap<>(attributes);
    more.put(attribute, value);
    return new HazelcastSettings(
        cluster,
        node,
        incarnation,
        roles,
        zone,
        labels,
        bind,
        port,
        members,
        size,
        detection,
        patience,
        properties,
        more);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** How long a node waits for its own old incarnation to leave, if nothing else is said. */
  static Duration patience(Duration detection) {
    return detection.plusSeconds(10);
  }

  /** Settings with everything at its default but the names. */
  public static Builder builder(String cluster, String node) {
    return new Builder(cluster, node);
  }

  /**
   * Reads a member list.
   *
   * @param entries each {@code host}, {@code host:port} or {@code [IPv6]:port}
   * @return the entries, each with its port
   * @throws IllegalArgumentException if an entry is malformed; tells which, where, and what was
   *     expected
   */
  public static List<String> parseMembers(List<String> entries) {
    List<String> parsed = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      parsed.add(parseMember(entries.get(i), i + 1));
    }
    return parsed;
  }

  private static String parseMember(String text, int place) {
    int end;
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      if (close < 0) {
        throw malformed(text, place, text.length(), "']' after an IPv6 address");
      }
      end = close + 1;
    } else {
      end = text.indexOf(':') < 0 ? text.length() : text.indexOf(':');
    }
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean inHost =
          Character.isLetterOrDigit(c)
              || c == '.'
              || c == '-'
              || c == '_'
              || "[]:%".indexOf(c) >= 0;
      if (!inHost) {
        throw malformed(text, place, i, "a host name or an address");
      }
    }
    if (end == 0) {
      throw malformed(text, place, 0, "a host name or an address");
    }
    if (end == text.length()) {
      return text + ":" + DEFAULT_PORT;
    }
    if (text.charAt(end) != ':') {
      throw malformed(text, place, end, "':' and a port, or nothing more");
    }
    int port = 0;
    for (int i = end + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9' || port > 65535) {
        throw malformed(text, place, i, "a port from 1 to 65535");
      }
      port = port * 10 + (c - '0');
    }
    if (port < 1 || port > 65535) {
      throw malformed(text, place, end + 1, "a port from 1 to 65535");
    }
    return text;
  }

  private static IllegalArgumentException malformed(
      String text, int place, int at, String expected) {
    return new IllegalArgumentException(
        "cluster.members, entry %d '%s', character %d: expected %s"
            .formatted(place, text, at + 1, expected));
  }

  /** Collects settings. */
  public static final class Builder {
    private final String cluster;
    private final String node;
    private long incarnation = ThreadLocalRandom.current().nextLong();
    private Set<Role> roles = EnumSet.allOf(Role.class);
    private @Nullable String zone;
    private Set<String> labels = Set.of();
    private String bind = "127.0.0.1";
    private int port = DEFAULT_PORT;
    private List<String> members = List.of();
    private int size;
    private Duration detection = Duration.ofSeconds(5);
    private @Nullable Duration patience;
    private final Map<String, String> properties = new TreeMap<>();
    private final Map<String, String> attributes = new TreeMap<>();

    private Builder(String cluster, String node) {
      this.cluster = cluster;
      this.node = node;
    }

    public Builder incarnation(long value) {
      incarnation = value;
      return this;
    }

    public Builder roles(Set<Role> value) {
      roles = value;
      return this;
    }

    public Builder zone(@Nullable String value) {
      zone = value;
      return this;
    }

    public Builder labels(Set<String> value) {
      labels = value;
      return this;
    }

    /** Default: loopback. */
    public Builder bind(String value) {
      bind = value;
      return this;
    }

    /** Default: 5701; 0 = any free one. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** Where to look for other nodes, see {@link HazelcastSettings#parseMembers}. */
    public Builder members(List<String> value) {
      members = parseMembers(value);
      return this;
    }

    /** Default: as many store nodes as members are listed, at least 1. */
    public Builder size(int value) {
      size = value;
      return this;
    }

    /** Default: 5 s; 10 s suits overloaded hosts. */
    public Builder detection(Duration value) {
      detection = value;
      return this;
    }

    /** Default: detection + 10 s. */
    public Builder patience(Duration value) {
      patience = value;
      return this;
    }

    /** A further Hazelcast property; those that the promises rest on are refused. */
    public Builder property(String name, String value) {
      properties.put(name, value);
      return this;
    }

    /** A further member attribute. */
    public Builder attribute(String name, String value) {
      attributes.put(name, value);
      return this;
    }

    public HazelcastSettings build() {
      Duration wait = patience;
      return new HazelcastSettings(
          cluster,
          node,
          incarnation,
          roles,
          zone,
          labels,
          bind,
          port,
          members,
          size != 0 ? size : Math.max(1, members.size()),
          detection,
          wait == null ? HazelcastSettings.patience(detection) : wait,
          properties,
          attributes);
    }
  }
}
