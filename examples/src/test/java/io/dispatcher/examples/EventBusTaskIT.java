package io.dispatcher.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example beside a node that runs as a process of its own. */
class EventBusTaskIT {

  @TempDir private Path directory;

  @Test
  void event_bus_task() throws Exception {
    int port = freePort();
    File log = directory.resolve("node.log").toFile();
    Process node =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("dispatcher.node.jar"),
                "node",
                "--set=cluster.name=examples-" + port,
                "--set=cluster.port=" + port,
                "--set=cluster.members=127.0.0.1:" + port,
                "--set=http=off")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    try {
      String[] args = {"examples-" + port, "127.0.0.1:" + port};
      assertEquals("hello\nonce more\n422\n", ExamplesTest.printed(() -> EventBusTask.main(args)));
    } finally {
      node.destroyForcibly().waitFor();
    }
  }

  /** Below those that the system hands out, so that nobody takes it meanwhile. */
  private static int freePort() throws IOException {
    for (int tries = 0; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_768);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException taken) {
        if (tries == 100) {
          throw taken;
        }
      }
    }
  }
}
