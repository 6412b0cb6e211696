package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.node.config.PoolConfig;
import io.dispatcher.node.handlers.HandlerJars;
import io.dispatcher.node.handlers.NodeHandlers;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that runs: handlers, dispatcher, doors, started in this order and ended in the other one.
 * Thread-safe.
 */
final class Node {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  private final NodeConfig config;
  private final Dispatcher dispatcher;
  private final OpenDoors doors;

  /** What is closed after them, the last one first. */
  private final List<AutoCloseable> below;

  private Node(
      NodeConfig config, Dispatcher dispatcher, OpenDoors doors, List<AutoCloseable> below) {
    this.config = config;
    this.dispatcher = dispatcher;
    this.doors = doors;
    this.below = below;
  }

  /** As below, for a node that nobody asks to leave. */
  static Node start(LoadedConfig loaded, List<Door.Factory> factories, Consumer<Throwable> onEnd) {
    return start(loaded, factories, onEnd, () -> {});
  }

  /**
   * Starts a node and returns once its doors are open. Blocks. The classes of its JARs become
   * visible to this thread and to those it starts.
   *
   * @param onEnd told why the node left the cluster by itself; it must be closed then
   * @param onDrain somebody asks it to leave on purpose; it is to be closed then
   * @throws ConfigException if the configuration cannot be carried out here
   * @throws RunFailed if the cluster refuses it or a door cannot be opened
   */
  static Node start(
      LoadedConfig loaded,
      List<Door.Factory> factories,
      Consumer<Throwable> onEnd,
      Runnable onDrain) {
    NodeConfig config = loaded.config();
    Undo undo = new Undo();
    try {
      HandlerJars jars = undo.later(HandlerJars.open(loaded));
      Thread.currentThread().setContextClassLoader(jars.loader());
      Dispatcher.Builder builder = builder(loaded);
      AutoCloseable handlers =
          config.node().roles().contains(Role.WORKER)
              ? undo.later(NodeHandlers.register(loaded, jars, builder))
              : () -> {};
      NodeCluster cluster = NodeCluster.join(config, onEnd);
      NodeCallbacks callbacks = undo.later(new NodeCallbacks());
      OpenDoors doors = undo.later(new OpenDoors());
      cluster.beforeClose(
          () -> {
            callbacks.awaitTold();
            doors.close();
          });
      cluster.afterRejoin(() -> doors.rejoined(cluster.bus(config)));
      Dispatcher dispatcher =
          builder
              .cluster(cluster)
              .callbacks(callbacks.executor())
              .around(new AttemptLog())
              .onDrainAsked(onDrain)
              .start();
      undo.later(() -> dispatcher.close(Duration.ZERO));
      doors.open(
          factories, new DoorContext(doors.vertx(), cluster.bus(config), dispatcher, config));
      log.info("node {} is up: {}", dispatcher.node(), doors.addresses());
      return new Node(config, dispatcher, doors, List.of(jars, handlers, callbacks));
    } catch (IllegalStateException e) {
      undo.all();
      throw new RunFailed(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException | Error e) {
      undo.all();
      throw e;
    }
  }

  /**
   * Finds out whether a configuration could be carried out here, and starts nothing.
   *
   * @throws ConfigException if it could not
   */
  static void check(LoadedConfig loaded) {
    Undo undo = new Undo();
    try {
      HandlerJars jars = undo.later(HandlerJars.open(loaded));
      Thread.currentThread().setContextClassLoader(jars.loader());
      undo.later(NodeHandlers.register(loaded, jars, builder(loaded)));
    } finally {
      undo.all();
    }
  }

  /** All of the configuration but roles, cluster and handlers. */
  private static Dispatcher.Builder builder(LoadedConfig loaded) {
    NodeConfig config = loaded.config();
    Dispatcher.Builder builder = Dispatcher.builder().limits(config.limits().engine());
    config.pools().forEach((name, pool) -> pool(builder, name, pool));
    configured(loaded, () -> builder.balancer(config.balancer()), "balancer");
    builder.measuredWeights(config.measuredWeights()).slowStart(config.slowStart());
    Double weight = config.node().weight();
    if (weight != null) {
      builder.weight(weight);
    }
    config
        .types()
        .forEach(
            (name, type) -> {
              configured(loaded, () -> builder.declare(name, type.options()), "types", name);
              String balancer = type.balancer();
              if (balancer != null) {
                configured(
                    loaded, () -> builder.balancer(name, balancer), "types", name, "balancer");
              }
            });
    return builder;
  }

  private static void pool(Dispatcher.Builder builder, String name, PoolConfig pool) {
    if (pool.virtual()) {
      builder.virtualPool(name, pool.slots());
    } else {
      builder.pool(name, pool.slots());
    }
  }

  private static void configured(LoadedConfig loaded, Runnable step, String... path) {
    try {
      step.run();
    } catch (IllegalArgumentException e) {
      throw loaded.fault(String.valueOf(e.getMessage()), path);
    }
  }

  String name() {
    return dispatcher.node();
  }

  NodeConfig config() {
    return config;
  }

  /** Where the doors are reached. */
  List<String> addresses() {
    return doors.addresses();
  }

  /**
   * Ends the node: the doors take no tasks any more, what runs may go on for a while and what it
   * owns is handed over, then doors, cluster and handlers end. Blocks; a second call does nothing.
   */
  void close(Duration drain) {
    log.info("node {} ends; running attempts have up to {} s", name(), drain.toSeconds());
    Undo undo = new Undo();
    below.forEach(undo::later);
    undo.later(doors);
    undo.later(() -> dispatcher.close(drain));
    undo.later(doors::stopIntake);
    undo.all();
    log.info("node {} has ended", name());
  }
}
