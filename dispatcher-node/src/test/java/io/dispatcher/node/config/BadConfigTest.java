package io.dispatcher.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault names its line and key, what was expected and what was found. */
class BadConfigTest {

  @TempDir Path directory;

  private List<String> faults(Path file, Map<String, String> environment, String... options) {
    ConfigException error =
        assertThrows(
            ConfigException.class, () -> LoadedConfig.load(file, environment, List.of(options)));
    String folder = directory + "/";
    return error.faults().stream().map(fault -> fault.replace(folder, "")).toList();
  }

  private List<String> faults(String yaml) throws IOException {
    return faults(write(yaml), Map.of());
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(directory.resolve("dispatcher.yaml"), yaml);
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        // Form
        arguments("a: b: c", "1: not YAML: mapping values are not allowed here"),
        arguments("http:\n\tport: 1", "2: not YAML: found character '\\t(TAB)'"),
        arguments("- a\n- b", "1: expected keys such as 'http:', found a list"),
        arguments("port", "1: expected keys such as 'http:', found 'port'"),
        arguments("http: [1, 2", "1: not YAML: expected ',' or ']'"),
        arguments("a: 1\n---\nb: 2", "2: not YAML: but found another document"),
        arguments("http: { port: 1 }\nhttp: { port: 2 }", "2: http: is there twice, first at "),
        arguments("http:\n  port: 1\n  port: 2", "3: http.port: is there twice, first at "),
        arguments("? [a]\n: b", "1: expected a key that is a word"),
        arguments("http: { port: !!java.lang.Integer 1 }", "1: http.port: has the tag "),
        arguments("a: &x { b: *x }", "not YAML: it has too many values, or an alias that contains"),
        // Keys
        arguments("htp: { port: 1 }", "1: htp: unknown key; did you mean http?"),
        arguments("http: { prot: 1 }", "1: http.prot: unknown key; did you mean http.port?"),
        arguments("http:\n  Port: 1", "2: http.Port: unknown key; did you mean http.port?"),
        arguments("linkport: 1", "1: linkport: unknown key; there are balancer, bus, cluster,"),
        arguments("linkPort: 1", "1: linkPort: unknown key; did you mean cluster.linkPort?"),
        arguments("token: abc", "1: token: unknown key; did you mean http.token or bus.token?"),
        arguments("bind: x", "unknown key; did you mean cluster.bind or http.bind?"),
        arguments(
            "pools: { io: { slot: 1, slots: 2 } }",
            "1: pools.io.slot: unknown key; did you mean pools.io.slots?"),
        arguments("types: { a: { idempotencyKey: x } }", "types.a.idempotencyKey: unknown key; "),
        arguments("<<: { a: 1 }", "1: <<: unknown key"),
        // Kinds of values
        arguments("http: 8080", "1: http: expected a section, found '8080'"),
        arguments("http:\n  port:\n", "2: http.port: expected a text, found nothing"),
        arguments("http: { port: [1] }", "1: http.port: expected a text, found a list"),
        arguments("http: { port: abc }", "expected a number from 0 to 65535, found 'abc'"),
        arguments("http: { port: 70000 }", "expected a number from 0 to 65535, found '70000'"),
        arguments("http: { port: -1 }", "expected a number from 0 to 65535, found '-1'"),
        arguments("http: { port: 80.5 }", "expected a number from 0 to 65535, found '80.5'"),
        arguments(
            "limits:\n  unfinished: 9\n\n\n\n\n  payload: abc",
            "7: limits.payload: expected a size such as 1MiB, found 'abc'"),
        arguments("limits: { payload: 1MB }", "expected a size such as 1MiB, found '1MB'"),
        arguments("limits: { payload: 2MiB }", "limits.payload: expected 1B to 1MiB, found '2MiB'"),
        arguments("limits: { payload: 0 }", "limits.payload: expected 1B to 1MiB, found '0'"),
        arguments("limits: { outcomes: 90% }", "limits.outcomes: expected 1MiB to "),
        arguments("limits: { outcomes: lots }", "or a share of the heap such as 25%, found 'lots'"),
        arguments("limits: { unfinished: 0 }", "expected a number from 1 to 100000000, found '0'"),
        arguments(
            "node: { drain: soon }",
            "1: node.drain: expected a duration such as 500ms, 30s, 2m, 1h or 7d, found 'soon'"),
        arguments("node: { drain: 2h }", "node.drain: expected 0s to 1h, found '2h'"),
        arguments("node: { name: 'a b' }", "expected 1 to 64 characters of A-Z a-z 0-9 . _ -"),
        arguments("node: { labels: { a: b } }", "node.labels: expected a list such as [a, b]"),
        arguments("node: { labels: [a b] }", "1: node.labels: labels has the label"),
        arguments("node: { weight: -1 }", "node.weight: expected a number from 0 (no new tasks)"),
        arguments("node: { weight: heavy }", "expected a number from 0 (no new tasks) to 1000000"),
        arguments("weights: guessed", "weights: expected configured or measured, found 'guessed'"),
        arguments("slowStart: 2h", "slowStart: expected 0s to 1h, found '2h'"),
        arguments("types: { t: { requires: [a b] } }", "requires has the label"),
        arguments("node: { labels: [[a]] }", "expected texts in the list, found a list"),
        // Node and cluster
        arguments(
            "node: { roles: [frnt] }\ncluster: {}",
            "node.roles: expected one of store, front, worker, found 'frnt'"),
        arguments("node: { roles: [] }\ncluster: {}", "1: node.roles: is empty, expected some of"),
        arguments("node: { roles: [worker] }", "1: node.roles: needs a section cluster"),
        arguments(
            "cluster:\n  size: 4", "2: cluster.size is 4, but must be 1, 2, 3, 5 or 7: an even"),
        arguments(
            "cluster:\n  name: x\n  members: [a, 'b:99999']",
            "3: cluster.members, entry 2 'b:99999', character 3: expected a port from 1 to 65535"),
        arguments(
            "cluster: { bind: no.such.host.invalid }",
            "cluster.bind: expected an address or a host name of this machine, found"),
        arguments("cluster: { detection: 1s }", "cluster.detection: expected 3s to 5m, found '1s'"),
        arguments(
            "cluster:\n  linkPort: 5701", "2: cluster.linkPort is 5701, but must not be cluster."),
        arguments(
            "cluster:\n  properties:\n    hazelcast.partition.count: 13",
            "cluster.properties has hazelcast.partition.count, which must stay 71 for the promises"),
        arguments(
            "cluster: { tls: { key: nowhere.pem, certificate: nowhere.pem, trust: nowhere.pem } }",
            "cluster.tls.key: expected a PEM file with a private key that can be read, found"),
        arguments("cluster: { tls: {} }", "cluster.tls.key: is missing; expected a PEM file"),
        // Doors
        arguments(
            "http: { bind: 0.0.0.0 }",
            "http.token: is missing, but http.bind is 0.0.0.0, which others can reach; set a token,"),
        arguments(
            "http: { token: short }",
            "http.token: expected at least 16 characters, ASCII without spaces, found 5 characters"),
        arguments(
            "http:\n  token: '${NO_SUCH_VARIABLE}'",
            "2: http.token: the environment variable NO_SUCH_VARIABLE is not set; set it, or write"),
        arguments("http: { token: '${A' }", "expected ${NAME} or ${NAME:-otherwise}, found '${A'"),
        arguments("http: { tls: { key: a } }", "http.tls.certificate: is missing; expected a PEM"),
        arguments(
            "http: { limits: { idle: 0 } }", "http.limits.idle: expected 1s to 1h, found '0'"),
        arguments("http: offline", "http: expected a section, found 'offline'"),
        // Pools, handlers, types
        arguments("pools: { io: { threads: virtual } }", "pools.io: slots is missing, the number"),
        arguments("pools: { io: { slots: 0 } }", "expected a number from 1 to 100000, found '0'"),
        arguments(
            "pools: { io: { slots: 1, threads: green } }",
            "pools.io.threads: expected one of platform, virtual, found 'green'"),
        arguments(
            "handlers: { a: { pool: x } }",
            "handlers.a: expected one of command, http, builtin, found none"),
        arguments("handlers: { a: { command: [x], http: 'http://y' } }", "found command and http"),
        arguments(
            "handlers: { a: { command: convert - jpg } }",
            "handlers.a.command: expected a list such as [a, b], found 'convert - jpg'"),
        arguments("handlers: { a: { command: [] } }", "expected a program and its arguments, such"),
        arguments(
            "handlers:\n  a:\n    builtin: echo\n    pool: io",
            "4: handlers.a.pool: there is no pool 'io'; pools has default"),
        arguments(
            "handlers: { a: { http: 'ftp://x' } }", "expected a URL such as http://localhost"),
        arguments("handlers: { a: { http: 'http://a b' } }", ": Illegal character in authority"),
        arguments(
            "handlers: { a: { http: 'http://u:p@h' } }", "has a user or password in it; send"),
        arguments(
            "handlers: { a: { builtin: eco } }", "expected one of digest, echo, sleep, found"),
        arguments("handlers: { a: off }", "handlers.a: only digest, echo, sleep can be off"),
        arguments("handlers: { 1a: { builtin: echo } }", "The name of a task type starts with a"),
        arguments(
            "handlers: { a: { command: [x], headers: { b: c } } }",
            "handlers.a.headers: is only for handlers with http"),
        arguments(
            "handlers: { a: { builtin: echo, timeLimit: 2d } }",
            "handlers.a.timeLimit is 2 d, but must be 1 ms to 1 d"),
        arguments(
            "types:\n  llm:\n    retries: 2000",
            "3: types.llm.retries is 2000, but must be 0 to 1000"),
        arguments("types: { a: { retries: few } }", "expected a number such as 3, found 'few'"),
        arguments("types: { a: { priority: 0 } }", "types.a.priority is 0, but must be 1 to 9"),
        arguments("types: { a: { backoff: { factor: 0 } } }", "types.a.backoff.factor is 0.0, but"),
        arguments("types: { a: { backoff: x } }", "types.a.backoff: expected a duration such as"),
        arguments("types: { a: { backoff: { cap: 1ms } } }", "types.a.backoff.cap is 1 ms, but"),
        // Logging
        arguments("logging: { format: xml }", "logging.format: expected one of text, json, found"),
        arguments("logging: { level: loud }", "expected one of trace, debug, info, warn, error"),
        arguments("logging: { levels: { a.b: x } }", "logging.levels.a.b: expected one of trace"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void is_refused_with_its_place(String yaml, String expected) throws IOException {
    List<String> faults = faults(yaml);
    assertTrue(faults.get(0).startsWith("dispatcher.yaml"), faults::toString);
    assertTrue(
        faults.stream().anyMatch(fault -> fault.contains(expected)),
        () -> "expected '" + expected + "' in " + String.join("\n", faults));
  }

  @Test
  void all_faults_are_told_at_once_and_each_once() throws IOException {
    assertEquals(
        List.of(
            "dispatcher.yaml:4: hndlers: unknown key; did you mean handlers?",
            "dispatcher.yaml:1: http.port: expected a number from 0 to 65535, found 'x'",
            "dispatcher.yaml:2: limits.payload: expected a size such as 1MiB, found 'y'",
            "dispatcher.yaml:3: balancer: expected a text, found a list"),
        faults("http: { port: x }\nlimits: { payload: y }\nbalancer: [z]\nhndlers: {}\n"));
  }

  @Test
  void many_faults_are_cut() throws IOException {
    StringBuilder yaml = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      yaml.append("key").append(i).append(": 1\n");
    }
    Path file = write(yaml.toString());
    ConfigException error =
        assertThrows(ConfigException.class, () -> LoadedConfig.load(file, Map.of(), List.of()));
    assertEquals(100, error.faults().size());
    assertTrue(error.getMessage().endsWith("\nand 80 more"), error.getMessage());
  }

  @Test
  void files_that_are_none() throws IOException {
    Path missing = directory.resolve("missing.yaml");
    assertEquals(List.of("missing.yaml: there is no such file"), faults(missing, Map.of()));
    Path folder = Files.createDirectory(directory.resolve("folder"));
    assertEquals(List.of("folder: is a folder, expected a YAML file"), faults(folder, Map.of()));
    Path utf16 =
        Files.write(directory.resolve("utf16"), "http: {}".getBytes(StandardCharsets.UTF_16));
    assertEquals(List.of("utf16: is not UTF-8 text"), faults(utf16, Map.of()));
    Path large = Files.write(directory.resolve("large"), new byte[(1 << 20) + 1]);
    assertEquals(List.of("large: has more than 1MiB"), faults(large, Map.of()));
  }

  @Test
  void aliases_that_grow_are_refused() throws IOException {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      String all = ("*a" + (i - 1) + ", ").repeat(8);
      yaml.append("a%d: &a%d [%s]\n".formatted(i, i, all));
    }
    assertEquals(
        List.of(
            "dispatcher.yaml: not YAML: Number of aliases for non-scalar nodes exceeds the specified max=50"),
        faults(yaml.toString()));
  }

