package io.dispatcher.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.cluster.LoopbackPorts;
import java.io.File;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example beside a node that runs as a process of its own. */
class EventBusTaskIT {

  @TempDir private Path directory;

  @Test
  void event_bus_task() throws Exception {
    int port = LoopbackPorts.one();
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
}
