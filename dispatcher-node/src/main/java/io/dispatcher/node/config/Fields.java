package io.dispatcher.node.config;

import io.dispatcher.node.config.Value.Items;
import io.dispatcher.node.config.Value.Nothing;
import io.dispatcher.node.config.Value.Table;
import io.dispatcher.node.config.Value.Text;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One section, read key by key. What is wrong is noted, and the default stands in for it, so that
 * reading goes on. Not thread-safe.
 */
final class Fields {

  private static final Pattern KEY = Pattern.compile("[A-Za-z][A-Za-z.]*");

  private final Table table;
  private final String path;
  private final Faults faults;

  Fields(Table table, String path, Faults faults) {
    this.table = table;
    this.path = path;
    this.faults = faults;
  }

  /** Whether the key is there, with or without a value. */
  boolean has(String key) {
    return table.entries().containsKey(key);
  }

  /** Whether a section is switched off: {@code http: off}. */
  boolean off(String key) {
    return table.entries().get(key) instanceof Text text && text.text().equals("off");
  }

  /** Whether the value of a key is a section. */
  boolean table(String key) {
    return table.entries().get(key) instanceof Table;
  }

  /** The keys of this section. */
  Iterable<String> keys() {
    return List.copyOf(table.entries().keySet());
  }

  /** A section within this one; empty if it is not there. */
  Fields section(String key) {
    Value value = table.entries().get(key);
    if (value instanceof Table inner) {
      return new Fields(inner, at(key), faults);
    }
    if (value != null && !(value instanceof Nothing)) {
      fault(key, "expected a section, found " + Value.describe(value));
    }
    return new Fields(Table.empty(where(key)), at(key), faults);
  }

  @Nullable String text(String key) {
    Value value = table.entries().get(key);
    if (value instanceof Text text && !text.text().isBlank()) {
      return text.text();
    }
    if (value != null) {
      fault(key, "expected a text, found " + Value.describe(value));
    }
    return null;
  }

  String text(String key, String preset) {
    String text = text(key);
    return text == null ? preset : text;
  }

  /**
   * A value that a function understands; it throws IllegalArgumentException with what it expects.
   *
   * @return null if there is none, or no good one
   */
  <T> @Nullable T optional(String key, Function<String, T> reader) {
    String text = text(key);
    try {
      return text == null ? null : reader.apply(text);
    } catch (IllegalArgumentException e) {
      fault(key, String.valueOf(e.getMessage()));
      return null;
    }
  }

  <T> T value(String key, T preset, Function<String, T> reader) {
    T value = optional(key, reader);
    return value == null ? preset : value;
  }

  int number(String key, int preset, int min, int max) {
    return value(
        key,
        preset,
        text -> {
          if (text.matches("\\d{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
              return number;
            }
          }
          throw new IllegalArgumentException(
              "expected a number from " + min + " to " + max + ", found " + Faults.quote(text));
        });
  }

  long size(String key, long preset, long min, long max, Function<String, Long> reader) {
    return value(
        key,
        preset,
        text -> {
          long size = reader.apply(text);
          if (size < min || size > max) {
            throw new IllegalArgumentException(
                "expected %s to %s, found %s"
                    .formatted(Quantity.text(min), Quantity.text(max), Faults.quote(text)));
          }
          return size;
        });
  }

  Duration duration(String key, Duration preset, Duration min, Duration max) {
    return value(
        key,
        preset,
        text -> {
          Duration duration = Quantity.duration(text);
          if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                "expected %s to %s, found %s"
                    .formatted(Quantity.text(min), Quantity.text(max), Faults.quote(text)));
          }
          return duration;
        });
  }

  /** A constant by its name in lower case. */
  <E extends Enum<E>> E oneOf(String key, Class<E> type, E preset) {
    return value(key, preset, text -> constant(type, text));
  }

  /** As {@link #oneOf}, for a text from elsewhere. */
  static <E extends Enum<E>> E constant(Class<E> type, String text) {
    return Stream.of(type.getEnumConstants())
        .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(text))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected one of %s, found %s"
                        .formatted(
                            Stream.of(type.getEnumConstants())
                                .map(each -> each.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")),
                            Faults.quote(text))));
  }

  /** A list, or one text with commas. */
  List<String> list(String key) {
    return table.entries().get(key) instanceof Text text
        ? Stream.of(text.text().split(",")).map(String::trim).filter(s -> !s.isEmpty()).toList()
        : items(key);
  }

  /** A list as such. */
  List<String> items(String key) {
    Value value = table.entries().get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof Items items)) {
      fault(key, "expected a list such as [a, b], found " + Value.describe(value));
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (Value item : items.items()) {
      if (item instanceof Text text) {
        texts.add(text.text());
      } else {
        faults.add(
            item.where(), at(key), "expected texts in the list, found " + Value.describe(item));
      }
    }
    return texts;
  }

  /** Free names and their texts. */
  Map<String, String> map(String key) {
    Map<String, String> map = new LinkedHashMap<>();
    Fields inner = section(key);
    for (String name : inner.keys()) {
      Value value = inner.table.entries().get(name);
      if (value instanceof Text text) {
        map.put(name, text.text());
      } else if (value != null) {
        inner.fault(name, "expected a text, found " + Value.describe(value));
      }
    }
    return map;
  }

  /** A file that must be there. */
  Path file(String key, String what) {
    Path file = Path.of(text(key, ""));
    if (!has(key)) {
      fault(key, "is missing; expected " + what);
    } else if (!file.toString().isEmpty() && !Files.isReadable(file)) {
      fault(key, "expected " + what + " that can be read, found " + Faults.quote(file.toString()));
    }
    return file;
  }

  String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Where a key stands, or the section if it is not there. */
  String where(String key) {
    Value value = table.entries().get(key);
    return value == null ? table.where() : value.where();
  }

  void fault(String key, String problem) {
    faults.add(where(key), at(key), problem);
  }

  /**
   * Runs what checks values itself; its message starts with the path of a key below this section,
   * and that key's line is told.
   */
  <T> @Nullable T checked(Supplied<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      Matcher key = KEY.matcher(message);
      String found = key.lookingAt() ? key.group() : "";
      faults.add(whereOf(found), path.isEmpty() ? message : path + "." + message);
      return null;
    }
  }

  private String whereOf(String keyPath) {
    Value value = table;
    for (String name : keyPath.split("\\.")) {
      Value below = value instanceof Table inner ? inner.entries().get(name) : null;
      if (below == null) {
        break;
      }
      value = below;
    }
    return value.where();
  }

  /** What {@link #checked} runs. */
  interface Supplied<T> {
    T get();
  }
}
