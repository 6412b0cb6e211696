package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.cluster.LoopbackPorts;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands, in this process, against nodes in others. */
@ExtendWith(ContractCluster.Shared.class)
abstract class CliContract {

  private static final Duration SOON = Duration.ofSeconds(20);

  private static String url;

  @TempDir private Path directory;

  @BeforeAll
  static void start(ContractCluster cluster) {
    url = String.join(",", cluster.urls());
    assertEquals(0, run("submit", "shout", "--data=a", "--admission=10s", "--wait=30s").code());
  }

  @Test
  void a_task_from_its_id_to_its_result() throws Exception {
    CliRun submitted = run("submit", "shout", "--data", "grüße");
    assertEquals(0, submitted.code(), submitted.err());
    String id = submitted.out().strip();

    assertEquals("GRÜSSE", run("task", "result", id, "--wait").out());
    CliRun got = run("task", "get", id);
    assertEquals(0, got.code());
    assertTrue(got.out().startsWith(id + " (shout) is succeeded"), got.out());
    CliRun cancelled = run("task", "cancel", id);
    assertEquals(1, cancelled.code());
    assertTrue(cancelled.err().contains("it is succeeded"), cancelled.err());
    assertEquals(0, run("task", "watch", id).code());

    JsonNode status = run("task", "get", id, "--json").json();
    assertEquals(id, status.get("id").asText());
    assertEquals("succeeded", status.get("state").asText());
    JsonNode result = run("task", "result", id, "--json").json();
    assertEquals("GRÜSSE", result.get("result").asText());
    assertEquals(1, result.get("attempts").asInt());
  }

  @Test
  void a_payload_comes_from_a_file_or_from_stdin() throws Exception {
    Path file = Files.writeString(directory.resolve("words"), "from a file");
    assertEquals("FROM A FILE", run("submit", "shout", "--file=" + file, "--wait").out());

    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("from stdin".getBytes(StandardCharsets.UTF_8)));
    try {
      assertEquals("FROM STDIN", run("submit", "shout", "--file", "-", "--wait").out());
    } finally {
      System.setIn(before);
    }
    assertEquals("", run("submit", "shout", "--wait").out());

