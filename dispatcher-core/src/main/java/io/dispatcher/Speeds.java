package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.util.HashMap;
import java.util.Map;

/**
 * How fast tasks of each type run on this worker, as the fronts are told. Confined to the worker's
 * loop.
 */
final class Speeds {

  private static final long MEASURE_EVERY = 1_000_000_000L;

  /** Smaller changes of a speed are not told. */
  private static final double NOTICED = 0.05;

  private final Loop loop;
  private final Registrations registrations;
  private final boolean measures;

  /** By type; empty if it does not measure. */
  private final Map<String, Speed> speeds = new HashMap<>();

  /** By type. */
  private Map<String, Double> told = Map.of();

  private long measuredAt;

  /**
   * @param measures whether anybody is told
   */
  Speeds(Loop loop, Registrations registrations, boolean measures) {
    this.loop = loop;
    this.registrations = registrations;
    this.measures = measures;
  }

  /**
   * An attempt has ended by itself. What failed tells nothing: on a worker on which tasks fail fast
   * it would tell that it is fast.
   */
  void ran(Start start) {
    AttemptEnd end = start.end();
    if (measures && end != null && end.failure() == null) {
      speeds
          .computeIfAbsent(start.delivery().profile().type(), type -> new Speed())
          .ran(start.ranNanos(), loop.now());
    }
  }

  /** Tasks per second; 0 if that is not known. */
  double of(String type) {
    return told.getOrDefault(type, 0.0);
  }

  /** Measures once a second or so, and says whether there is something new to tell. */
  boolean changed(long now) {
    if (!measures || now - measuredAt < MEASURE_EVERY) {
      return false;
    }
    measuredAt = now;
    Map<String, Double> measured = new HashMap<>();
    boolean changed = false;
    for (Map.Entry<String, Speed> each : speeds.entrySet()) {
      Registration<?, ?> registration = registrations.get(each.getKey());
      int slots = registration == null ? 0 : registration.pool().slots();
      double perSecond = each.getValue().perSecond(slots, now);
      double before = of(each.getKey());
      boolean other = Math.abs(perSecond - before) > NOTICED * before;
      measured.put(each.getKey(), other ? perSecond : before);
      changed |= other;
    }
    if (changed) {
      told = measured;
    }
    return changed;
  }
}