  @Test
  void deep_nesting_is_refused() throws IOException {
    List<String> faults = faults("a: " + "[".repeat(100_000));
    assertEquals(List.of("dispatcher.yaml:1: not YAML: it has more than 50 levels"), faults);
  }

  @Test
  void the_environment_is_named() {
    assertEquals(
        List.of("DISPATCHER_HTTP_PORT: http.port: expected a number from 0 to 65535, found 'x'"),
        faults(null, Map.of("DISPATCHER_HTTP_PORT", "x")));
    assertEquals(
        List.of("DISPATCHER_HTTP_PROT: names no key; http has bind, port, token, tls, limits"),
        faults(null, Map.of("DISPATCHER_HTTP_PROT", "1")));
    assertEquals(
        List.of("DISPATCHER_POOLS_IO_SLOTS: names no key of an entry that pools has in the file"),
        faults(null, Map.of("DISPATCHER_POOLS_IO_SLOTS", "1")));
    assertEquals(
        List.of("DISPATCHER_NODE_LABELS: not YAML: expected ',' or ']', but got <stream end>"),
        faults(null, Map.of("DISPATCHER_NODE_LABELS", "[a")));
  }

  @Test
  void an_option_is_named() {
    assertEquals(
        List.of("--set http.port: http.port: expected a number from 0 to 65535, found 'x'"),
        faults(null, Map.of(), "http.port=x"));
    assertEquals(
        List.of("--set http.prot: http.prot: unknown key; did you mean http.port?"),
        faults(null, Map.of(), "http.prot=1"));
    assertEquals(
        List.of("--set http.port: expected KEY=VALUE such as http.port=9000"),
        faults(null, Map.of(), "http.port"));
    for (String key : List.of("http..port", ".http", "http.", "\"http", "http.\"port")) {
      assertEquals(
          List.of("--set " + key + ": expected a key such as http.port"),
          faults(null, Map.of(), key + "=1"));
    }
    assertEquals(
        List.of("--set http.port.x: http.port: expected a text, found a section"),
        faults(null, Map.of(), "http.port.x=1"));
  }

  @Test
  void a_secret_is_not_told() throws IOException {
    String faults =
        String.join(
            "\n", faults(write("http: { token: '${T}' }"), Map.of("T", "hush hush hush!!")));
    assertTrue(faults.contains("found 16 characters"), faults);
    assertTrue(!faults.contains("hush"), faults);
  }
}
