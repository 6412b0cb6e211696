package io.dispatcher.node.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Limits;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedConfigTest {

  @TempDir Path directory;

  private NodeConfig load(String yaml, Map<String, String> environment, String... options)
      throws IOException {
    Path file = Files.writeString(directory.resolve("dispatcher.yaml"), yaml);
    return LoadedConfig.load(file, environment, List.of(options)).config();
  }

  private NodeConfig load(String yaml) throws IOException {
    return load(yaml, Map.of());
  }

  @Test
  void without_a_file_a_node_is_alone_on_loopback() {
    NodeConfig config = LoadedConfig.load(null, Map.of(), List.of()).config();
    assertNull(config.cluster());
    assertNull(config.bus());
    assertNotNull(config.http());
    assertEquals("127.0.0.1", config.http().bind());
    assertEquals(8080, config.http().port());
    assertNull(config.http().token());
    assertEquals(EnumSet.allOf(Role.class), config.node().roles());
    assertEquals(Duration.ofSeconds(25), config.node().drain());
    assertEquals(Path.of("handlers"), config.node().jars());
    assertFalse(config.node().name().isBlank());
    assertEquals(1 << 20, config.limits().payload());
    assertEquals(
        Limits.ofHeap(Runtime.getRuntime().maxMemory()).unfinished(),
        config.limits().engine().unfinished());
    assertEquals("least-requests", config.balancer());
    assertEquals(LoggingConfig.Format.TEXT, config.logging().format());
    assertTrue(config.pools().isEmpty());
    assertTrue(config.handlers().isEmpty());
  }

  @Test
  void every_section_is_read() throws IOException {
    NodeConfig config =
        load(
            """
            node:     { name: a, roles: [store, front, worker], zone: eu-1, labels: [gpu], drain: 10s }
            cluster:
              name: acme-jobs
              bind: 127.0.0.1
              members: [127.0.0.1, "127.0.0.2:5702", 127.0.0.3]
              detection: 10s
              properties: { hazelcast.io.thread.count: 2 }
            http:     { bind: 0.0.0.0, port: 9000, token: "${TOKEN}", limits: { body: 2MiB, wait: 0 } }
            bus:      { port: 7000 }
            limits:   { unfinished: 5000, payload: 64KiB, outcomes: 10% }
            pools:    { default: { slots: 8 }, io: { slots: 500, threads: virtual } }
            handlers:
              thumbnail: { command: [convert, "-", -thumbnail, 200x200, "jpg:-"], timeLimit: 30s }
              llm:       { http: "http://localhost:11434/api/generate", pool: io, timeLimit: 2m }
              hash:      { builtin: digest }
              sleep:     off
            balancer: round-robin
            types:
              llm: { balancer: random, retries: 5, retention: 1h, backoff: 2s }
              slow: { timeLimit: 2h, deadline: 1d, priority: 9, backoff: { factor: 2, cap: 10s } }
            logging:  { format: json, level: debug, levels: { com.hazelcast: error } }
            """,
            Map.of("TOKEN", "0123456789abcdef"));
    assertEquals("a", config.node().name());
    assertEquals("eu-1", config.node().zone());
    assertEquals(Set.of("gpu"), config.node().labels());
    assertEquals(Duration.ofSeconds(10), config.node().drain());
    assertEquals(3, config.cluster().options(config.node()).build().members().size());
    assertEquals(Map.of("hazelcast.io.thread.count", "2"), config.cluster().properties());
    assertEquals("0123456789abcdef", config.http().token());
    assertFalse(config.toString().contains("0123456789abcdef"));
    assertEquals(2 << 20, config.http().limits().body());
    assertEquals(Duration.ZERO, config.http().limits().longestWait());
    assertEquals(7000, config.bus().port());
    assertEquals(5000, config.limits().engine().unfinished());
    assertEquals(64 << 10, config.limits().payload());
    assertEquals(
        Runtime.getRuntime().maxMemory() / 100 * 10, config.limits().engine().outcomeBytes());
    assertEquals(new PoolConfig(500, true), config.pools().get("io"));
    HandlerConfig.Command command = (HandlerConfig.Command) config.handlers().get("thumbnail");
    assertEquals(List.of("convert", "-", "-thumbnail", "200x200", "jpg:-"), command.argv());
    assertEquals(Duration.ofSeconds(30), command.options().timeLimit());
    HandlerConfig.Http http = (HandlerConfig.Http) config.handlers().get("llm");
    assertEquals(URI.create("http://localhost:11434/api/generate"), http.url());
    assertEquals("io", http.options().pool());
    assertEquals("digest", ((HandlerConfig.BuiltIn) config.handlers().get("hash")).name());
    assertTrue(config.handlers().get("sleep") instanceof HandlerConfig.Off);
    assertEquals("round-robin", config.balancer());
    assertEquals(
        new TypeConfig(
            "random",
            TaskOptions.NONE
                .retries(5)
                .retention(Duration.ofHours(1))
                .backoff(Backoff.fixed(Duration.ofSeconds(2)))),
        config.types().get("llm"));
    assertEquals(
        new Backoff(Duration.ofMillis(500), 2, Duration.ofSeconds(10), 0.25),
        config.types().get("slow").options().backoff());
    assertEquals(LoggingConfig.Format.JSON, config.logging().format());
    assertEquals(Map.of("com.hazelcast", "error"), config.logging().levels());
  }

  @Test
  void options_stand_over_the_environment_and_that_over_the_file() throws IOException {
    String yaml = "http: { port: 1 }\nlimits: { unfinished: 1 }\nbalancer: random\n";
    Map<String, String> environment =
        Map.of("DISPATCHER_HTTP_PORT", "2", "DISPATCHER_LIMITS_UNFINISHED", "2");
    NodeConfig config = load(yaml, environment, "http.port=3");
    assertEquals(3, config.http().port());
    assertEquals(2, config.limits().engine().unfinished());
    assertEquals("random", config.balancer());
  }

  @Test
  void the_environment_makes_sections_and_lists_and_changes_entries_of_the_file()
      throws IOException {
    NodeConfig config =
        load(
            "pools: { io-1: { slots: 3 } }\nhandlers: { a: { builtin: echo, pool: io-1 } }\n",
            Map.of(
                "DISPATCHER_CLUSTER_MEMBERS", "127.0.0.1, 127.0.0.2,127.0.0.3",
                "DISPATCHER_CLUSTER_LINKPORT", "5999",
                "DISPATCHER_POOLS_IO_1_SLOTS", "9",
                "DISPATCHER_NODE_LABELS", "[gpu, ssd]",
                "DISPATCHER_HTTP", "off",
                "DISPATCHER_TOKEN", "is no key",
                "DISPATCHER_URL", "is no key"));
    assertEquals(List.of("127.0.0.1", "127.0.0.2", "127.0.0.3"), config.cluster().members());
    assertEquals(5999, config.cluster().linkPort());
    assertEquals(9, config.pools().get("io-1").slots());
    assertEquals(Set.of("gpu", "ssd"), config.node().labels());
    assertNull(config.http());
  }

  @Test
  void an_option_makes_a_whole_handler_and_may_quote_a_name() throws IOException {
    NodeConfig config =
        load(
            "",
            Map.of(),
            "handlers.up={command: [tr, a-z, A-Z]}",
            "types.\"a.b\".retries=7",
            "logging.levels.com.hazelcast=info",
            "node.labels=x,y");
    assertEquals(Map.of("com.hazelcast", "info"), config.logging().levels());
    assertEquals(
        List.of("tr", "a-z", "A-Z"), ((HandlerConfig.Command) config.handlers().get("up")).argv());
    assertEquals(7, config.types().get("a.b").options().retries());
    assertEquals(Set.of("x", "y"), config.node().labels());
  }

  @Test
  void values_take_in_the_environment() throws IOException {
    NodeConfig config =
        load(
            """
            node: { name: "${HOST}-${N:-1}", zone: "${EMPTY:-z}" }
            handlers: { t: { command: [echo, "$${HOME}", "$5"] } }
            """,
            Map.of("HOST", "host", "EMPTY", ""));
    assertEquals("host-1", config.node().name());
    assertEquals("z", config.node().zone());
    assertEquals(
        List.of("echo", "${HOME}", "$5"),
        ((HandlerConfig.Command) config.handlers().get("t")).argv());
  }

  @Test
  void the_sample_has_every_default() throws IOException {
    Path sample = Path.of("..", "config", "dispatcher.yaml");
    NodeConfig config = LoadedConfig.load(sample, Map.of(), List.of()).config();
    NodeConfig bare = LoadedConfig.load(null, Map.of(), List.of()).config();
    assertEquals(bare, config);
  }

  @Test
  void the_deployment_that_is_described_can_be_used() throws IOException {
    String page = Files.readString(Path.of("..", "config", "deployment.md"));
    String yaml = page.substring(page.indexOf("```yaml\n") + 8);
    NodeConfig config =
        load(
            yaml.substring(0, yaml.indexOf("```")),
            Map.of("ADDRESS", "127.0.0.1", "DISPATCHER_TOKEN", "0123456789abcdef"));
    assertEquals("127.0.0.1", config.cluster().bind());
    Map<String, String> environment = new HashMap<>();
    Pattern.compile("(?m)^(DISPATCHER_\\w+)=(.*)$")
        .matcher(page)
        .results()
        .forEach(line -> environment.put(line.group(1), line.group(2)));
    environment.put("DISPATCHER_CLUSTER_BIND", "127.0.0.1");
    environment.put("DISPATCHER_HTTP_TOKEN", "0123456789abcdef");
    assertEquals(6, environment.size());
    assertEquals(3, load("", environment).cluster().members().size());
  }

  @Test
  void a_fault_found_later_tells_the_line() throws IOException {
    Path file =
        Files.writeString(directory.resolve("x.yaml"), "types:\n  llm:\n    balancer: nope\n");
    LoadedConfig loaded = LoadedConfig.load(file, Map.of(), List.of());
    assertEquals(
        file + ":3: types.llm.balancer: is not there",
        loaded.fault("is not there", "types", "llm", "balancer").getMessage());
    assertThrows(
        ConfigException.class,
        () -> {
          throw loaded.fault("is not there", "balancer");
        });
  }
}
