package io.dispatcher.node.config;

import io.dispatcher.node.config.Value.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What may stand below a key. */
sealed interface Keys {

  /** A value. */
  record Leaf() implements Keys {}

  /** Any names, each with a value. */
  record Free() implements Keys {}

  /** Names that the user chooses, each with the same keys below it. */
  record Named(Fixed each) implements Keys {}

  /** Names that we chose. */
  record Fixed(Map<String, Keys> keys) implements Keys {
    Fixed with(String name, Keys more) {
      Map<String, Keys> all = new LinkedHashMap<>(keys);
      all.put(name, more);
      return new Fixed(all);
    }
  }

  /** What may stand at a name below these keys; null: nothing. */
  default @Nullable Keys below(String name) {
    if (this instanceof Fixed fixed) {
      return fixed.keys().get(name);
    }
    return this instanceof Named named ? named.each() : this instanceof Free ? new Leaf() : null;
  }

  /** Notes every key that does not exist. */
  static void check(Table table, Keys keys, String path, Faults faults) {
    table
        .entries()
        .forEach(
            (name, value) -> {
              String at = path.isEmpty() ? name : path + "." + name;
              Keys below = keys.below(name);
              if (below == null) {
                faults.add(value.where(), at, "unknown key; " + hint(name, (Fixed) keys, path));
              } else if (value instanceof Table inner && !(below instanceof Leaf)) {
                check(inner, below, at, faults);
              }
            });
  }

  /** What the user may have meant by a name that is not below a path. */
  static String hint(String name, Fixed keys, String path) {
    String prefix = path.isEmpty() ? "" : path + ".";
    String near = Nearest.of(name, keys.keys().keySet());
    if (near != null) {
      return "did you mean " + prefix + near + "?";
    }
    List<String> elsewhere = new ArrayList<>();
    paths(
        AllKeys.ROOT,
        "",
        found -> found.substring(found.lastIndexOf('.') + 1).equals(name),
        elsewhere);
    if (!elsewhere.isEmpty()) {
      return "did you mean " + String.join(" or ", elsewhere) + "?";
    }
    return (path.isEmpty() ? "there are " : path + " has ")
        + String.join(", ", new TreeSet<>(keys.keys().keySet()));
  }

  private static void paths(
      Fixed keys, String path, Predicate<String> wanted, Collection<String> found) {
    keys.keys()
        .forEach(
            (name, below) -> {
              String at = path.isEmpty() ? name : path + "." + name;
              if (wanted.test(at)) {
                found.add(at);
              }
              if (below instanceof Fixed inner) {
                paths(inner, at, wanted, found);
              }
            });
  }
}
