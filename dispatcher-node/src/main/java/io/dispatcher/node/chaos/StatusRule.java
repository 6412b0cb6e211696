package io.dispatcher.node.chaos;

import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is promised to those who ask how a task stands: what has ended stays ended, what was
 * accepted is known, what waits says for what, and none is left lying. While the network is cut the
 * owner on the wrong side cannot know, so that is left out, as is all that happens to a task once
 * its copies may all have died.
 *
 * @param taskMillis what most tasks take; some take longer
 * @param loadEnded when nobody submitted any more and all outcomes were told
 * @param violated gets a promise that was broken, and how
 */
record StatusRule(
    Timeline timeline, long taskMillis, long loadEnded, BiConsumer<String, String> violated) {
  /** A write or an inventory under way is over by then. */
  private static final long LONGEST_IDLE = TimeUnit.SECONDS.toMicros(20);

  /**
   * Apart from faults and what they take to get over, from crowds, and from its own time. Twice
   * what was ever seen, on a machine with twenty times as much to do as it could.
   */
  private static final long LONGEST_LIFE = TimeUnit.SECONDS.toMicros(20);

  /** The longest tasks take so many times what most take, and may have to begin again. */
  private static final long OWN_TIMES = 20;

  void judge(Seen seen) {
    if (!seen.accepted()) {
      return;
    }
    long beyond = timeline.firstBeyondBackups(seen.acceptedAt);
    if (seen.told != null) {
      judge(seen, seen.told.before(beyond), seen.outcomeAt < beyond ? seen.outcome : null);
    }
    stuck(seen, beyond);
  }

  private void judge(Seen seen, Told told, @Nullable String outcome) {
    long ended = Math.min(seen.outcomeAt, told.endedAt);
    if (told.openAsked > ended && timeline.uncut(told.openAsked, told.openAnswered)) {
      violated.accept("status-back", "was told as open after it had ended; " + seen.story());
    }
    if (told.gone != null) {
      violated.accept("forgotten", "was told as " + told.gone + "; " + seen.story());
    }
    if (told.otherEnd != null) {
      violated.accept(
          "status-differs",
          "was told as " + told.end + " and " + told.otherEnd + "; " + seen.story());
    } else if (told.end != null && outcome != null && !outcome.startsWith(told.end)) {
      violated.accept("status-differs", "was told as " + told.end + "; " + seen.story());
    }
    if (told.longestIdle > LONGEST_IDLE
        && timeline.uncut(told.idleUntil - told.longestIdle, told.idleUntil)) {
      violated.accept(
          "waits-for-nothing",
          "for " + TimeUnit.MICROSECONDS.toSeconds(told.longestIdle) + " s; " + seen.story());
    }
  }

  /** What a task may take from its acceptance on, apart from faults. */
  static long longest(long taskMillis) {
    return LONGEST_LIFE + OWN_TIMES * TimeUnit.MILLISECONDS.toMicros(taskMillis);
  }

  private void stuck(Seen seen, long beyond) {
    long ended = Math.min(seen.knownEnd(loadEnded), beyond);
    long longest = longest(taskMillis);
    if (seen.outcome != null
        && ended < Long.MAX_VALUE
        && ended - seen.acceptedAt > longest
        && timeline.calmMicros(seen.acceptedAt, ended) > longest) {
      violated.accept(
          "stuck",
          "was open for "
              + TimeUnit.MICROSECONDS.toSeconds(ended - seen.acceptedAt)
              + " s; "
              + seen.story());
    }
  }
}
