package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 1,000 idle and 1,000 slow connections too; how fast it is, is for MEASUREMENTS.md. */
class DoorBenchIT {

  @TempDir private Path directory;

  @Test
  void measures_the_http_door_and_every_request_is_answered_as_wanted() throws Exception {
    try (JarRun run =
        new JarRun(
            directory,
            "bench",
            "--door=http",
            "--json",
            "--rounds=1",
            "--warm-up=0",
            "--for=300ms",
            "--connections=8")) {
      assertEquals(0, run.exitCode(), run::toString);
      JsonNode json = run.json();
      assertEquals(0, json.get("others").asInt(), run::toString);
      for (String key : new String[] {"wait_ratio", "batch_ratio", "beside_slow_ratio"}) {
        assertTrue(json.get(key).asDouble() > 0, key + ": " + run);
      }
      assertEquals(1000, json.get("idle_connections").asInt());
      assertTrue(json.get("idle_mb").asDouble() < 50, run::toString);
    }
  }

  @Test
  void another_door_is_refused_with_a_word() throws Exception {
    try (JarRun run = new JarRun(directory, "bench", "--door=ftp")) {
      assertEquals(2, run.exitCode(), run::toString);
    }
  }
}
