package io.dispatcher.node.config;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.dispatcher.Limits;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Labels;
import io.dispatcher.task.TaskLimits;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the sections that say what a node is and how it is reached. */
final class Sections {

  private static final String LOOPBACK = "127.0.0.1";
  private static final int MAX_PORT = 65_535;
  private static final int MIN_TOKEN = 16;

  private Sections() {}

  static NodeSection node(Fields root) {
    Fields node = root.section("node");
    String name =
        node.value(
            "name",
            hostName(),
            text -> {
              if (!text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
                throw new IllegalArgumentException(
                    "expected 1 to 64 characters of A-Z a-z 0-9 . _ -, found "
                        + Faults.quote(text));
              }
              return text;
            });
    Set<Role> roles = EnumSet.allOf(Role.class);
    if (node.has("roles")) {
      roles = roles(node);
      if (!root.has("cluster") && roles.size() < Role.values().length) {
        node.fault(
            "roles", "needs a section cluster; a node without one is alone and does everything");
      }
    }
    return new NodeSection(
        name,
        roles,
        node.text("zone"),
        labels(node),
        node.optional("weight", Sections::weight),
        Path.of(node.text("jars", "handlers")),
        node.duration("drain", ofSeconds(25), Duration.ZERO, ofMinutes(60)));
  }

