package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
  @TempDir private Path directory;

  @Test
  void loses_nothing_when_a_node_is_killed_and_leaves_no_process() throws Exception {
    try (JarRun run = new JarRun(directory, "demo", "--for=4s", "--json", input())) {
      run.awaitChildren(3);
      assertEquals(0, run.exitCode(), run::toString);
      assertFalse(run.anyChildAlive());
      JsonNode json = run.json();
      assertEquals(
          Set.of(
              "accepted",
              "done",
              "lost",
              "wrong",
              "started_twice",
              "recorded_twice",
              "restart_first_ms",
              "restart_last_ms"),
          JarRun.keys(json));
      assertTrue(json.get("accepted").asLong() > 20, run::toString);
      assertEquals(json.get("accepted"), json.get("done"), run::toString);
      assertEquals(0, json.get("lost").asLong());
      assertEquals(0, json.get("wrong").asLong());
      assertEquals(0, json.get("recorded_twice").asLong());
      assertTrue(json.get("restart_first_ms").isNumber(), run::toString);
      assertTrue(
          json.get("restart_first_ms").asLong() <= json.get("restart_last_ms").asLong(),
          run::toString);
    }
  }

  @Test
  void stays_up_with_its_page_and_a_killed_node_comes_back() throws Exception {
    try (JarRun run = new JarRun(directory, "demo", "--for=2s", "--stay", input())) {
      MatchResult line = run.awaitSaid(Pattern.compile("kill -9 (\\d+) +# node-2"));
      MatchResult page = run.awaitSaid(Pattern.compile("To look at it:\\s+(http://[0-9.:]+)/"));
      assertTrue(
          NodeRun.get(page.group(1), "/").body().contains("<title>Dispatcher</title>"),
          run::toString);
      assertTrue(run.stdout().contains("tasks per node"), run::toString);
      assertEquals(List.of(), run.stderr().lines().filter(DemoIT::isOurs).toList());

      ProcessHandle.of(Long.parseLong(line.group(1))).orElseThrow().destroyForcibly();
      run.awaitSaid(Pattern.compile("node-2 \\(pid " + line.group(1) + "\\) is gone"));
      run.awaitSaid(Pattern.compile("is gone[\\s\\S]*node-2 is up[\\s\\S]*kill -9"));
      run.terminate();
      assertEquals(0, run.exitCode(), run::toString);
      run.awaitNoChild();
    }
  }

  /** JDK 24 and later warn by themselves of Hazelcast's use of Unsafe. */
  private static boolean isOurs(String line) {
    return Runtime.version().feature() < 24
        || !(line.startsWith("WARNING: ") && line.contains("Unsafe"));
  }

  private String input() throws Exception {
    Path input = Files.createDirectory(directory.resolve("input"));
    for (int i = 0; i < 10; i++) {
      Files.writeString(input.resolve("file-" + i), "one two\nthree " + i + "\n");
    }
    return "--input=" + input;
  }
}
