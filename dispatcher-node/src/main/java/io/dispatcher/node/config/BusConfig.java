package io.dispatcher.node.config;

/**
 * Section {@code bus}: the event-bus door. Its address is that of the cluster.
 *
 * @param port that other Vert.x processes of the cluster send to; 0 = any that is free
 */
public record BusConfig(int port) {}
