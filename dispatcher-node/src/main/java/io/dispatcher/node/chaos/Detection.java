package io.dispatcher.node.chaos;

import java.time.Duration;

/**
 * How long a node may be silent before it is removed, and what follows from that.
 *
 * @param time as the nodes of a run are set
 */
record Detection(Duration time) {
  /** Of nodes that are told nothing else. */
  static final Detection USUAL = new Detection(Duration.ofSeconds(5));

  /** From when a front hears of the removal of a node to the start of what it had. */
  static final Duration RESTART = Duration.ofSeconds(3);

  /** Nodes that miss only one of several first wait for three more heartbeats of it. */
  private static final Duration RESOLUTION = Duration.ofSeconds(3);

  /** Who falls silent may have said nothing for that long already. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** As the plan in a history says it: without it nobody has looked at the views of the nodes. */
  static final String KEY = "detection-ms";

  /** For the first line of a history. */
  String text() {
    return " " + KEY + "=" + time.toMillis();
  }

  /** Whether a node that is silent for this long may be removed. */
  boolean mayRemove(Duration silence) {
    return silence.plus(HEARTBEAT).compareTo(time) >= 0;
  }

  /** From the fault to the start of what a node had that everybody misses. */
  Duration bound() {
    return time.plus(RESTART);
  }

  /** From the fault to the start of what a node had that others still reach. */
  Duration linkBound() {
    return bound().plus(RESOLUTION);
  }
}
