package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo beside the rival that keeps nothing. */
class DemoRivalSoak {
  @TempDir private Path directory;

  @Test
  void repeats_files_and_kill_on_the_rival_and_counts_what_its_callers_see() throws Exception {
    try (JarRun run =
        new JarRun(
            directory, "demo", "--for=4s", "--against=hazelcast-executor", "--json", input())) {
      assertEquals(0, run.exitCode(), run::toString);
      JsonNode rival = run.json().get("against");
      assertTrue(rival.get("calls").asLong() > 20, run::toString);
      assertEquals(
          rival.get("calls").asLong(),
          rival.get("answered").asLong()
              + rival.get("failed_to_caller").asLong()
              + rival.get("unanswered").asLong(),
          run::toString);
      assertEquals(0, rival.get("wrong").asLong(), run::toString);
    }
  }

  private String input() throws Exception {
    Path input = Files.createDirectory(directory.resolve("input"));
    for (int i = 0; i < 10; i++) {
      Files.writeString(input.resolve("file-" + i), "one two\nthree " + i + "\n");
    }
    return "--input=" + input;
  }
}
