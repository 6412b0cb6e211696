package io.dispatcher.sim;

import io.dispatcher.ledger.Peer;
import io.dispatcher.task.DispatcherClosed;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Handles without an outcome, at the fronts of their callers: those of a front that is killed are
 * gone with it, those of one that ends itself are told first.
 */
final class OpenHandles {

  private final Violations violations;
  private final Collection<Story> stories;

  /** Fronts that have ended themselves. */
  private final Set<Peer> ended = new HashSet<>();

  OpenHandles(Violations violations, Collection<Story> stories) {
    this.violations = violations;
    this.stories = stories;
  }

  /** One handle fewer waits at a front. */
  static void closed(Story story, Peer front) {
    story.open.computeIfPresent(front, (peer, count) -> count == 1 ? null : count - 1);
  }

  /** A handle was told that its front has ended. */
  static void told(Story story, Peer front) {
    closed(story, front);
    gone(story, 1);
  }

  private static void gone(Story story, int handles) {
    story.handles -= handles;
    // Of what has no answer yet nobody can say whether it was accepted.
    story.perhaps = true;
    story.answered |= story.open.isEmpty();
  }

  void frontKilled(Peer front) {
    for (Story story : stories) {
      Integer lost = story.open.remove(front);
      if (lost != null) {
        gone(story, lost);
      }
    }
  }

  void frontEnds(Peer front) {
    ended.add(front);
  }

  void frontExits(Peer front) {
    for (Story story : stories) {
      if (story.open.containsKey(front)) {
        violations.add(
            Promise.PROGRESS, story, "waits at " + front + ", which has ended and never told it");
      }
    }
    frontKilled(front);
  }

  boolean hasEnded(Peer front) {
    return ended.contains(front);
  }

  /** Whether a handle failed because its front has ended, whatever becomes of its task. */
  boolean toldOfItsEnd(Throwable error, Peer front) {
    return hasEnded(front)
        && error instanceof DispatcherClosed
        && !Checker.certainlyNotAccepted(error);
  }
}
