package io.dispatcher.node.config;

import org.jspecify.annotations.Nullable;

/**
 * Section {@code bus}: the event-bus door. Its address is that of the cluster.
 *
 * @param port that other Vert.x processes of the cluster send to; 0 = any that is free
 * @param token what senders must have in the header {@code authorization}; null: nothing
 * @param body longest body of a message, in bytes
 */
public record BusConfig(int port, @Nullable String token, int body) {

  /** Without the token, which must not come into a log. */
  @Override
  public String toString() {
    return "BusConfig[port=%d, token=%s, body=%d]"
        .formatted(port, token == null ? "none" : "(hidden)", body);
  }
}
