package io.dispatcher.node;

import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.cluster.LoopbackPorts;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node as a process: how it starts, and how it ends. */
class NodeIT {

  private static final String GATED =
      """
      handlers:
        up: { command: [tr, a-z, A-Z] }
        gated:
          command: [sh, -c, "echo $$ > pid; while [ ! -e gate ]; do sleep 0.1; done; echo went"]
        stuck:
          command: [sh, -c, "trap '' TERM; echo $$ > pid; while :; do sleep 1; done"]
      """;

  @TempDir Path directory;

  private NodeRun start(String... arguments) throws IOException {
    Files.writeString(directory.resolve("dispatcher.yaml"), GATED);
    return new NodeRun(directory, arguments);
  }

  private ProcessHandle awaitProgram() throws IOException {
    Path pid = directory.resolve("pid");
    await("start of the program")
        .atMost(ofSeconds(30))
        .until(() -> Files.exists(pid) && Files.size(pid) > 1);
    return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
  }

  @Test
  void at_sigterm_it_takes_no_tasks_and_running_ones_finish() throws Exception {
    try (NodeRun node = start("--http-port=0")) {
      String address = node.awaitAddress();
      HttpResponse<String> first =
          NodeRun.post(address, "/v1/tasks?type=up&wait=20s", "hello").get(30, SECONDS);
      assertEquals("HELLO", first.body());
      CompletableFuture<HttpResponse<String>> gated =
          NodeRun.post(address, "/v1/tasks?type=gated&wait=30s", "");
      awaitProgram();
      node.terminate();
      await("refusal of new tasks")
          .atMost(ofSeconds(30))
          .until(
              () ->
                  NodeRun.post(address, "/v1/tasks?type=up", "x").get(30, SECONDS).statusCode()
                      == 503);
      assertEquals(503, NodeRun.get(address, "/health/ready").statusCode());
      assertEquals(200, NodeRun.get(address, "/health/live").statusCode());
      Files.createFile(directory.resolve("gate"));
      assertEquals("went\n", gated.get(30, SECONDS).body());
      assertEquals(0, node.exitCode(), node::toString);
      assertTrue(node.stdout().contains("alone, nothing survives"), node::toString);
    }
  }

  @Test
  void a_second_signal_ends_it_and_its_programs_at_once() throws Exception {
    try (NodeRun node = start("--http-port=0")) {
      String address = node.awaitAddress();
      NodeRun.post(address, "/v1/tasks?type=stuck", "").get(30, SECONDS);
      ProcessHandle program = awaitProgram();
      node.terminate();
      await("first signal").atMost(ofSeconds(30)).until(() -> node.stderr().contains("SIGTERM"));
      assertTrue(program.isAlive());
      node.terminate();
      assertEquals(143, node.exitCode(), node::toString);
      await("end of the program").atMost(ofSeconds(30)).until(() -> !program.isAlive());
    }
  }

  @Test
  void its_log_can_be_json() throws Exception {
    try (NodeRun node = start("--http-port=0", "--log-format=json")) {
      node.awaitAddress();
      node.terminate();
      assertEquals(0, node.exitCode(), node::toString);
      List<String> lines = node.stderr().lines().toList();
      assertFalse(lines.isEmpty());
      for (String line : lines) {
        JsonNode json = new JsonMapper().readTree(line);
        assertTrue(json.hasNonNull("level") && json.hasNonNull("formattedMessage"), line);
      }
    }
  }

  @Test
  void a_port_that_is_taken_is_told_in_one_line() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        NodeRun node = start("--http-port=" + taken.getLocalPort(), "--log-level=error")) {
      assertEquals(1, node.exitCode(), node::toString);
      assertEquals(1, node.stderr().lines().count(), node::toString);
      assertTrue(node.stderr().contains("http.port"), node::toString);
    }
  }

  @Test
  void three_nodes_of_this_machine_work_together_and_end_together() throws Exception {
    int port = LoopbackPorts.one();
    try (NodeRun nodes = start("--dev", "3", "--http-port=" + port)) {
      List<String> addresses = nodes.awaitAddresses(3);
      assertTrue(addresses.get(0).endsWith(":" + port), nodes::toString);
      assertEquals(3, nodes.children().size());
      for (String address : addresses) {
        await("ready: " + address)
            .atMost(Duration.ofSeconds(30))
            .until(() -> NodeRun.get(address, "/health/ready").statusCode() == 200);
        assertEquals(
            "HELLO",
            NodeRun.post(address, "/v1/tasks?type=up&wait=20s", "hello").get(30, SECONDS).body());
      }
      nodes.terminate();
      assertEquals(0, nodes.exitCode(), nodes::toString);
      nodes.awaitNoChild();
    }
  }

  /** Whoever has the default port: this test, or somebody before it. */
  @Test
  void a_node_of_this_machine_starts_elsewhere_where_the_default_port_is_taken() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      try {
        taken.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 8080));
      } catch (BindException before) {
        // As good.
      }
      try (NodeRun node = start("--dev", "1")) {
        String address = node.awaitAddresses(1).get(0);
        assertFalse(address.endsWith(":8080"), node::toString);
        assertEquals(200, NodeRun.get(address, "/health/live").statusCode());
      }
    }
  }

  @Test
  void three_nodes_of_this_machine_end_when_their_parent_is_killed() throws Exception {
    try (NodeRun nodes = start("--dev", "3", "--http-port=0")) {
      nodes.awaitAddresses(3);
      nodes.kill();
      nodes.awaitNoChild();
    }
  }
}
