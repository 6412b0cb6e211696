package io.dispatcher.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** The directory with the logs of one run; deleted at its end, unless the run failed. */
public final class RunFiles implements AutoCloseable {
  private final Path directory;
  private boolean keep = true;

  /** Makes the directory. */
  public RunFiles(String command) {
    try {
      directory = Files.createTempDirectory("dispatcher-" + command + "-");
    } catch (IOException e) {
      throw new RunFailed("no temporary directory: " + e.getMessage(), e);
    }
  }

  /** Where it is. */
  public Path directory() {
    return directory;
  }

  /** Lets this process log to the directory too. */
  public void logHere(String name) {
    Logs.toFile(directory.resolve(name + ".log"));
  }

  /** The run went well: nobody will want to read the logs. */
  public void done() {
    keep = false;
  }

  @Override
  public void close() {
    if (keep && hasLogs()) {
      System.err.println("The logs are in " + directory);
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).forEach(RunFiles::delete);
    } catch (IOException e) {
      System.err.println("Could not delete " + directory + ": " + e.getMessage());
    }
  }

  private boolean hasLogs() {
    try (Stream<Path> all = Files.list(directory)) {
      return all.findAny().isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      System.err.println("Could not delete " + path + ": " + e.getMessage());
    }
  }
}
