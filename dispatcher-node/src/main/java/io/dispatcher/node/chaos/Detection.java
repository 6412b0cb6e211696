package io.dispatcher.node.chaos;

import java.time.Duration;
import java.util.Map;

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

  /** From the heal, where nobody had a majority, to the start of what nobody could start. */
  static final Duration HEAL = Duration.ofSeconds(15);

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

  /** By when what faults took is to be started again, by the keys under which times are told. */
  Map<String, Duration> bounds() {
    return Map.of(
        FaultClass.PAUSE.word(),
        bound(),
        Timeline.NODE_CUT,
        bound(),
        Timeline.LINK_CUT,
        linkBound(),
        Timeline.NO_MAJORITY,
        HEAL,
        Timeline.sinceRemoval(FaultClass.PAUSE),
        RESTART,
        Timeline.sinceRemoval(FaultClass.CUT),
        RESTART);
  }

  /** From the fault to the start of what a node had that others still reach. */
  Duration linkBound() {
    return bound().plus(RESOLUTION);
  }
}
