package io.dispatcher.node;

import io.dispatcher.cluster.LoopbackPorts;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How tests start the jar: with the quick compiler only, and with the classes of a first start in
 * an archive beside the jar. Both halve what a start costs, and a build starts a hundred.
 */
final class TestJvm {
  private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  private static final Path JAR = Path.of(System.getProperty("dispatcher.node.jar"));
  private static final List<String> OPTIONS = options();

  private TestJvm() {}

  /** The command up to and including the jar. */
  static List<String> command(String... options) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(List.of(options(options)));
    command.addAll(List.of("-jar", JAR.toString()));
    return command;
  }

  /** What stands before the jar, which is the first of the class path. */
  static String[] options(String... more) {
    return Stream.concat(OPTIONS.stream(), Stream.of(more)).toArray(String[]::new);
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static List<String> options() {
    List<String> options = new ArrayList<>(QUICK);
    options.addAll(
        List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-XX:SharedArchiveFile=" + archive()));
    return List.copyOf(options);
  }

  /** Two test processes may want it at once: one makes it, the other waits. */
  private static Path archive() {
    Path archive =
        JAR.resolveSibling("classes-" + Runtime.version().feature() + "-" + size() + ".jsa");
    try (FileChannel file =
            FileChannel.open(
                JAR.resolveSibling("classes.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        var lock = file.lock()) {
      if (lock.isValid() && !Files.exists(archive)) {
        make(archive);
      }
      return archive;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("no archive of classes: " + archive, e);
    }
  }

  /** Another jar needs another archive. */
  private static long size() {
    try {
      return Files.size(JAR);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void make(Path archive) throws IOException, InterruptedException {
    Path made = archive.resolveSibling("classes.part");
    Path directory = Files.createDirectories(JAR.resolveSibling("classes-run"));
    List<String> command = new ArrayList<>(List.of(java(), "-XX:ArchiveClassesAtExit=" + made));
    command.addAll(QUICK);
    command.addAll(List.of("-jar", JAR.toString()));
    List<Integer> ports = LoopbackPorts.free(2);
    try (NodeRun node =
        new NodeRun(
            directory,
            command,
            "--set=http.port=" + ports.get(0),
            "--set=cluster.port=" + ports.get(1))) {
      String door = node.awaitAddress();
      NodeRun.post(door, "/v1/tasks?type=echo&wait=10s", "x").join();
      node.terminate();
      node.exitCode();
    }
    if (Files.exists(made)) {
      Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
