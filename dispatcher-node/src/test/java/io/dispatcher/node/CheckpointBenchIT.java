package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How fast it is, is for MEASUREMENTS.md. */
class CheckpointBenchIT {
  private static final Set<String> KEYS =
      Set.of("checkpoints_per_s", "map_sets_per_s", "ratio", "cpu_s_per_100k");

  @TempDir private Path directory;

  @Test
  void measures_checkpoints_beside_a_plain_map_and_leaves_no_process() throws Exception {
    try (JarRun run =
        new JarRun(
            directory,
            "bench",
            "--checkpoints",
            "--json",
            "--rounds=1",
            "--warm-up=0",
            "--for=300ms",
            "--savers=30",
            "--heap=128m")) {
      run.awaitChildren(3);
      assertEquals(0, run.exitCode(), run::toString);
      assertFalse(run.anyChildAlive());
      JsonNode json = run.json();
      assertEquals(KEYS, JarRun.keys(json));
      for (String key : KEYS) {
        assertTrue(json.get(key).asDouble() > 0, key + ": " + run);
      }
    }
  }
}
