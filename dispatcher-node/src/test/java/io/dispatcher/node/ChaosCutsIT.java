package io.dispatcher.node;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.node.chaos.Namespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command cuts the network between nodes, and leaves no namespace behind. */
class ChaosCutsIT {
  /** A seed whose first cut is of one node from the rest. */
  private static final int ONE_APART = 25;

  @TempDir private Path directory;

  @BeforeEach
  void namespaces_can_be_made() {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
  }

  @Test
  void the_network_of_a_run_is_cut_and_whole_again() throws Exception {
    Path history = directory.resolve("history.jsonl");
    try (JarRun run =
        new JarRun(
            directory,
            "chaos",
            "--kills=0",
            "--pauses=0",
            "--leaves=0",
            "--cuts=1",
            "--cut-for=12s",
            "--seed=" + ONE_APART,
            "--tasks=200",
            "--gap=0s",
            "--history=" + history,
            "--json")) {
      assertEquals(0, run.exitCode(), run::toString);
      JsonNode json = run.json();
      assertEquals(1, json.at("/faults/cut").asInt(), run::toString);
      assertEquals(0, json.get("skipped").size(), run::toString);
      assertEquals(0, json.get("violations").asInt(), run::toString);
      assertEquals(List.of(), namespaces(run));
    }
    assertTrue(seenBy(history).contains("no majority"), () -> seenBy(history));
  }

  /** What nodes saw that they had not seen before the cut. */
  private static String seenBy(Path history) {
    try (Stream<String> lines = Files.lines(history)) {
      return lines
          .filter(line -> line.contains("\"op\":\"view\""))
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_run_that_is_broken_off_takes_its_network_along() throws Exception {
    try (JarRun run = new JarRun(directory, "chaos", "--kills=0", "--cuts=1")) {
      // The bridge and the four places are made, and the first node is about to start.
      await("namespaces")
          .atMost(60, SECONDS)
          .until(() -> namespaces(run).size() == 5 || !run.isAlive());
      assertTrue(run.isAlive(), run::toString);
      run.terminate();
      assertEquals(143, run.exitCode(), run::toString);
      assertEquals(List.of(), namespaces(run));
      run.awaitNoChild();
    }
  }

  private static List<String> namespaces(JarRun run) throws IOException {
    Path all = Path.of("/run/netns");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (Stream<Path> names = Files.list(all)) {
      return names
          .map(name -> name.getFileName().toString())
          .filter(name -> name.startsWith("dispatcher-" + run.pid() + "-"))
          .toList();
    }
  }
}
