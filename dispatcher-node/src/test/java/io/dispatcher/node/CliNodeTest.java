package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.node.config.LoadedConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands after which nodes end, against nodes in this process that are each alone. */
class CliNodeTest {

  private static final Duration SOON = ofSeconds(20);

  @TempDir private Path directory;

  private final ClassLoader loader = Thread.currentThread().getContextClassLoader();
  private final ExecutorService leaving = Executors.newCachedThreadPool();
  private final List<Node> nodes = new ArrayList<>();
  private String url;

  @BeforeEach
  void start() {
    url = start("a");
  }

  @AfterEach
  void end() {
    nodes.forEach(node -> node.close(Duration.ZERO));
    leaving.shutdownNow();
    Thread.currentThread().setContextClassLoader(loader);
  }

  /** Starts one that leaves when it is asked to; where it is reached. */
  private String start(String name) {
    int index = nodes.size();
    LoadedConfig config =
        LoadedConfig.load(
            null,
            Map.of(),
            List.of("node.name=" + name, "node.jars=" + directory, "http.port=0", "bus=off"));
    Node node =
        Node.start(
            config,
            Doors.ALL,
            error -> {},
            () -> leaving.execute(() -> nodes.get(index).close(ofSeconds(10))));
    nodes.add(node);
    return node.addresses().get(0);
  }

  private CliRun run(String... arguments) {
    return CliRun.at(url, arguments);
  }

  private String submitted(String... arguments) {
    List<String> words = new ArrayList<>(List.of("submit"));
    words.addAll(List.of(arguments));
    CliRun run = run(words.toArray(String[]::new));
    assertEquals(0, run.code(), run.err());
    return run.out().strip();
  }

  private void awaitState(String id, String state) {
    await()
        .atMost(SOON)
        .until(() -> run("task", "get", id, "--json").json().get("state").asText().equals(state));
  }

  private String later() {
    return Instant.now().plus(1, ChronoUnit.HOURS).toString();
  }

  // ---------------------------------------------------------------- drain

  @Test
  void a_node_drains_and_stays() throws Exception {
    String id = submitted("sleep", "--data=5m");
    awaitState(id, "running");

    CliRun busy = run("drain", "a", "--stay", "--wait=300ms");
    assertEquals(3, busy.code());
    assertEquals("node a drains\n", busy.out());
    assertTrue(busy.err().contains("a not drained in time; see `nodes`"), busy.err());
    CliRun json = run("drain", "a", "--stay", "--wait=1ms", "--json");
    assertEquals(3, json.code());
    assertEquals("not-known", json.json().at("/error/reason").asText());

    assertEquals(0, run("task", "cancel", id).code());
    CliRun rests = run("drain", "a", "--stay", "--wait=20s");
    assertEquals(0, rests.code(), rests.err());
    assertEquals("node a has drained and stays\n", rests.out());
    assertTrue(run("nodes").out().contains("drained"), run("nodes").out());
    assertEquals(
        "{\"nodes\":[\"a\"],\"drained\":true}",
        run("drain", "--all", "--stay", "--wait", "--json").json().toString());
  }

  @Test
  void a_node_drains_and_leaves() {
    CliRun left = run("drain", "--all", "--wait=20s");
    assertEquals(0, left.code(), left.err());
    assertEquals("node a has left\n", left.out());
    assertEquals(4, run("nodes").code());
  }

  @Test
  void without_a_wait_a_node_is_asked_alone() {
    CliRun asked = run("drain", "a");
    assertEquals(0, asked.code(), asked.err());
    assertEquals("node a drains\n", asked.out());
    await().atMost(SOON).until(() -> run("nodes").code() == 4);
  }

  // ---------------------------------------------------------------- ledger

  @Test
  void a_ledger_is_exported_and_imported_elsewhere() throws Exception {
    String waits = submitted("echo", "--data=w", "--notBefore=" + later());
    String ended = submitted("echo", "--data=e");
    awaitState(ended, "succeeded");
    Path file = directory.resolve("tasks");

    CliRun exported = run("ledger", "export", file.toString());
    assertEquals(0, exported.code(), exported.err());
    assertEquals(file + ": 1 tasks without an outcome, 1 outcomes\n", exported.out());
    CliRun here = run("ledger", "import", file.toString());
    assertEquals(0, here.code(), here.err());
    assertEquals("0 tasks and 0 outcomes imported, 2 were there already\n", here.out());

    url = start("b");
    CliRun brought = run("ledger", "import", file.toString());
    assertEquals(0, brought.code(), brought.err());
    assertEquals("1 tasks and 1 outcomes imported, 0 were there already\n", brought.out());
    JsonNode again = run("ledger", "import", file.toString(), "--json").json();
    assertEquals(2, again.get("there").asInt());
    assertEquals(0, again.get("tasks").asInt());
    assertEquals("e", run("task", "result", ended).out());
    CliRun waiting = run("task", "get", waits);
    assertTrue(waiting.out().contains("waiting (delayed)"), waiting.out() + waiting.err());
  }

  @Test
  void an_export_stops_the_cluster_if_it_is_told_to() throws Exception {
    submitted("echo", "--data=w", "--notBefore=" + later());
    Path file = directory.resolve("tasks");

    CliRun stopped = run("ledger", "export", file.toString(), "--stop", "--json");
    assertEquals(0, stopped.code(), stopped.err());
    assertTrue(stopped.json().get("stopped").asBoolean());
    assertEquals(1, stopped.json().get("tasks").asInt());
    await().atMost(SOON).until(() -> run("nodes").code() == 4);

    url = start("b");
    assertEquals(1, run("ledger", "import", file.toString(), "--json").json().get("tasks").asInt());
  }

  @Test
  void a_file_is_not_replaced_unawares() throws Exception {
    Path file = Files.writeString(directory.resolve("letter"), "mine");

    CliRun there = run("ledger", "export", file.toString());
    assertEquals(2, there.code());
    assertTrue(there.err().contains("is there already"), there.err());
    assertEquals("mine", Files.readString(file));

    CliRun forced = run("ledger", "export", file.toString(), "--force", "--json");
    assertEquals(0, forced.code(), forced.err());
    assertEquals(file.toString(), forced.json().get("file").asText());
    assertFalse(forced.json().get("stopped").asBoolean());
    assertTrue(Files.readString(file, ISO_8859_1).startsWith("dispatcher-ledger 1\n"));
  }

  @Test
  void a_file_that_cannot_be_written_or_is_damaged_is_exit_code_1() throws IOException {
    CliRun nowhere = run("ledger", "export", directory.resolve("no/where").toString());
    assertEquals(1, nowhere.code());
    assertTrue(nowhere.err().contains("cannot be written"), nowhere.err());

    Path file = directory.resolve("tasks");
    submitted("echo", "--data=w", "--notBefore=" + later());
    assertEquals(0, run("ledger", "export", file.toString()).code());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    CliRun damaged = run("ledger", "import", file.toString());
    assertEquals(1, damaged.code());
    assertTrue(damaged.err().contains("nothing was imported: "), damaged.err());

    Path letter = Files.writeString(directory.resolve("letter"), "mine\n");
    CliRun foreign = run("ledger", "import", letter.toString(), "--json");
    assertEquals(1, foreign.code());
    assertTrue(foreign.json().at("/error/detail").asText().endsWith("is no export of a ledger"));
    for (CliRun failed : List.of(nowhere, damaged, foreign)) {
      assertEquals(1, failed.err().lines().count(), failed.err());
    }
  }
}
