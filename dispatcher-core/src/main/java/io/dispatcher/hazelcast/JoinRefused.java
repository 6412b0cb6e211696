package io.dispatcher.hazelcast;

/** This node may not join the cluster it found; the message tells why and the way out. */
public final class JoinRefused extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  JoinRefused(String message) {
    super(message);
  }
}
