package io.dispatcher.node;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Transport;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.node.config.ClusterConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The cluster of a node, which does something of its own before it leaves: a door still needs the
 * event bus when the dispatcher has ended its work, and nothing after that.
 */
final class NodeCluster implements Cluster {

  private final Cluster cluster;
  private volatile Runnable beforeClose = () -> {};
  private volatile Runnable afterRejoin = () -> {};

  private NodeCluster(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Joins the cluster of the configuration, or is one alone. Blocks.
   *
   * @param onError told why the node left by itself
   * @throws RunFailed if the cluster refuses the node or an address cannot be used
   */
  static NodeCluster join(NodeConfig config, Consumer<Throwable> onError) {
    ClusterConfig section = config.cluster();
    if (section == null) {
      return new NodeCluster(
          LocalCluster.named(config.node().name(), config.node().labels(), onError));
    }
    ClusterOptions.Builder options = section.options(config.node()).onError(onError);
    if (config.bus() != null) {
      options.busPort(config.bus().port());
    }
    try {
      return new NodeCluster(VertxCluster.join(options.build()));
    } catch (IllegalStateException | IllegalArgumentException e) {
      throw new RunFailed("node " + config.node().name() + " could not join: " + e.getMessage(), e);
    }
  }

  /** One that was joined already. */
  static NodeCluster of(Cluster cluster) {
    return new NodeCluster(cluster);
  }

  /** The Vert.x on the event bus of the cluster; null if the node is alone or is to have none. */
  @Nullable CompletionStage<Vertx> bus(NodeConfig config) {
    return config.bus() != null && cluster instanceof VertxCluster real ? real.bus() : null;
  }

  /** Runs once, when the dispatcher has ended its work and before the node leaves. */
  void beforeClose(Runnable step) {
    beforeClose = step;
  }

  @Override
  public Loop loop(String name) {
    return cluster.loop(name);
  }

  @Override
  public Ledger ledger() {
    return cluster.ledger();
  }

  @Override
  public Transport transport() {
    return cluster.transport();
  }

  @Override
  public Membership membership() {
    return cluster.membership();
  }

  @Override
  public void onEnd(Consumer<Throwable> listener) {
    cluster.onEnd(listener);
  }

  @Override
  public void onRejoin(Consumer<Runnable> listener) {
    cluster.onRejoin(
        done -> {
          listener.accept(done);
          afterRejoin.run();
        });
  }

  /** Runs each time this node has come back as another peer; what it had of the bus is closed. */
  void afterRejoin(Runnable step) {
    afterRejoin = step;
  }

  @Override
  public void close() {
    beforeClose.run();
    cluster.close();
  }
}
