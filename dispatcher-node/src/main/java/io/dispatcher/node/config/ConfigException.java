package io.dispatcher.node.config;

import java.util.List;

/**
 * The configuration cannot be used. Each fault is one line for people: where, which key, what was
 * expected, what was found.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN = 20;

  private final transient List<String> faults;

  ConfigException(List<String> faults) {
    super(text(faults));
    this.faults = List.copyOf(faults);
  }

  private static String text(List<String> faults) {
    int more = faults.size() - SHOWN;
    return more <= 0
        ? String.join("\n", faults)
        : String.join("\n", faults.subList(0, SHOWN)) + "\nand " + more + " more";
  }

  /** What is wrong, one line each, in the order of the file. */
  public List<String> faults() {
    return faults;
  }
}
