package io.dispatcher.node.chaos;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What was accepted through each door of those who only submit. Through one that refuses all of it
 * nothing was proved, whatever came in through the others.
 */
final class Doors {
  /** Every submitter offers as many: a door is used if it took one in so many of these. */
  private static final int HARDLY = 10;

  private final Map<String, Long> accepted = new HashMap<>();
  private boolean used;

  /** A process can be used. */
  void up(Line line) {
    used |= line.node().equals(Chaos.CALLERS);
  }

  void accepted(Line line) {
    accepted.merge(line.node(), 1L, Long::sum);
  }

  /** Why this proves too little; says nothing of runs without such callers. */
  List<String> tooLittle(Map<String, Long> plan) {
    List<String> all = new ArrayList<>();
    long submitters = plan.getOrDefault("nodes", 0L) + ChaosCallers.NAMES.size();
    long least = Math.max(1, plan.getOrDefault("tasks", 0L) / submitters / HARDLY);
    for (String door : new TreeSet<>(ChaosCallers.NAMES)) {
      long count = accepted.getOrDefault(door, 0L);
      if (used && count < least) {
        all.add(
            "%,d tasks were accepted through %s, of at least %,d".formatted(count, door, least));
      }
    }
    return all;
  }
}
