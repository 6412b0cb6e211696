package io.dispatcher.node.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value as it was written, with the place to name when it is wrong. */
sealed interface Value {

  /** {@code dispatcher.yaml:7}, {@code DISPATCHER_HTTP_PORT} or {@code --set http.port}. */
  String where();

  /** A key with nothing behind it. */
  record Nothing(String where) implements Value {}

  /** One word or text; numbers too, as they were written. */
  record Text(String where, String text) implements Value {}

  /** A list. */
  record Items(String where, List<Value> items) implements Value {}

  /** Keys and values, in their order; changed only while sources are put together. */
  record Table(String where, Map<String, Value> entries) implements Value {
    static Table empty(String where) {
      return new Table(where, new LinkedHashMap<>());
    }
  }

  /** What a value is, for a message. */
  static String describe(Value value) {
    if (value instanceof Text text) {
      return Faults.quote(text.text());
    }
    if (value instanceof Items) {
      return "a list";
    }
    return value instanceof Table ? "a section" : "nothing";
  }
}
