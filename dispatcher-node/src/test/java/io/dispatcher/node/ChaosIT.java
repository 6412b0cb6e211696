package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes under load through all doors: kills, pauses, leaves and a rolling restart. {@link
 * ChaosCutsIT} cuts their network.
 */
class ChaosIT {
  private static final Set<String> KEYS =
      Set.of(
          "accepted",
          "finished",
          "lost",
          "committed_twice",
          "started_more_than_once",
          "fenced_writes",
          "violations",
          "restart_ms",
          "faults",
          "skipped");

  /** Each node leaves once more in the rolling restart. */
  private static final Map<String, Integer> FAULTS =
      Map.of("kill", 10, "pause", 2, "leave", 2 + 3, "cut", 0, "rolling", 1);

  /** What two nodes run at once: hardly more is open when its copies die. */
  private static final int MOST_LOST = 16;

  @TempDir private Path directory;

  @Test
  void no_promise_is_broken_and_the_kept_history_shows_one_that_is() throws Exception {
    Path history = directory.resolve("history.jsonl");
    try (JarRun run =
        new JarRun(
            directory,
            "chaos",
            "--kills=10",
            "--pauses=2",
            "--pause-for=2s,12s",
            "--leaves=2",
            "--rolling=1",
            "--tasks=2000",
            "--task-ms=100",
            "--gap=200ms",
            "--history=" + history,
            "--json")) {
      run.awaitChildren(4);
      assertEquals(0, run.exitCode(), run::toString);
      assertFalse(run.anyChildAlive());
      JsonNode json = run.json();
      assertTrue(JarRun.keys(json).containsAll(KEYS), run::toString);
      // Some faults fall into re-replication: then the promise is another one.
      int beyond = json.at("/faults/beyond_backups").asInt();
      assertTrue(json.get("lost").asInt() <= MOST_LOST * beyond, run::toString);
      assertEquals(json.get("lost_beyond_promise"), json.get("lost"), run::toString);
      assertEquals(0, json.get("committed_twice").asInt(), run::toString);
      assertEquals(0, json.get("violations").asInt(), run::toString);
      FAULTS.forEach(
          (kind, count) -> assertEquals(count, json.at("/faults/" + kind).asInt(), run::toString));
      assertTrue(json.at("/restart_ms/kill/p50").isNumber(), run::toString);
      // Only the long one outlasts a lease.
      assertTrue(json.at("/restart_ms/pause/count").asInt() > 0, run::toString);
      assertTrue(json.at("/rolling/submitted").asInt() > 100, run::toString);
      // How many noticed a rolling restart, or began anew, is judged by the exit code.
    }
    assertEquals(0, check(history));
    try (Stream<String> lines = Files.lines(history)) {
      assertTrue(lines.filter(line -> line.contains("\"op\":\"status\"")).count() > 100);
    }
    forgetOneOutcome(history);
    assertEquals(1, check(history));
  }

  private static int check(Path history) {
    return Main.commandLine().execute("chaos", "check", history.toString());
  }

  /** What a run that had lost a task would have written. */
  private static void forgetOneOutcome(Path history) throws Exception {
    List<String> lines = Files.readAllLines(history);
    String accept =
        lines.stream().filter(line -> line.contains("\"op\":\"accept\"")).findFirst().orElseThrow();
    String task = accept.replaceAll(".*(\"task\":\"[^\"]*\").*", "$1");
    Files.write(
        history,
        lines.stream()
            .filter(line -> !line.contains(task) || !line.contains("\"op\":\"outcome\""))
            // And while all copies were there.
            .map(line -> line.contains("\"op\":\"fault\"") ? line.replace(",\"n\":1", "") : line)
            .toList());
  }
}
