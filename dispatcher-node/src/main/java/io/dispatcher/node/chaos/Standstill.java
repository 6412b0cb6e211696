package io.dispatcher.node.chaos;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Whose tasks nobody can start while a cut is on, for no nodes that reach each other are a majority
 * of all. What is late of these is late from the heal on. Nodes are counted from 0; one thread may
 * use it.
 */
final class Standstill {
  private final int nodes;
  private final Cut cut;
  private final long since;
  private final long patience;
  private final Set<Integer> dead = new HashSet<>();

  /** A majority had the time to start what these had, before it fell apart too. */
  private final Set<Integer> overdue = new HashSet<>();

  /**
   * Begins with the cut.
   *
   * @param dead nodes that do not live
   * @param now any clock's microseconds
   * @param patience so long a majority may take to start what the others had
   */
  Standstill(int nodes, Cut cut, Collection<Integer> dead, long now, Duration patience) {
    this.nodes = nodes;
    this.cut = cut;
    this.dead.addAll(dead);
    this.since = now;
    this.patience = TimeUnit.MILLISECONDS.toMicros(patience.toMillis());
  }

  /** These nodes die now, while the cut is on. */
  void died(Collection<Integer> victims, long now) {
    Set<Integer> before = majority();
    dead.addAll(victims);
    if (!before.isEmpty() && majority().isEmpty() && now - since > patience) {
      overdue.addAll(all());
      overdue.removeAll(before);
    }
  }

  /** Nodes whose tasks nobody could start up to now, the dead ones too; empty if somebody could. */
  Set<Integer> waiting() {
    Set<Integer> waiting = new TreeSet<>();
    if (majority().isEmpty()) {
      waiting.addAll(all());
      waiting.removeAll(overdue);
    }
    return waiting;
  }

  /**
   * Live nodes that reach each other both ways and are more than half of all; empty if none are.
   */
  private Set<Integer> majority() {
    return cut.majorities(nodes, dead)
        .reduce((one, other) -> other.size() > one.size() ? other : one)
        .orElse(Set.of());
  }

  private List<Integer> all() {
    return IntStream.range(0, nodes).boxed().toList();
  }
}
