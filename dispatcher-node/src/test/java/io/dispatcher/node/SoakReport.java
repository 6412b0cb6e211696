package io.dispatcher.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Figures of a campaign: lines on stdout, and one JSON file in the build directory. */
final class SoakReport {
  private SoakReport() {}

  static void say(String format, Object... arguments) {
    System.out.println(format.formatted(arguments));
  }

  static void write(String name, Object figures) throws IOException {
    Path jar = Path.of(System.getProperty("dispatcher.node.jar"));
    Path file = Objects.requireNonNull(jar.getParent()).resolve(name + ".json");
    Files.writeString(file, Json.write(figures) + "\n");
    say("figures in target/%s.json", name);
  }

  /** The smallest value that so many percent of the values do not exceed; -1 if there are none. */
  static long percentile(List<Long> values, double percent) {
    if (values.isEmpty()) {
      return -1;
    }
    List<Long> sorted = values.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.max(1, rank) - 1);
  }
}
