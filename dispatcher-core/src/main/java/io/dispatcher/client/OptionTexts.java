package io.dispatcher.client;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskOptions;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options as every door spells them. The idempotency key is not among them: it belongs to the call.
 */
public final class OptionTexts {

  private OptionTexts() {}

  /** The options that are set, by name. */
  public static Map<String, String> of(TaskOptions options) {
    Map<String, String> texts = new LinkedHashMap<>();
    put(texts, "key", options.key());
    put(texts, "retries", options.retries());
    Backoff backoff = options.backoff();
    if (backoff != null) {
      put(
          texts,
          "backoff",
          String.join(
              ",",
              text(backoff.initial()),
              number(backoff.factor()),
              text(backoff.cap()),
              number(backoff.jitter())));
    }
    time(texts, "timeLimit", options.timeLimit());
    time(texts, "deadline", options.deadline());
    put(texts, "notBefore", options.notBefore());
    put(texts, "priority", options.priority());
    time(texts, "retention", options.retention());
    time(texts, "admission", options.admission());
    Set<String> requires = options.requires();
    put(texts, "requires", requires == null ? null : String.join(",", requires));
    put(texts, "explain", options.explain());
    return texts;
  }

  private static void put(Map<String, String> texts, String name, @Nullable Object value) {
    if (value != null) {
      texts.put(name, value.toString());
    }
  }

  private static void time(Map<String, String> texts, String name, @Nullable Duration value) {
    put(texts, name, value == null ? null : text(value));
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  /** In whole milliseconds, rounded up: what is set is never nothing. */
  private static String text(Duration time) {
    return time.plusNanos(999_999).toMillis() + "ms";
  }
}