    Path large = Files.write(directory.resolve("large"), new byte[(1 << 20) + 1]);
    CliRun refused = run("submit", "shout", "--file=" + large);
    assertEquals(4, refused.code());
    assertTrue(refused.err().contains("send a reference"), refused.err());
  }

  @Test
  void a_failure_is_exit_code_1_and_says_why() throws Exception {
    CliRun failed = run("submit", "fail", "--data=disk full", "--retries=0", "--wait");
    assertEquals(1, failed.code());
    assertEquals("", failed.out());
    assertTrue(failed.err().contains("java.lang.IllegalStateException: disk full"), failed.err());
    assertEquals(1, failed.err().lines().count(), failed.err());

    JsonNode json =
        run("submit", "fail", "--data=disk full", "--retries=0", "--wait", "--json").json();
    assertEquals("disk full", json.at("/failure/message").asText());
    assertEquals("failed", json.get("state").asText());
  }

  @Test
  void what_is_not_known_in_time_is_exit_code_3() throws Exception {
    CliRun late = run("submit", "hold", "--data=on", "--wait=200ms", "--deadline=60s", "--json");
    assertEquals(3, late.code());
    assertEquals("not-known", late.json().at("/error/reason").asText());
    String holds = late.json().at("/error/taskId").asText();
    assertEquals(0, run("task", "cancel", holds).code());

    String id = run("submit", "hold", "--data=on").out().strip();
    assertEquals(3, run("task", "result", id).code());
    await().atMost(SOON).until(() -> run("task", "get", id).out().contains(": holding on"));
    assertEquals(0, run("task", "cancel", id).code());
    CliRun ended = run("task", "watch", id);
    assertEquals(1, ended.code());
    assertTrue(ended.out().contains("cancelled"), ended.out());
    assertEquals(1, run("task", "result", id).code());
  }

  @Test
  void a_watched_task_is_told_in_lines() throws Exception {
    String id = run("submit", "hold", "--data=on", "--deadline=6s").out().strip();
    CliRun watched = run("task", "watch", id);
    assertEquals(1, watched.code());
    assertTrue(watched.err().contains("running on node-"), watched.err());
    assertTrue(watched.out().contains("expired"), watched.out());
  }

  @Test
  void refused_and_unreachable_are_exit_code_4() throws Exception {
    CliRun refused = run("submit", "shuot", "--data=a");
    assertEquals(4, refused.code());
    assertTrue(refused.err().contains("shout"), refused.err());
    assertEquals(
        "unknown-type", run("submit", "shuot", "--json").json().at("/error/reason").asText());

    String nobody = "http://127.0.0.1:" + LoopbackPorts.one();
    for (String[] command :
        List.of(
            new String[] {"submit", "shout"},
            new String[] {"task", "get", "a1"},
            new String[] {"nodes"},
            new String[] {"top", "--times=1"})) {
      CliRun unreachable = CliRun.at(nobody, command);
      assertEquals(4, unreachable.code(), unreachable.err());
      assertEquals(1, unreachable.err().lines().count(), unreachable.err());
      assertTrue(unreachable.err().contains(nobody), unreachable.err());
    }
  }

  @Test
  void a_task_that_is_not_known_is_exit_code_1() {
    for (String command : List.of("get", "result", "cancel", "watch")) {
      CliRun unknown = run("task", command, "a1");
      assertEquals(1, unknown.code(), unknown.err());
      assertTrue(unknown.err().contains("task a1 is not known"), unknown.err());
    }
  }

  @Test
  void a_task_goes_where_its_labels_are_and_tells_why() throws Exception {
    CliRun waited = run("submit", "shout", "--data=a", "--requires=gpu", "--explain", "--wait");
    assertEquals("A", waited.out());
    assertTrue(waited.err().contains("It went to node-3 by least-requests"), waited.err());
    JsonNode both =
        run("submit", "shout", "--requires=gpu", "--explain", "--wait", "--json").json();
    assertEquals("node-3", both.at("/placement/node").asText());

    CliRun submitted = run("submit", "hold", "--data=on", "--requires=gpu", "--explain");
    assertTrue(submitted.err().contains("It went to node-3"), submitted.err());
    String id = submitted.out().strip();
    await().atMost(SOON).until(() -> run("task", "get", id).out().contains("running on node-3"));
    CliRun got = confirmed(id);
    assertTrue(got.out().contains("It went to node-3 by least-requests: the lowest"), got.out());
    assertTrue(got.out().contains("no label gpu"), got.out());
    assertEquals("node-3", confirmedJson(id).at("/placement/node").asText());
    run("task", "cancel", id);

    String stuck = run("submit", "shout", "--data=a", "--requires", "gpu,tpu").out().strip();
    CliRun waiting = confirmed(stuck);
    assertTrue(
        waiting
            .out()
            .contains("waiting (no-label): no node with a handler for shout has label tpu"),
        waiting.out());
    assertTrue(waiting.out().contains("it was not submitted with --explain"), waiting.out());
    assertEquals("no-label", confirmedJson(stuck).get("waiting").asText());
    run("task", "cancel", stuck);
    assertTrue(run("nodes").out().contains("disk:ssd,gpu"), run("nodes").out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dead-letters get a1                | there is no dead letter of task a1",
        "dead-letters retry a1              | there is no dead letter of task a1",
        "dead-letters delete a1             | there is no dead letter of task a1",
        "dead-letters list --limit 0        | limit",
        "dead-letters list --cursor soon    | cursor",
        "dead-letters list --older-than soon | olderThan is 'soon'",
        "dead-letters retry --younger-than soon | youngerThan is 'soon'",
        "drain nobody                       | nobody",
      })
  void what_a_node_refuses_is_exit_code_4(String arguments, String message) throws Exception {
    CliRun refused = run(arguments.split(" "));
    assertEquals(4, refused.code(), refused.err());
    assertTrue(refused.err().contains(message), refused.err());
    assertEquals(1, refused.err().lines().count(), refused.err());
    assertEquals("", refused.out());
    CliRun json = run((arguments + " --json").split(" "));
    assertEquals(4, json.code(), json.err());
    assertTrue(json.json().at("/error/detail").asText().contains(message), json.out());
  }

  @Test
  void nodes_types_and_top_show_the_cluster() throws Exception {
    CliRun nodes = run("nodes");
    assertEquals(0, nodes.code(), nodes.err());
    assertTrue(nodes.out().startsWith("NODE"), nodes.out());
    assertTrue(nodes.out().contains("node-3"), nodes.out());
    assertTrue(run("nodes", "--json").json().get("nodes").size() >= 3, "and who left lately");

    CliRun types = run("types");
    assertEquals(0, types.code(), types.err());
    assertTrue(types.out().contains("shout"), types.out());
    assertTrue(run("types", "--json").json().get("types").size() >= 6);

    CliRun top = run("top", "--times=2", "--every=100ms");
    assertEquals(0, top.code(), top.err());
    assertEquals(2, top.out().lines().filter(line -> line.startsWith("dispatcher")).count());
    assertTrue(top.out().contains("node-1"), top.out());
    assertTrue(run("top", "--times=1", "--json").json().has("faults"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "submit                        | Missing required parameter: 'TYPE'",
        "submit 1                      | starts with a letter",
        "submit shout --retries many   | retries is 'many'",
        "submit shout --retries -1     | retries is -1",
        "submit shout --requires g,,u  | requires has the label \"\" of 0 characters",
        "submit shout --deadline soon  | deadline is 'soon'",
        "submit shout --wait=soon      | found 'soon'",
        "submit shout --file /none     | --file is /none",
        "submit shout --data a --file b | mutually exclusive",
        "submit shout --url nonsense   | --url: the URL of a node is 'nonsense'",
        "submit shout --trust /none    | --trust is /none",
        "submit shout --frob           | --frob",
        "task                          | name a command: get, result, cancel or watch",
        "task get                      | ID",
        "task get no/id                | A task id has only",
        "top --every 1ms               | --every must be 100ms or more",
        "top --times 0                 | --times must be 1 or more",
        "dead-letters                  | name a command: list, get, retry or delete",
        "dead-letters list --limit few | 'few' is not an int",
        "dead-letters get              | ID",
        "dead-letters get no/id        | A task id has only",
        "dead-letters retry            | say which: an ID, or --type",
        "dead-letters retry a1 --all   | say which: an ID, or --type",
        "dead-letters delete           | say which: an ID, or --type",
        "dead-letters delete a1 --error x | say which: an ID, or --type",
        "drain                         | name the nodes to drain, or say --all",
        "drain node-1 --all            | name the nodes to drain, or say --all",
        "drain node-1 --wait=soon      | 'soon' is no duration",
        "ledger                        | name a command: export or import",
        "ledger export                 | FILE",
        "ledger export /               | / is a directory",
        "ledger import                 | FILE",
        "ledger import /none           | /none is no file that can be read",
      })
  void wrong_usage_is_one_line_and_exit_code_2(String arguments, String message) {
    CliRun wrong = CliRun.at(null, arguments.split(" "));
    assertEquals(2, wrong.code(), wrong.err());
    assertTrue(wrong.err().contains(message), wrong.err());
    assertEquals(1, wrong.err().lines().count(), wrong.err());
    assertEquals("", wrong.out());
  }

  @Test
  void completion_is_a_script() {
    CliRun completion = CliRun.at(null, "completion");
    assertEquals(0, completion.code());
    assertTrue(completion.out().contains("complete -F _complete_dispatcher"), completion.out());
    assertTrue(completion.out().contains("--idempotencyKey"), completion.out());
  }

  /** What is said of a task once its owner has answered in time. */
  private static CliRun confirmed(String id) {
    return await()
        .atMost(SOON)
        .until(
            () -> run("task", "get", id, "--explain"),
            got -> got.code() == 0 && !got.out().contains(", not confirmed"));
  }

  private static JsonNode confirmedJson(String id) {
    return await()
        .atMost(SOON)
        .until(
            () -> run("task", "get", id, "--json").json(),
            got -> !got.path("stale").asBoolean(true));
  }

  private static CliRun run(String... arguments) {
    return CliRun.at(url, arguments);
  }
}
