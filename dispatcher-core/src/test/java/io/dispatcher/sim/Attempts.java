package io.dispatcher.sim;

import io.dispatcher.ledger.Peer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Judges what handlers saw: their attempts, fences and checkpoints. */
final class Attempts {

  private final Labels labels;
  private final Simulation simulation;
  private final Violations violations;
  private final Replicas replicas;
  private final Stalls stalls;

  Attempts(SimWorld world, Violations violations, Replicas replicas, Stalls stalls) {
    this.labels = world.labels();
    this.simulation = world.simulation();
    this.violations = violations;
    this.replicas = replicas;
    this.stalls = stalls;
  }

  void started(Story story, int attempt, long fence, Peer peer) {
    simulation.trace(peer.node(), "STARTS %s@%s (%s)", name(story), attempt, story.label);
    if (story.refused) {
      violations.add(Promise.AS_ANSWERED, story, "was refused, and runs");
    }
    Peer before = story.starts.putIfAbsent(attempt, peer);
    if (before != null) {
      violations.add(
          Promise.FENCED,
          story,
          "attempt " + attempt + " was started on " + before + " and again on " + peer);
    }
    Replicas.Recorded record = replicas.of(story.task);
    int recorded = record == null ? 0 : record.attempt;
    if (recorded < attempt) {
      violations.add(
          Promise.FENCED,
          story,
          "attempt " + attempt + " starts, and all replicas hold attempt " + recorded);
    }
    if (replicas.withdrawn(story.task, peer, attempt)) {
      violations.add(
          Promise.BUDGETS,
          story,
          "attempt " + attempt + " starts on " + peer + ", which withdrew it");
    }
    fenced(story, attempt, fence);
    story.runningNow.add(attempt);
    // It may be over before the next look.
    story.idleSince = -1;
    stalls.started(peer);
  }

  private void fenced(Story story, int attempt, long fence) {
    story.fences.put(attempt, fence);
    for (Map.Entry<Integer, Long> other : story.fences.entrySet()) {
      if (Integer.compare(other.getKey(), attempt) != Long.compare(other.getValue(), fence)) {
        violations.add(
            Promise.FENCED,
            story,
            "fence "
                + fence
                + " of attempt "
                + attempt
                + " and fence "
                + other.getValue()
                + " of attempt "
                + other.getKey()
                + " are in the wrong order");
      }
    }
  }

  /** As {@link Checker#ended}. */
  void ended(Story story, int attempt, Peer peer, @Nullable String result) {
    if (story.runningNow.remove(attempt)) {
      stalls.ended(peer);
    }
    if (result != null) {
      story.results.put(attempt, result);
    }
    simulation.trace(
        peer.node(), "ENDS %s@%s %s", name(story), attempt, result == null ? "failed" : "ok");
  }

  /** As {@link Checker#overLimit}. */
  void overLimit(Story story, int attempt) {
    violations.add(
        Promise.PROGRESS, story, "attempt " + attempt + " is not stopped at its time limit");
  }

  /** As {@link Checker#overSlots}. */
  void overSlots(Story story, Peer peer, int running) {
    violations.add(Promise.FENCED, story, "is one of " + running + " at once on " + peer);
  }

  /** As {@link Checker#saved}. */
  void saved(Story story, int attempt, int step) {
    simulation.trace("client", "%s@%s saved %s", story.label, attempt, step);
    story.saved.merge(attempt, step, Math::max);
  }

  /** As {@link Checker#resumed}. */
  void resumed(Story story, int attempt, int step) {
    simulation.trace("client", "%s@%s goes on from %s", story.label, attempt, step);
    // A stale attempt that wakes up late may see less than a newer one has saved.
    int saved =
        story.saved.headMap(attempt).values().stream().mapToInt(Integer::intValue).max().orElse(0);
    if (step < saved && !replicas.remembered(story.task)) {
      violations.add(
          Promise.CHECKPOINTS,
          story,
          "attempt " + attempt + " starts from step " + step + ", but " + saved + " was saved");
    }
  }

  private String name(Story story) {
    return story.task == null ? story.label : labels.of(story.task);
  }
}
