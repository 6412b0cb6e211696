package io.dispatcher.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.joran.spi.JoranException;
import io.dispatcher.node.config.LoggingConfig;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** Makes the log as the configuration wants it. */
public final class Logs {

  private Logs() {}

  /**
   * Sets form and levels. A {@code logback.configurationFile} of the user's own decides the form
   * instead; its levels can be changed all the same.
   */
  static void configure(LoggingConfig config) {
    if (System.getProperty("dispatcher.log.to") == null) {
      System.setProperty(
          "dispatcher.log.to", config.format() == LoggingConfig.Format.JSON ? "JSON" : "TEXT");
    }
    System.setProperty("dispatcher.log.level", config.level());
    if (Level.toLevel(config.level()).isGreaterOrEqual(Level.WARN)) {
      System.setProperty("dispatcher.log.hazelcast", config.level());
    }
    LoggerContext context = reload();
    config
        .levels()
        .forEach(
            (name, level) ->
                context.getLogger(name).setLevel(Level.toLevel(level.toUpperCase(Locale.ROOT))));
  }

  /** Lets this process log to a file from now on. */
  static void toFile(Path file) {
    System.setProperty("dispatcher.log.file", file.toString());
    System.setProperty("dispatcher.log.to", "FILE");
    reload();
  }

  /** For a process of which its parent keeps the log: says more than what is wrong. */
  public static void inDetail() {
    System.setProperty("dispatcher.log.level", "INFO");
    reload();
  }

  /** Loggers may have been made already, with the presets. */
  private static LoggerContext reload() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    try {
      new ContextInitializer(context).autoConfig();
      return context;
    } catch (JoranException e) {
      throw new RunFailed("the configuration of the log cannot be used: " + e.getMessage(), e);
    }
  }
}
