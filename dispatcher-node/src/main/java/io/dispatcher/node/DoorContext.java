package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.config.NodeConfig;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a door is opened with.
 *
 * @param vertx the node's own, not clustered; it outlives the doors
 * @param bus the Vert.x on the event bus of the cluster, once a store node is there; it is closed
 *     after the doors. Null if the node is alone
 * @param dispatcher started; it is closed between {@link Door#stopIntake} and {@link Door#close}
 */
public record DoorContext(
    Vertx vertx, @Nullable CompletionStage<Vertx> bus, Dispatcher dispatcher, NodeConfig config) {

  /** For a node that is alone. */
  public DoorContext(Vertx vertx, Dispatcher dispatcher, NodeConfig config) {
    this(vertx, null, dispatcher, config);
  }
}
