package io.dispatcher.node.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything a node is told, checked and with its defaults filled in. Immutable.
 *
 * @param node name, roles and place of this node
 * @param cluster the cluster it joins; null: it is alone in this process
 * @param http the HTTP door; null: off
 * @param bus the event-bus door; null: off
 * @param limits bounds of this node
 * @param pools pools by name; without an entry {@code default} that pool has the engine's size
 * @param handlers handlers of task types, by the name of the type
 * @param balancer name of the balancer of types that name none
 * @param measuredWeights whether weights of workers follow how fast tasks run there
 * @param slowStart in which time a worker that joined gets its whole share
 * @param types declared task types, by name
 * @param logging what the log looks like
 */
public record NodeConfig(
    NodeSection node,
    @Nullable ClusterConfig cluster,
    @Nullable HttpConfig http,
    @Nullable BusConfig bus,
    LimitsConfig limits,
    Map<String, PoolConfig> pools,
    Map<String, HandlerConfig> handlers,
    String balancer,
    boolean measuredWeights,
    Duration slowStart,
    Map<String, TypeConfig> types,
    LoggingConfig logging) {

  /** Copies the maps, which keep their order. */
  public NodeConfig {
    pools = copy(pools);
    handlers = copy(handlers);
    types = copy(types);
  }

  /** The pools that a handler may name. */
  public Set<String> poolNames() {
    return poolNames(pools);
  }

  static Set<String> poolNames(Map<String, PoolConfig> pools) {
    Set<String> names = new LinkedHashSet<>(pools.keySet());
    names.add("default");
    return names;
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /** The tokens of the doors. */
  public Set<String> secrets() {
    return Stream.of(http == null ? null : http.token(), bus == null ? null : bus.token())
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }
}
