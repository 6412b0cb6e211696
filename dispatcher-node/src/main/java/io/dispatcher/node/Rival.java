package io.dispatcher.node;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What {@code bench --against} compares with. */
enum Rival {
  HAZELCAST_EXECUTOR("hazelcast-executor", "not durable: its tasks are lost with their submitter"),
  HAZELCAST_DURABLE("hazelcast-durable", "durable: one backup; each submit blocks for its record");

  private final String text;
  private final String promise;

  Rival(String text, String promise) {
    this.text = text;
    this.promise = promise;
  }

  String promise() {
    return promise;
  }

  static Rival of(String text) {
    return Arrays.stream(values())
        .filter(rival -> rival.text.equals(text))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("--against is '" + text + "', it must be one of " + names()));
  }

  private static String names() {
    return Arrays.stream(values()).map(Rival::toString).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return text;
  }
}
