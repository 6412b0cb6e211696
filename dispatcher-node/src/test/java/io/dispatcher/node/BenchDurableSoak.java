package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The second rival, which takes long even for few tasks. */
class BenchDurableSoak {
  @TempDir private Path directory;

  @Test
  void measures_the_durable_rival() throws Exception {
    try (JarRun run =
        BenchIT.shortBench(directory, "--against=hazelcast-durable", "--tasks=10000", 1000)) {
      run.awaitChildren(3);
      assertEquals(0, run.exitCode(), run::toString);
      assertTrue(run.json().get("against_tasks_per_s").asDouble() > 0, run::toString);
    }
  }
}
