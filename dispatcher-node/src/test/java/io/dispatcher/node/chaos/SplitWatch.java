package io.dispatcher.node.chaos;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Who is apart from every majority while a cut is on, and who says so. One thread may use it. */
final class SplitWatch {
  private static final String NO_MAJORITY = "no majority";

  private final Cut cut;
  private final int nodes;
  private final Set<Integer> dead = new HashSet<>();
  private final Map<Integer, CutOff> apart = new TreeMap<>();
  private final List<CutOff> over = new ArrayList<>();

  /** Begins with the cut, all nodes being alive. */
  SplitWatch(Cut cut, int nodes, long now) {
    this.cut = cut;
    this.nodes = nodes;
    find(now);
  }

  private void find(long now) {
    for (int node : cut.minority(nodes, dead)) {
      CutOff known = apart.getOrDefault(node, new CutOff(node, now, -1, -1, -1));
      if (known.unheard() < 0 && !cut.hearsMajority(node, nodes, dead)) {
        known = new CutOff(node, known.since(), now, known.noticed(), -1);
      }
      apart.put(node, known);
    }
  }

  /** These nodes die now: others may be apart from now on. */
  void died(Set<Integer> victims, long now) {
    victims.forEach(victim -> end(victim, now));
    dead.addAll(victims);
    find(now);
  }

  private void end(int node, long now) {
    CutOff one = apart.remove(node);
    if (one != null) {
      over.add(new CutOff(node, one.since(), one.unheard(), one.noticed(), now));
    }
  }

  /** Those whose word is awaited: they are apart, and have not said that they have no majority. */
  Set<Integer> awaited() {
    Set<Integer> awaited = new HashSet<>();
    apart.forEach(
        (node, one) -> {
          if (one.noticed() < 0) {
            awaited.add(node);
          }
        });
    return awaited;
  }

  /** A node has just said why it takes no tasks in. */
  void says(int node, String reason, long now) {
    CutOff one = apart.get(node);
    if (one != null && one.noticed() < 0 && reason.contains(NO_MAJORITY)) {
      apart.put(node, new CutOff(node, one.since(), one.unheard(), now, -1));
    }
  }

  /** All who were apart; the cut is about to end. */
  List<CutOff> ends(long now) {
    List.copyOf(apart.keySet()).forEach(node -> end(node, now));
    return over;
  }
}
