package io.dispatcher.node.config;

import io.dispatcher.balance.Balancers;
import io.dispatcher.node.config.Value.Table;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration that was read, and where each of its keys stands. Immutable. */
public final class LoadedConfig {

  private final NodeConfig config;
  private final Table root;

  private LoadedConfig(NodeConfig config, Table root) {
    this.config = config;
    this.root = root;
  }

  /**
   * Puts file, environment and options together, each over the one before, and checks all of it.
   *
   * @param file YAML; null: none
   * @param environment of the process; {@code DISPATCHER_HTTP_PORT} is {@code http.port}
   * @param options each {@code http.port=9000}
   * @throws ConfigException with all that is wrong
   */
  public static LoadedConfig load(
      @Nullable Path file, Map<String, String> environment, List<String> options) {
    Faults faults = new Faults();
    Table root = file == null ? Table.empty("configuration") : Yaml.file(file, faults);
    Overrides overrides = new Overrides(root, faults);
    overrides.environment(environment);
    options.forEach(overrides::option);
    // A file that is no YAML would only make more faults of the same.
    faults.throwIfAny();
    Keys.check(root, AllKeys.ROOT, "", faults);
    Table filled = new Interpolation(environment, faults).table(root, "");
    NodeConfig config = read(new Fields(filled, "", faults));
    faults.throwIfAny();
    return new LoadedConfig(config, filled);
  }

  private static NodeConfig read(Fields root) {
    NodeSection node = Sections.node(root);
    Map<String, PoolConfig> pools = Sections.pools(root);
    ClusterConfig cluster = Sections.cluster(root, node);
    return new NodeConfig(
        node,
        cluster,
        Sections.http(root),
        cluster == null ? null : Sections.bus(root),
        Sections.limits(root),
        pools,
        WorkSections.handlers(root, NodeConfig.poolNames(pools)),
        root.text("balancer", Balancers.DEFAULT),
        Sections.measured(root),
        root.duration("slowStart", Duration.ofSeconds(30), Duration.ZERO, Duration.ofHours(1)),
        WorkSections.types(root),
        Sections.logging(root));
  }

  /** What the node is told. */
  public NodeConfig config() {
    return config;
  }

  /** Whether somebody set a key, name by name. */
  public boolean has(String... path) {
    Value value = root;
    for (String name : path) {
      Value below = below(value, name);
      if (below == null) {
        return false;
      }
      value = below;
    }
    return true;
  }

  /**
   * A fault found only when the node was put together, told like all others.
   *
   * @param path of the key, name by name
   */
  public ConfigException fault(String problem, String... path) {
    Value nearest = root;
    for (String name : path) {
      Value below = below(nearest, name);
      if (below == null) {
        break;
      }
      nearest = below;
    }
    return new ConfigException(
        List.of(nearest.where() + ": " + String.join(".", path) + ": " + problem));
  }

  private static @Nullable Value below(Value value, String name) {
    return value instanceof Table table ? table.entries().get(name) : null;
  }
}
