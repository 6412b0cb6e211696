package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChaosIT {
  @TempDir private Path directory;

  @Test
  void no_promise_is_broken_and_the_kept_history_shows_one_that_is() throws Exception {
    Path history = directory.resolve("history.jsonl");
    try (JarRun run =
        new JarRun(
            directory,
            "chaos",
            "--kills=3",
            "--pauses=1",
            "--pause-for=2s",
            "--leaves=1",
            "--tasks=800",
            "--gap=1s",
            "--history=" + history,
            "--json")) {
      run.awaitChildren(3);
      assertEquals(0, run.exitCode(), run::toString);
      assertFalse(run.anyChildAlive());
      JsonNode json = run.json();
      assertTrue(
          JarRun.keys(json)
              .containsAll(
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
                      "skipped")),
          run::toString);
      // On a slow machine a fault may fall into re-replication; then the promise is another one.
      assertEquals(json.get("lost_beyond_promise"), json.get("lost"), run::toString);
      assertEquals(0, json.get("violations").asInt(), run::toString);
      assertEquals(3, json.at("/faults/kill").asInt(), run::toString);
      assertEquals(1, json.at("/faults/pause").asInt(), run::toString);
      assertEquals(1, json.at("/faults/leave").asInt(), run::toString);
      assertTrue(json.at("/restart_ms/kill/p50").isNumber(), run::toString);
    }
    assertEquals(0, check(history));
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
