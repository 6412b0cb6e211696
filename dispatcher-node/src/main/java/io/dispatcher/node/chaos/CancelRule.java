package io.dispatcher.node.chaos;

import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * What is promised of cancelled tasks. Where no fault comes between, what the submitter is told is
 * final; else his wish may only be recorded, and an attempt that runs meanwhile may end the task.
 *
 * @param violated gets a promise that was broken, and how
 */
record CancelRule(Timeline timeline, BiConsumer<String, String> violated) {
  static final String CANCELLED = "cancelled";

  /** So long the word may be under way to the worker that has the task. */
  private static final long UNDER_WAY = TimeUnit.SECONDS.toMicros(2);

  void judge(Seen seen) {
    boolean ends = CANCELLED.equals(seen.outcome);
    if (ends && !seen.cancelAsked) {
      violated.accept("wrong-outcome", "was cancelled, and nobody asked for it; " + seen.story());
    }
    Boolean told = seen.cancelTold;
    if (told != null && seen.outcome != null && told != ends && isFinal(seen)) {
      violated.accept(
          told ? "cancel-undone" : "cancel-denied",
          "its submitter was told that it "
              + (told ? "is cancelled; " : "had ended before it was cancelled; ")
              + seen.story());
    }
    seen.starts.stream()
        .filter(start -> isNewer(seen, start) || isLate(seen, start))
        .findFirst()
        .ifPresent(
            start ->
                violated.accept(
                    "started-after-cancel", "attempt " + start.attempt() + "; " + seen.story()));
  }

  private boolean isFinal(Seen seen) {
    String owner = seen.owner;
    boolean known = owner != null && !ChaosCallers.FRONTLESS.contains(owner);
    return timeline.calm(known ? owner : null, seen.acceptedAt, seen.cancelToldAt);
  }

  private boolean isNewer(Seen seen, Seen.Start start) {
    return seen.cancelled > 0
        && start.attempt() > seen.cancelled
        && !timeline.beyondBackupsBetween(seen.acceptedAt, start.micros());
  }

  private boolean isLate(Seen seen, Seen.Start start) {
    return Boolean.TRUE.equals(seen.cancelTold)
        && start.micros() > seen.cancelToldAt + UNDER_WAY
        && timeline.calm(null, seen.acceptedAt, start.micros());
  }
}