  private static Double weight(String text) {
    try {
      double weight = Double.parseDouble(text);
      if (weight >= 0 && weight <= 1_000_000) {
        return weight;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(badWeight(text), e);
    }
    throw new IllegalArgumentException(badWeight(text));
  }

  private static String badWeight(String text) {
    return "expected a number from 0 (no new tasks) to 1000000, found " + Faults.quote(text);
  }

  /** Whether weights follow measured speeds. */
  static boolean measured(Fields root) {
    return root.value(
        "weights",
        false,
        text -> {
          if (!text.equals("configured") && !text.equals("measured")) {
            throw new IllegalArgumentException(
                "expected configured or measured, found " + Faults.quote(text));
          }
          return text.equals("measured");
        });
  }

  private static Set<String> labels(Fields node) {
    try {
      return Labels.of("labels", node.list("labels"));
    } catch (IllegalArgumentException e) {
      node.fault("labels", String.valueOf(e.getMessage()));
      return Set.of();
    }
  }

  private static Set<Role> roles(Fields node) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String text : node.list("roles")) {
      try {
        roles.add(Fields.constant(Role.class, text));
      } catch (IllegalArgumentException e) {
        node.fault("roles", String.valueOf(e.getMessage()));
        return EnumSet.allOf(Role.class);
      }
    }
    if (roles.isEmpty()) {
      node.fault("roles", "is empty, expected some of store, front, worker");
    }
    return roles;
  }

  /** The machine's own name, as far as a node may be called so. */
  private static String hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "-");
      return name.matches("[A-Za-z0-9].{0,63}") ? name : "node";
    } catch (UnknownHostException e) {
      return "node";
    }
  }

  static @Nullable ClusterConfig cluster(Fields root, NodeSection node) {
    if (!root.has("cluster")) {
      return null;
    }
    Fields cluster = root.section("cluster");
    ClusterConfig config =
        new ClusterConfig(
            cluster.text("name", "dispatcher"),
            host(cluster, "bind"),
            cluster.number("port", 5701, 0, MAX_PORT),
            cluster.number("linkPort", 0, 0, MAX_PORT),
            cluster.list("members"),
            cluster.number("size", 0, 1, 7),
            cluster.duration("detection", ofSeconds(5), ofSeconds(3), ofMinutes(5)),
            clusterTls(cluster),
            cluster.map("properties"));
    root.checked(() -> config.options(node).build());
    return config;
  }

  private static ClusterConfig.@Nullable Tls clusterTls(Fields cluster) {
    if (!cluster.has("tls")) {
      return null;
    }
    Fields tls = cluster.section("tls");
    return new ClusterConfig.Tls(
        tls.file("key", "a PEM file with a private key"),
        tls.file("certificate", "a PEM file with a certificate"),
        tls.file("trust", "a PEM file with the certificates to trust"));
  }

  static @Nullable HttpConfig http(Fields root) {
    if (root.off("http")) {
      return null;
    }
    Fields http = root.section("http");
    String bind = host(http, "bind");
    String token = token(http);
    if (token == null && !http.has("token") && !loopback(bind)) {
      http.fault(
          "token",
          "is missing, but http.bind is "
              + bind
              + ", which others can reach; set a token, or bind to "
              + LOOPBACK);
    }
    HttpConfig.Tls certificate = null;
    if (http.has("tls")) {
      Fields tls = http.section("tls");
      certificate =
          new HttpConfig.Tls(
              tls.file("key", "a PEM file with a private key"),
              tls.file("certificate", "a PEM file with a certificate chain"));
    }
    return new HttpConfig(
        bind, http.number("port", 8080, 0, MAX_PORT), token, certificate, bounds(http));
  }

  /** The token itself must not be told. */
  private static @Nullable String token(Fields door) {
    return door.optional(
        "token",
        text -> {
          if (text.length() < MIN_TOKEN || !text.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException(
                "expected at least "
                    + MIN_TOKEN
                    + " characters, ASCII without spaces, found "
                    + text.length()
                    + " characters");
          }
          return text;
        });
  }

  private static HttpConfig.Bounds bounds(Fields http) {
    Fields limits = http.section("limits");
    return new HttpConfig.Bounds(
        (int) limits.size("body", 8 << 20, 1 << 10, 1 << 28, Quantity::size),
        (int) limits.size("headers", 16 << 10, 1 << 10, 1 << 20, Quantity::size),
        limits.number("batch", 1000, 1, 100_000),
        limits.number("connections", 10_000, 1, 1_000_000),
        limits.duration("idle", ofSeconds(60), ofSeconds(1), ofMinutes(60)),
        limits.duration("request", ofSeconds(30), ofMillis(100), ofMinutes(60)),
        limits.duration("wait", ofSeconds(60), Duration.ZERO, ofMinutes(60)));
  }

  static @Nullable BusConfig bus(Fields root) {
    if (root.off("bus")) {
      return null;
    }
    Fields bus = root.section("bus");
    return new BusConfig(
        bus.number("port", 0, 0, MAX_PORT),
        token(bus),
        (int) bus.size("body", 8 << 20, 1 << 10, 1 << 28, Quantity::size));
  }

  static LimitsConfig limits(Fields root) {
    Fields limits = root.section("limits");
    long heap = Runtime.getRuntime().maxMemory();
    Limits preset = Limits.ofHeap(heap);
    int max = TaskLimits.MAX_VALUE_BYTES;
    return new LimitsConfig(
        (int) limits.size("payload", max, 1, max, Quantity::size),
        preset
            .unfinished(limits.number("unfinished", preset.unfinished(), 1, 100_000_000))
            .waiting(limits.number("waiting", preset.waiting(), 1, 100_000_000))
            .outcomeBytes(
                limits.size(
                    "outcomes",
                    preset.outcomeBytes(),
                    1 << 20,
                    heap / 2,
                    text -> Quantity.share(text, heap)))
            .deadLetterBytes(
                limits.size(
                    "deadLetters",
                    preset.deadLetterBytes(),
                    64 << 10,
                    heap / 4,
                    text -> Quantity.share(text, heap))));
  }

  static Map<String, PoolConfig> pools(Fields root) {
    Map<String, PoolConfig> pools = new LinkedHashMap<>();
    Fields section = root.section("pools");
    for (String name : section.keys()) {
      Fields pool = section.section(name);
      if (name.isBlank() || name.length() > TaskLimits.MAX_POOL_CHARS) {
        section.fault(name, "expected a name of 1 to " + TaskLimits.MAX_POOL_CHARS + " characters");
      }
      if (!pool.has("slots")) {
        section.fault(name, "slots is missing, the number of tasks running at once");
      }
      boolean virtual = pool.oneOf("threads", Threads.class, Threads.PLATFORM) == Threads.VIRTUAL;
      pools.put(name, new PoolConfig(pool.number("slots", 1, 1, 100_000), virtual));
    }
    return pools;
  }

  private enum Threads {
    PLATFORM,
    VIRTUAL
  }

  static LoggingConfig logging(Fields root) {
    Fields logging = root.section("logging");
    Map<String, String> levels = logging.map("levels");
    Fields each = logging.section("levels");
    levels.keySet().forEach(name -> level(each, name, "info"));
    return new LoggingConfig(
        logging.oneOf("format", LoggingConfig.Format.class, LoggingConfig.Format.TEXT),
        level(logging, "level", "info"),
        levels);
  }

  private static String level(Fields fields, String key, String preset) {
    return fields.value(
        key,
        preset,
        text -> {
          if (!List.of("trace", "debug", "info", "warn", "error", "off").contains(text)) {
            throw new IllegalArgumentException(
                "expected one of trace, debug, info, warn, error, off, found "
                    + Faults.quote(text));
          }
          return text;
        });
  }

  private static String host(Fields fields, String key) {
    return fields.value(
        key,
        LOOPBACK,
        text -> {
          try {
            InetAddress.getByName(text);
            return text;
          } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                "expected an address or a host name of this machine, found " + Faults.quote(text),
                e);
          }
        });
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
