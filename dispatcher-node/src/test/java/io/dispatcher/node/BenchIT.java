package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchIT {
  private static final Set<String> KEYS =
      Set.of(
          "tasks_per_s",
          "against_tasks_per_s",
          "ratio",
          "p50_ms",
          "p99_ms",
          "cpu_s_per_100k",
          "peak_mb",
          "remote_share");

  @TempDir private Path directory;

  /** With few outstanding no node runs short of room, which would keep tasks where they came in. */
  @Test
  void measures_both_sides_and_leaves_no_process() throws Exception {
    try (JarRun run = shortBench(directory, "--against=hazelcast-executor", "--tasks=3000", 8)) {
      run.awaitChildren(3);
      assertEquals(0, run.exitCode(), run::toString);
      assertFalse(run.anyChildAlive());
      JsonNode json = run.json();
      assertEquals(KEYS, JarRun.keys(json));
      for (String key : KEYS) {
        assertTrue(json.get(key).asDouble() > 0, key + ": " + run);
      }
      assertTrue(json.get("remote_share").asDouble() >= 0.6, run::toString);
      assertTrue(json.get("p50_ms").asDouble() <= json.get("p99_ms").asDouble(), run::toString);
    }
  }

  /** How the balancers differ is for MEASUREMENTS.md; that a choice by load avoids it is not. */
  @Test
  void a_slow_node_gets_less_where_the_load_counts() throws Exception {
    try (JarRun run =
        new JarRun(
            directory,
            "bench",
            "--json",
            "--slow-node",
            "--balancer=least-requests",
            "--rate-for=3s",
            "--heap=256m")) {
      assertEquals(0, run.exitCode(), run::toString);
      JsonNode line = run.json().at("/balancers/least-requests");
      // A blind choice gives it a third. Its speed allows it a twentieth; what it gets above that
      // depends on how late the loads are seen, hence on what else this machine does.
      assertTrue(line.get("slow_share").asDouble() < 0.2, run::toString);
      assertTrue(line.get("p50_ms").asDouble() <= line.get("p99_ms").asDouble(), run::toString);
    }
  }

  static JarRun shortBench(Path directory, String against, String tasks, int window)
      throws Exception {
    return new JarRun(
        directory,
        "bench",
        "--json",
        tasks,
        "--rounds=1",
        "--warm-up=2",
        "--window=" + window,
        "--rate=50",
        "--rate-for=2s",
        "--submitters=2",
        "--heap=256m",
        against);
  }
}
