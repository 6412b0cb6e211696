package io.dispatcher.node.http;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The header field {@code Prefer} of RFC 7240. A preference that is not understood is none.
 *
 * @param patience how long the caller would wait; zero if it would rather not; null if it does not
 *     say
 */
record Preference(@Nullable Duration patience) {
  private static final Preference NONE = new Preference(null);
  private static final int MAX_DIGITS = 9;

  static Preference of(@Nullable String prefer) {
    if (prefer == null) {
      return NONE;
    }
    Duration wait = null;
    for (String part : prefer.toLowerCase(Locale.ROOT).split(",", -1)) {
      String preference = part.split(";", -1)[0].strip();
      if (preference.equals("respond-async")) {
        // "respond-async, wait=10" is: wait that long, then answer without the outcome.
        wait = wait == null ? Duration.ZERO : wait;
      } else if (preference.startsWith("wait=")) {
        String seconds = preference.substring(5).strip();
        if (!seconds.isEmpty()
            && seconds.length() <= MAX_DIGITS
            && seconds.chars().allMatch(c -> c >= '0' && c <= '9')) {
          wait = Duration.ofSeconds(Long.parseLong(seconds));
        }
      }
    }
    return wait == null ? NONE : new Preference(wait);
  }
}
