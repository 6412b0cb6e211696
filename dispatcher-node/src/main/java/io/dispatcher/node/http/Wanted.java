package io.dispatcher.node.http;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Labels;
import io.dispatcher.task.TaskOptions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the options of a task as callers spell them, in a query or in JSON. */
public final class Wanted {
  /** Every option, in the order of the documentation. */
  public static final List<String> NAMES =
      List.of(
          "key",
          "idempotencyKey",
          "retries",
          "backoff",
          "timeLimit",
          "deadline",
          "notBefore",
          "priority",
          "retention",
          "wait",
          "admission",
          "requires",
          "explain");

  private TaskOptions options = TaskOptions.NONE;
  private @Nullable Duration wait;

  /** Nothing is set. */
  public Wanted() {}

  /** What was set. */
  public TaskOptions options() {
    return options;
  }

  /** How long the call waits for the outcome; null if it does not say. */
  public @Nullable Duration patience() {
    return wait;
  }

  public static boolean isOption(String name) {
    return NAMES.contains(name);
  }

  /**
   * Sets an option.
   *
   * @throws IllegalArgumentException if the value is not one for it; the message names the option,
   *     the value and what it must be
   */
  public void set(String name, String text) {
    switch (name) {
      case "key" -> options = options.key(text);
      case "idempotencyKey" -> options = options.idempotencyKey(text);
      case "retries" -> options = options.retries(number(name, text));
      case "backoff" -> options = options.backoff(backoff(text));
      case "timeLimit" -> options = options.timeLimit(Durations.parse(name, text));
      case "deadline" -> options = options.deadline(Durations.parse(name, text));
      case "notBefore" -> options = options.notBefore(instant(name, text));
      case "priority" -> options = options.priority(number(name, text));
      case "retention" -> options = options.retention(Durations.parse(name, text));
      case "wait" -> wait = Durations.parse(name, text);
      case "admission" -> options = options.admission(Durations.parse(name, text));
      case "requires" -> options = options.requires(Labels.parse(name, text));
      case "explain" -> options = options.explain(flag(name, text));
      default -> throw new IllegalArgumentException(unknown("option", name, NAMES));
    }
  }

  /** Sets labels that came as a list. */
  public void requires(Collection<String> labels) {
    options = options.requires(Labels.of("requires", labels));
  }

  private static boolean flag(String name, String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              name + " is " + Quote.of(text) + ", but must be true or false");
    };
  }

  public void backoff(Backoff backoff) {
    options = options.backoff(backoff);
  }

  public static String unknown(String what, String name, List<String> known) {
    return "there is no " + what + " " + Quote.of(name) + "; there are " + String.join(", ", known);
  }

  static int number(String name, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " is " + Quote.of(text) + ", but must be a whole number", e);
    }
  }

  private static double decimal(String name, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " is " + Quote.of(text) + ", but must be a number", e);
    }
  }

  private static Instant instant(String name, String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          name + " is " + Quote.of(text) + ", but must be a time like 2026-01-31T08:00:00Z", e);
    }
  }

  /** The initial wait alone, or with factor, cap and jitter behind it. */
  private static Backoff backoff(String text) {
    String[] parts = text.split(",", -1);
    if (parts.length == 1) {
      return Backoff.fixed(Durations.parse("backoff", text));
    }
    if (parts.length > 4) {
      throw new IllegalArgumentException(
          "backoff is "
              + Quote.of(text)
              + ", but must be a duration, or initial,factor,cap,jitter like 500ms,4,1m,0.25");
    }
    return backoff(
        parts[0], parts[1], parts.length > 2 ? parts[2] : null, parts.length > 3 ? parts[3] : null);
  }

  /** A backoff of its parts; what is null is as in {@link Backoff#DEFAULT}. */
  public static Backoff backoff(
      @Nullable String initial,
      @Nullable String factor,
      @Nullable String cap,
      @Nullable String jitter) {
    Backoff other = Backoff.DEFAULT;
    return new Backoff(
        initial == null ? other.initial() : Durations.parse("backoff.initial", initial.strip()),
        factor == null ? other.factor() : decimal("backoff.factor", factor.strip()),
        cap == null ? other.cap() : Durations.parse("backoff.cap", cap.strip()),
        jitter == null ? other.jitter() : decimal("backoff.jitter", jitter.strip()));
  }
}
