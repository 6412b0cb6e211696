package io.dispatcher.node.config;

import io.dispatcher.node.config.Value.Items;
import io.dispatcher.node.config.Value.Table;
import io.dispatcher.node.config.Value.Text;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts variables of the environment into values: {@code ${NAME}}, {@code ${NAME:-otherwise}};
 * {@code $${NAME}} stays {@code ${NAME}}.
 */
final class Interpolation {

  private static final Pattern USE =
      Pattern.compile("\\$\\$\\{|\\$\\{(\\w+)(?::-([^}]*))?}|\\$\\{[^}]*}?");

  private final Map<String, String> environment;
  private final Faults faults;

  Interpolation(Map<String, String> environment, Faults faults) {
    this.environment = environment;
    this.faults = faults;
  }

  Table table(Table table, String path) {
    Map<String, Value> entries = new LinkedHashMap<>();
    table
        .entries()
        .forEach(
            (name, value) ->
                entries.put(name, value(value, path.isEmpty() ? name : path + "." + name)));
    return new Table(table.where(), entries);
  }

  private Value value(Value value, String path) {
    if (value instanceof Table table) {
      return table(table, path);
    }
    if (value instanceof Items items) {
      return new Items(
          items.where(), items.items().stream().map(item -> value(item, path)).toList());
    }
    return value instanceof Text text ? text(text, path) : value;
  }

  private Text text(Text text, String path) {
    if (!text.text().contains("${")) {
      return text;
    }
    Matcher use = USE.matcher(text.text());
    StringBuilder filled = new StringBuilder();
    while (use.find()) {
      use.appendReplacement(filled, Matcher.quoteReplacement(replacement(use, text, path)));
    }
    return new Text(text.where(), use.appendTail(filled).toString());
  }

  private String replacement(Matcher use, Text text, String path) {
    if (use.group().equals("$${")) {
      return "${";
    }
    String name = use.group(1);
    if (name == null) {
      faults.add(
          text.where(),
          path,
          "expected ${NAME} or ${NAME:-otherwise}, found " + Faults.quote(use.group()));
      return "";
    }
    String value = environment.get(name);
    String otherwise = use.group(2);
    if (value == null || (value.isEmpty() && otherwise != null)) {
      value = otherwise;
    }
    if (value == null) {
      faults.add(
          text.where(),
          path,
          "the environment variable " + name + " is not set; set it, or write ${" + name + ":-…}");
      return "";
    }
    return value;
  }
}
