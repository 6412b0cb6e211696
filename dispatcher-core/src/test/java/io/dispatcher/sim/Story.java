package io.dispatcher.sim;

import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
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

  /** Where attempts were started that may come again in another cluster. */
  final List<Peer> former = new ArrayList<>();

  final Map<Integer, Long> fences = new HashMap<>();
  final Map<Integer, String> results = new HashMap<>();
  final Set<Integer> runningNow = new LinkedHashSet<>();
  long idleSince = -1;

  Story(String label) {
    this.label = label;
  }

  /** As it stands now. */
  Story copy() {
    Story copy = new Story(label);
    copy.accepted = accepted;
    copy.shown = shown;
    copy.cancelled = cancelled;
    copy.kills = kills;
    copy.saved.putAll(saved);
    copy.starts.putAll(starts);
    copy.fences.putAll(fences);
    return copy;
  }

  /** What happened since then did not, as far as it is to be kept. */
  void backTo(Story before) {
    accepted = before.accepted;
    shown = before.shown;
    cancelled = before.cancelled;
    kills = before.kills;
    saved.keySet().retainAll(before.saved.keySet());
    saved.putAll(before.saved);
    for (Integer attempt : List.copyOf(starts.keySet())) {
      if (!before.starts.containsKey(attempt)) {
        former.add(starts.remove(attempt));
      }
    }
    fences.keySet().retainAll(before.fences.keySet());
    runningNow.clear();
  }
}
