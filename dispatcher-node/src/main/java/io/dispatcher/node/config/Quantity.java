package io.dispatcher.node.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and sizes as people write them, the same in configuration, flags and queries. */
public final class Quantity {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})\\s*(B|KiB|MiB|GiB)?");
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})\\s*%");

  private Quantity() {}

  /**
   * Reads {@code 500ms}, {@code 30s}, {@code 2m}, {@code 1h} or {@code 7d}; {@code 0} needs no
   * unit.
   *
   * @throws IllegalArgumentException if it is something else; the message says what was expected
   */
  public static Duration duration(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    Matcher form = DURATION.matcher(text);
    if (!form.matches()) {
      throw expected("a duration such as 500ms, 30s, 2m, 1h or 7d", text);
    }
    long amount = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /**
   * Reads {@code 64KiB}, {@code 1MiB} or {@code 2GiB}; a number alone is bytes.
   *
   * @throws IllegalArgumentException if it is something else; the message says what was expected
   */
  public static long size(String text) {
    Matcher form = SIZE.matcher(text);
    if (!form.matches()) {
      throw expected("a size such as 1MiB", text);
    }
    String unit = form.group(2) == null ? "B" : form.group(2);
    int shift =
        switch (unit) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    return Long.parseLong(form.group(1)) << shift;
  }

  /** As {@link #size}, or {@code 25%} of a whole. */
  static long share(String text, long whole) {
    Matcher form = PERCENT.matcher(text);
    if (form.matches()) {
      return whole / 100 * Long.parseLong(form.group(1));
    }
    if (!SIZE.matcher(text).matches()) {
      throw expected("a size such as 256MiB, or a share of the heap such as 25%", text);
    }
    return size(text);
  }

  /** A duration as {@link #duration} reads it. */
  static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds != 0 && seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds != 0 && seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /** A size as {@link #size} reads it. */
  static String text(long bytes) {
    if (bytes != 0 && bytes % (1 << 30) == 0) {
      return (bytes >> 30) + "GiB";
    }
    if (bytes != 0 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    return bytes != 0 && bytes % 1024 == 0 ? (bytes >> 10) + "KiB" : bytes + "B";
  }

  private static IllegalArgumentException expected(String what, String found) {
    return new IllegalArgumentException("expected " + what + ", found " + Faults.quote(found));
  }
}
