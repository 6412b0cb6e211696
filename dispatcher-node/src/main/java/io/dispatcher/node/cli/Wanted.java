package io.dispatcher.node.cli;

import io.dispatcher.node.config.Quantity;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskOptions;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of a task as flags, spelt as at every door. */
final class Wanted {

  @Option(names = "--key", paramLabel = "KEY", description = "goes to the key's preferred worker")
  private @Nullable String key;

  @Option(
      names = "--idempotencyKey",
      paramLabel = "KEY",
      description = "same key and content, same task; made for the call if none is given")
  private @Nullable String idempotencyKey;

  @Option(names = "--retries", paramLabel = "N", description = "0 to 1000; default 3")
  private @Nullable Integer retries;

  @Option(
      names = "--backoff",
      paramLabel = "TIME[,FACTOR[,CAP[,JITTER]]]",
      description = "wait before a retry; default 500ms,4,1m,0.25")
  private @Nullable String backoff;

  @Option(
      names = "--timeLimit",
      paramLabel = "TIME",
      converter = Time.class,
      description = "longest run of one attempt; default 10m")
  private @Nullable Duration timeLimit;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = Time.class,
      description = "longest time from acceptance to outcome; default none")
  private @Nullable Duration deadline;

  @Option(
      names = "--notBefore",
      paramLabel = "WHEN",
      description = "earliest start, like 2026-01-31T08:00:00Z")
  private @Nullable String notBefore;

  @Option(names = "--priority", paramLabel = "N", description = "1 (first) to 9; default 5")
  private @Nullable Integer priority;

  @Option(
      names = "--retention",
      paramLabel = "TIME",
      converter = Time.class,
      description = "how long the outcome stays; default 5m")
  private @Nullable Duration retention;

  @Option(
      names = "--admission",
      paramLabel = "TIME",
      converter = Time.class,
      description = "how long the submit may wait for room; default 0")
  private @Nullable Duration admission;

  /**
   * The options that are set.
   *
   * @throws IllegalArgumentException if one is out of its range; tells which
   */
  TaskOptions options() {
    TaskOptions options = TaskOptions.NONE;
    options = key == null ? options : options.key(key);
    options = idempotencyKey == null ? options : options.idempotencyKey(idempotencyKey);
    options = retries == null ? options : options.retries(retries);
    options = backoff == null ? options : options.backoff(backoff(backoff));
    options = timeLimit == null ? options : options.timeLimit(timeLimit);
    options = deadline == null ? options : options.deadline(deadline);
    options = priority == null ? options : options.priority(priority);
    options = retention == null ? options : options.retention(retention);
    options = admission == null ? options : options.admission(admission);
    if (notBefore != null) {
      try {
        options = options.notBefore(OffsetDateTime.parse(notBefore).toInstant());
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(
            "notBefore is '" + notBefore + "', but must be a time like 2026-01-31T08:00:00Z", e);
      }
    }
    return options;
  }

  private static Backoff backoff(String text) {
    String[] parts = text.split(",", -1);
    Backoff other = Backoff.DEFAULT;
    try {
      if (parts.length == 1) {
        return Backoff.fixed(Quantity.duration(parts[0]));
      }
      if (parts.length <= 4) {
        return new Backoff(
            Quantity.duration(parts[0]),
            Double.parseDouble(parts[1]),
            parts.length > 2 ? Quantity.duration(parts[2]) : other.cap(),
            parts.length > 3 ? Double.parseDouble(parts[3]) : other.jitter());
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(notLike(text), e);
    }
    throw new IllegalArgumentException(notLike(text));
  }

  private static String notLike(String text) {
    return "backoff is '" + text + "', but must be like 2s or 500ms,4,1m,0.25";
  }

  /** Reads {@code 500ms}, {@code 20s}, {@code 2m}, {@code 1h} or {@code 7d}. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      try {
        return Quantity.duration(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
