package io.dispatcher.sim;

import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One submission, as its submitter and its handlers saw it. */
final class Story {
  final String label;
  @Nullable TaskRef task;
  boolean accepted;
  boolean answered;
  boolean refused;

  /** One of its submissions was accepted, or may have been. */
  boolean perhaps;

  @Nullable String shown;
  int handles;
  final TreeMap<Integer, Integer> saved = new TreeMap<>();

  /** Handles without an outcome, by the front they are at. */
  final Map<Peer, Integer> open = new LinkedHashMap<>();

  /** Nodes that this task took with it. */
  int kills;

  int showings;
  boolean cancelled;
  final Map<Integer, Peer> starts = new HashMap<>();
  final Map<Integer, Long> fences = new HashMap<>();
  final Map<Integer, String> results = new HashMap<>();
  final Set<Integer> runningNow = new LinkedHashSet<>();
  long idleSince = -1;

  Story(String label) {
    this.label = label;
  }
}
