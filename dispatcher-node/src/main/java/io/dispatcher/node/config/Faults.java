package io.dispatcher.node.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong, so that one start tells all of it. Not thread-safe. */
final class Faults {

  private static final int QUOTED = 60;

  private final List<String> faults = new ArrayList<>();
  private final Set<String> told = new HashSet<>();

  /**
   * Notes a fault, unless one of the same key at the same place is noted already: what follows from
   * it helps nobody.
   *
   * @param where {@code dispatcher.yaml:7} or the name of a variable or option
   * @param path of the key; empty for the whole
   */
  void add(String where, String path, String problem) {
    if (path.isEmpty() || told.add(where + ' ' + path)) {
      add(where, path.isEmpty() ? problem : path + ": " + problem);
    }
  }

  /** Notes a fault whose message names its key. */
  void add(String where, String message) {
    faults.add(where + ": " + message);
  }

  boolean isEmpty() {
    return faults.isEmpty();
  }

  void throwIfAny() {
    if (!faults.isEmpty()) {
      throw new ConfigException(faults);
    }
  }

  /** Text in quotes: cut, on one line. */
  static String quote(String text) {
    String cut = text.length() <= QUOTED ? text : text.substring(0, QUOTED) + "…";
    StringBuilder quoted = new StringBuilder("'");
    cut.chars().forEach(c -> quoted.append(Character.isISOControl(c) ? '?' : (char) c));
    return quoted.append('\'').toString();
  }
}
