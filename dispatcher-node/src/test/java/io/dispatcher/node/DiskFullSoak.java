package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node, and the programs it runs, on a disk that is full. */
class DiskFullSoak {
  private static final TaskType<byte[], byte[]> ECHO = type("echo");
  private static final TaskType<byte[], byte[]> FULL = type("full");
  private static final TaskType<byte[], byte[]> COPY = type("copy");

  private static final int TASKS = 2_000;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final File NO_SPACE = new File("/dev/full");

  private static final String CONFIG =
      """
      logging: { level: debug }
      handlers:
        full: { command: [sh, -c, "cat > /dev/full"] }
        copy: { command: [cat] }
      """;

  @TempDir private Path directory;

  private static TaskType<byte[], byte[]> type(String name) {
    return TaskType.of(name, Codec.bytes(), Codec.bytes()).retries(0);
  }

  @Test
  void a_node_whose_log_cannot_be_written_goes_on() throws Exception {
    assumeTrue(NO_SPACE.exists());
    try (Running node = new Running(directory, directory);
        HttpTaskClient client = HttpTaskClient.to(node.url)) {
      node.awaitReady(client);
      echo(client, TASKS);

      for (int i = 0; i < 20; i++) {
        Outcome.Failed<byte[]> failed =
            assertInstanceOf(Outcome.Failed.class, outcome(client, FULL));
        assertTrue(failed.failure().message().contains("No space left"), failed::toString);
      }
      echo(client, TASKS);
      assertTrue(node.process.isAlive());
    }
  }

  @Test
  void a_program_runs_again_once_there_is_room_for_its_files() throws Exception {
    assumeTrue(NO_SPACE.exists());
    Path disk = Files.createDirectory(directory.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString()) == 0,
        "this test has to mount a small disk");
    try (Running node = new Running(directory, disk);
        HttpTaskClient client = HttpTaskClient.to(node.url)) {
      node.awaitReady(client);
      assertInstanceOf(Outcome.Succeeded.class, outcome(client, COPY));
      Path filler = disk.resolve("filler");
      fill(filler);

      for (int i = 0; i < 20; i++) {
        Outcome.Failed<byte[]> failed =
            assertInstanceOf(Outcome.Failed.class, outcome(client, COPY));
        assertTrue(failed.failure().message().contains("No space left"), failed::toString);
      }
      echo(client, TASKS);

      Files.delete(filler);
      for (int i = 0; i < 20; i++) {
        assertInstanceOf(Outcome.Succeeded.class, outcome(client, COPY));
      }
      try (Stream<Path> left = Files.list(disk)) {
        assertEquals(
            List.of(),
            left.filter(file -> file.getFileName().toString().startsWith("dispatcher-")).toList());
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  private static void echo(HttpTaskClient client, int count) {
    List<TaskHandle<byte[]>> handles =
        client.submitAll(Stream.generate(() -> ECHO.task(new byte[256])).limit(count).toList());
    for (TaskHandle<byte[]> handle : handles) {
      assertEquals(256, handle.await(SOON).length);
    }
  }

  private static Outcome<byte[]> outcome(HttpTaskClient client, TaskType<byte[], byte[]> type)
      throws Exception {
    return client
        .submit(type.task(new byte[4096]))
        .outcome()
        .toCompletableFuture()
        .get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  private static void fill(Path file) throws IOException {
    byte[] piece = new byte[4096];
    boolean full = false;
    try (OutputStream out = Files.newOutputStream(file)) {
      while (!full) {
        try {
          out.write(piece);
        } catch (IOException noSpace) {
          full = true;
        }
      }
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  /** A node that is alone, whose stdout and stderr are on a full disk. */
  private static final class Running implements AutoCloseable {
    final String url;
    final Process process;

    Running(Path directory, Path temporary) throws IOException {
      int port = LoopbackPorts.one();
      url = "http://127.0.0.1:" + port;
      Path config = Files.writeString(directory.resolve("node.yaml"), CONFIG);
      List<String> command =
          new ArrayList<>(TestJvm.command("-Xmx128m", "-Djava.io.tmpdir=" + temporary));
      command.addAll(
          List.of("node", "--config=" + config, "--set=http.port=" + port, "--set=node.name=full"));
      process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectOutput(NO_SPACE)
              .redirectError(NO_SPACE)
              .start();
    }

    void awaitReady(HttpTaskClient client) {
      await("the node takes tasks")
          .atMost(SOON)
          .ignoreExceptions()
          .until(() -> outcome(client, ECHO) instanceof Outcome.Succeeded);
    }

    @Override
    public void close() {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
