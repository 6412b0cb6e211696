package io.dispatcher.node.config;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Section {@code logging}.
 *
 * @param format of the lines on stderr
 * @param level {@code trace}, {@code debug}, {@code info}, {@code warn}, {@code error} or {@code
 *     off}
 * @param levels of single loggers, by name
 */
public record LoggingConfig(Format format, String level, Map<String, String> levels) {

  /** Copies the map. */
  public LoggingConfig {
    levels = Collections.unmodifiableMap(new TreeMap<>(levels));
  }

  /** What a line looks like. */
  public enum Format {
    TEXT,
    JSON
  }
}
