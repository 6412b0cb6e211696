package io.dispatcher.node.chaos;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** From the beginning of a fault to its end. */
record Span(FaultClass kind, String who, long from, long to) {
  /** So long after the end of a fault owners may still change. */
  private static final long AFTERMATH_MICROS = 10_000_000;

  /** The same, where everybody knows at once that a node is gone. */
  private static final long KILL_AFTERMATH_MICROS = 5_000_000;

  /** A node that takes longer to leave may have to leave what it runs behind. */
  private static final long LONG_LEAVE_MICROS = 20_000_000;

  /** What is done to the network or to all nodes, one after the other, concerns everybody. */
  boolean concerns(@Nullable String node) {
    return node == null || kind == FaultClass.CUT || kind == FaultClass.ROLLING || who.equals(node);
  }

  /** Whether it, or its aftermath, falls into this time. */
  boolean touches(long begin, long end) {
    return from <= end && to + AFTERMATH_MICROS >= begin;
  }

  /** By when what it took has to go on elsewhere: the bounds of the design, and some to spare. */
  long overcome() {
    return to
        + switch (kind) {
          case KILL, LEAVE, ROLLING -> KILL_AFTERMATH_MICROS;
          case PAUSE -> AFTERMATH_MICROS;
          case CUT -> TimeUnit.MILLISECONDS.toMicros(Detection.HEAL.toMillis());
        };
  }

  /** Whether an attempt that was under way may have lost its node by it. */
  boolean mayHaveTaken(@Nullable String node, long begin, long end) {
    return switch (kind) {
      case KILL -> concerns(node) && from <= end && to >= begin;
      case LEAVE -> concerns(node) && from <= end && to >= begin && to - from >= LONG_LEAVE_MICROS;
      case ROLLING -> false;
      case PAUSE, CUT -> concerns(node) && touches(begin, end);
    };
  }
}
