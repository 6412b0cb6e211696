package io.dispatcher.node.chaos;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * For how long unfinished tasks had no live owner, as nodes say that take tasks in: these have a
 * majority, and one of them has to adopt. One thread may use it.
 */
final class Ownerless {
  /** Without faults. */
  private static final Duration LONGEST = Duration.ofSeconds(5);

  /** Who was not looked at for longer may have been without a majority meanwhile. */
  private static final long BLINK_MICROS = 2_000_000;

  private final double most;
  private final Map<Integer, Ready> ready = new TreeMap<>();
  private final Map<Integer, Double> longest = new TreeMap<>();

  /** A node was ready at every look in this time. */
  private record Ready(long since, long looked) {}

  /**
   * Begins with no look.
   *
   * @param detection who adopts may have to wait until a node is removed that has the other copy
   */
  Ownerless(Detection detection) {
    most = LONGEST.plus(detection.bound()).toMillis() / 1e3;
  }

  /**
   * A node was looked at.
   *
   * @param seconds for how long it has seen tasks without an owner; less than 0 if it takes no
   *     tasks in
   * @param now any clock's microseconds
   */
  void seen(int node, double seconds, long now) {
    Ready before = ready.get(node);
    if (seconds < 0) {
      ready.remove(node);
    } else if (before == null || now - before.looked() > BLINK_MICROS) {
      ready.put(node, new Ready(now, now));
    } else {
      ready.put(node, new Ready(before.since(), now));
      double known = (now - before.since()) / (double) TimeUnit.SECONDS.toMicros(1);
      longest.merge(node, Math.min(seconds, known), Math::max);
    }
  }

  /** How many nodes took tasks in at two looks in a row: of no others anything is known. */
  int nodes() {
    return longest.size();
  }

  /** The longest time in seconds, of all nodes. */
  double longest() {
    return longest.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  /** Nodes at which it was too long, and how long. */
  Map<Integer, Double> tooLong() {
    Map<Integer, Double> tooLong = new TreeMap<>(longest);
    tooLong.values().removeIf(seconds -> seconds <= most);
    return tooLong;
  }
}
