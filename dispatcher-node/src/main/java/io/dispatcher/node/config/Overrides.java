package io.dispatcher.node.config;

import io.dispatcher.node.config.Keys.Fixed;
import io.dispatcher.node.config.Keys.Named;
import io.dispatcher.node.config.Value.Table;
import io.dispatcher.node.config.Value.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Puts what the environment and the options say over what the file says. */
final class Overrides {

  private static final String PREFIX = "DISPATCHER_";
  private static final Pattern PART = Pattern.compile("\"([^\"]*)\"|([^.\"]+)");

  private final Table root;
  private final Faults faults;

  Overrides(Table root, Faults faults) {
    this.root = root;
    this.faults = faults;
  }

  /**
   * {@code DISPATCHER_HTTP_PORT} is {@code http.port}: the path in capitals, an underscore for each
   * dot. Below {@code pools}, {@code handlers} and {@code types} only entries that the file has can
   * be changed. Variables that do not begin with the name of a section are no configuration.
   */
  void environment(Map<String, String> environment) {
    new TreeMap<>(environment)
        .forEach(
            (name, text) -> {
              if (name.startsWith(PREFIX)) {
                variable(name, name.substring(PREFIX.length()), text);
              }
            });
  }

  private void variable(String name, String rest, String text) {
    for (Map.Entry<String, Keys> section : AllKeys.ROOT.keys().entrySet()) {
      String word = word(section.getKey());
      if (rest.equals(word) || rest.startsWith(word + "_")) {
        List<String> path = new ArrayList<>();
        if (match(rest, "", AllKeys.ROOT, root, path)) {
          put(path, name, text);
        } else {
          faults.add(name, "", unknown(section.getKey(), section.getValue()));
        }
        return;
      }
    }
  }

  private static String unknown(String section, Keys keys) {
    if (keys instanceof Named) {
      return "names no key of an entry that " + section + " has in the file";
    }
    return keys instanceof Fixed fixed
        ? "names no key; " + section + " has " + String.join(", ", fixed.keys().keySet())
        : "names no key; there is " + section;
  }

  /** Finds the path whose words, joined by underscores, are the rest of a variable's name. */
  private static boolean match(
      String rest, String done, Keys keys, @Nullable Value value, List<String> path) {
    if (rest.equals(done)) {
      return !path.isEmpty();
    }
    String ahead = done.isEmpty() ? rest : rest.substring(done.length() + 1);
    Iterable<String> names =
        keys instanceof Fixed fixed
            ? fixed.keys().keySet()
            : value instanceof Table table ? table.entries().keySet() : List.of();
    for (String name : names) {
      String word = word(name);
      Keys below = keys.below(name);
      if (below == null || !(ahead.equals(word) || ahead.startsWith(word + "_"))) {
        continue;
      }
      path.add(name);
      String now = done.isEmpty() ? word : done + "_" + word;
      Value inner = value instanceof Table table ? table.entries().get(name) : null;
      if (match(rest, now, below, inner, path)) {
        return true;
      }
      path.remove(path.size() - 1);
    }
    return false;
  }

  private static String word(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /**
   * {@code http.port=9000}; a name with dots in it stands in quotes: {@code types."a.b".retries=5}.
   */
  void option(String setting) {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      faults.add("--set " + setting, "", "expected KEY=VALUE such as http.port=9000");
      return;
    }
    String key = setting.substring(0, equals).trim();
    List<String> path = new ArrayList<>();
    Matcher part = PART.matcher(key);
    int end = 0;
    while (part.find() && part.start() == end) {
      path.add(part.group(1) != null ? part.group(1) : part.group(2));
      end = part.end();
      if (end < key.length() && key.charAt(end) == '.') {
        end++;
      }
    }
    if (end != key.length() || path.isEmpty() || key.endsWith(".")) {
      faults.add("--set " + key, "", "expected a key such as http.port");
      return;
    }
    put(joined(path), "--set " + key, setting.substring(equals + 1));
  }

  /** Free names have dots of their own: {@code logging.levels.com.hazelcast} is three names. */
  private static List<String> joined(List<String> path) {
    Keys keys = AllKeys.ROOT;
    for (int i = 0; i < path.size() && keys != null; i++) {
      if (keys instanceof Keys.Free) {
        List<String> joined = new ArrayList<>(path.subList(0, i));
        joined.add(String.join(".", path.subList(i, path.size())));
        return joined;
      }
      keys = keys.below(path.get(i));
    }
    return path;
  }

  private void put(List<String> path, String where, String text) {
    boolean flow = text.startsWith("[") || text.startsWith("{");
    Value value = flow ? Yaml.flow(text, where, faults) : new Text(where, text);
    Table table = root;
    for (String name : path.subList(0, path.size() - 1)) {
      Value below = table.entries().get(name);
      if (!(below instanceof Table)) {
        below = Table.empty(where);
        table.entries().put(name, below);
      }
      table = (Table) below;
    }
    table.entries().put(path.get(path.size() - 1), value);
  }
}
