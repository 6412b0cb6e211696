package io.dispatcher.node.handlers;

import io.dispatcher.node.config.HandlerConfig;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Finds out before the start whether a command can run here at all. */
final class Programs {

  private Programs() {}

  /**
   * Checks folder and program of a command.
   *
   * @throws IllegalArgumentException if one is not there
   */
  static void check(HandlerConfig.Command command) {
    Path directory = command.directory();
    if (directory != null && !Files.isDirectory(directory)) {
      throw new IllegalArgumentException("there is no folder " + directory + " to run it in");
    }
    if (File.separatorChar == '/') {
      checkProgram(command.argv().get(0), directory == null ? Path.of("") : directory);
    }
  }

  /** As execvp looks for it. */
  private static void checkProgram(String program, Path directory) {
    if (program.contains("/")) {
      Path file = directory.resolve(program);
      if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
        throw new IllegalArgumentException(
            "there is no program " + file + " that can be run; correct the path");
      }
      return;
    }
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    boolean found =
        Stream.of(path.split(":"))
            .map(folder -> Path.of(folder, program))
            .anyMatch(file -> Files.isRegularFile(file) && Files.isExecutable(file));
    if (!found) {
      throw new IllegalArgumentException(
          "there is no program '"
              + program
              + "' in PATH ("
              + path
              + ") that can be run; install it, or give its path");
    }
  }
}
