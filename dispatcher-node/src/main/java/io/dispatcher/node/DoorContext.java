package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.config.NodeConfig;
import io.vertx.core.Vertx;

/**
 * What a door is opened with.
 *
 * @param vertx the node's own; it outlives the doors
 * @param dispatcher started; it is closed between {@link Door#stopIntake} and {@link Door#close}
 */
public record DoorContext(Vertx vertx, Dispatcher dispatcher, NodeConfig config) {}
