package io.dispatcher.node.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code 500ms}, {@code 30s}, {@code 2m}, {@code 1h}, {@code 7d} and ISO 8601. */
final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
  private static final int MAX_CHARS = 40;

  private Durations() {}

  /**
   * Reads a duration of zero or more.
   *
   * @throws IllegalArgumentException if the text is none
   */
  static Duration parse(String option, String text) {
    Matcher form = FORM.matcher(text);
    if (form.matches()) {
      long amount = Long.parseLong(form.group(1));
      return switch (form.group(2)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        default -> Duration.ofDays(amount);
      };
    }
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    if (text.length() <= MAX_CHARS && (text.startsWith("P") || text.startsWith("p"))) {
      try {
        Duration iso = Duration.parse(text);
        if (!iso.isNegative()) {
          return iso;
        }
      } catch (DateTimeException | ArithmeticException e) {
        throw refused(option, text, e);
      }
    }
    throw refused(option, text, null);
  }

  private static IllegalArgumentException refused(
      String option, String text, @org.jspecify.annotations.Nullable Throwable cause) {
    return new IllegalArgumentException(
        option
            + " is "
            + Quote.of(text)
            + ", but must be a duration like 500ms, 30s, 2m, 1h or PT30S",
        cause);
  }
}
