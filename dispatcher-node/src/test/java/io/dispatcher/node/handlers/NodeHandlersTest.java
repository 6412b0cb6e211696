package io.dispatcher.node.handlers;

import static io.dispatcher.task.Codec.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handlers as a node registers them, run by an engine in this process. */
class NodeHandlersTest {

  @TempDir Path directory;

  private LoadedConfig load(String yaml) throws IOException {
    Path file = Files.writeString(directory.resolve("dispatcher.yaml"), yaml);
    return LoadedConfig.load(file, Map.of(), List.of());
  }

  private interface Work {
    void with(Dispatcher dispatcher) throws Exception;
  }

  private void run(String yaml, Work work) throws Exception {
    LoadedConfig loaded = load(yaml);
    Dispatcher.Builder builder = Dispatcher.builder();
    try (HandlerJars jars = HandlerJars.open(loaded);
        NodeHandlers handlers = NodeHandlers.register(loaded, jars, builder);
        Dispatcher dispatcher = builder.start()) {
      work.with(dispatcher);
    }
  }

  private String refused(String yaml) throws IOException {
    LoadedConfig loaded = load(yaml);
    ConfigException error =
        assertThrows(
            ConfigException.class,
            () -> {
              try (HandlerJars jars = HandlerJars.open(loaded)) {
                NodeHandlers.register(loaded, jars, Dispatcher.builder()).close();
              }
            });
    assertEquals(1, error.faults().size(), error::getMessage);
    return error.getMessage().replace(directory + "/", "");
  }

  private static TaskType<String, String> type(String name) {
    return TaskType.of(name, text(), text());
  }

  private static String result(Dispatcher dispatcher, String type, String payload) {
    return dispatcher.submit(type(type).task(payload)).await(ofSeconds(20));
  }

  @Test
  void the_built_in_ones_are_there() throws Exception {
    run(
        "",
        dispatcher -> {
          assertEquals("hello", result(dispatcher, "echo", "hello"));
          assertEquals(
              "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
              result(dispatcher, "digest", "hello"));
          assertEquals("10ms\n", result(dispatcher, "sleep", "10ms\n"));
          TaskFailed failed =
              assertThrows(TaskFailed.class, () -> result(dispatcher, "sleep", "a while"));
          assertEquals(1, failed.failure().attempt());
          assertEquals(
              "expected a duration such as 500ms, 30s, 2m, 1h or 7d, found 'a while'",
              failed.failure().message());
        });
  }

  @Test
  void a_built_in_one_has_other_names_or_gives_way() throws Exception {
    run(
        """
        handlers:
          nap: { builtin: sleep, pool: default }
          sleep: off
          echo: { command: [tr, a-z, A-Z] }
        """,
        dispatcher -> {
          assertEquals("1ms", result(dispatcher, "nap", "1ms"));
          assertEquals("HI", result(dispatcher, "echo", "hi"));
        });
  }

  @Test
  void at_its_time_limit_a_command_ends_with_its_descendants() throws Exception {
    run(
        """
        handlers:
          slow:
            command: [sh, -c, "trap '' TERM; echo $$ > pid; sleep 300 & echo $! >> pid; wait"]
            directory: %s
            timeLimit: 2s
        """
            .formatted(directory),
        dispatcher -> {
          TaskHandle<String> handle = dispatcher.submit(type("slow").task("").retries(0));
          Outcome<String> outcome = handle.outcome().toCompletableFuture().get();
          assertTrue(outcome instanceof Outcome.Failed, outcome::toString);
          List<String> pids = Files.readAllLines(directory.resolve("pid"));
          assertEquals(2, pids.size(), "the shell and its descendant");
          List<ProcessHandle> left =
              pids.stream().flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream()).toList();
          await("end of the program")
              .atMost(ofSeconds(20))
              .until(() -> left.stream().noneMatch(ProcessHandle::isAlive));
        });
  }

  @Test
  void a_command_is_tried_again_and_tells_its_attempt() throws Exception {
    run(
        """
        handlers:
          second: { command: [sh, -c, "test $DISPATCHER_TASK_ATTEMPT -ge 2 && echo ok"] }
        """,
        dispatcher -> assertEquals("ok\n", result(dispatcher, "second", "")));
  }

  @Test
  void a_command_that_cannot_run_here_is_refused() throws Exception {
    String missing = refused("handlers:\n  a:\n    command: [no-such-program-x, y]\n");
    assertTrue(
        missing.startsWith(
            "dispatcher.yaml:3: handlers.a.command: there is no program 'no-such-program-x' in"),
        missing);
    assertEquals(
        "dispatcher.yaml:1: handlers.a.command: there is no program bin/x that can be run; correct"
            + " the path",
        refused("handlers: { a: { command: [bin/x] } }"));
    assertEquals(
        "dispatcher.yaml:1: handlers.a.command: there is no folder no/folder to run it in",
        refused("handlers: { a: { command: [sh], directory: no/folder } }"));
  }

  @Test
  void a_header_that_cannot_be_sent_is_refused() throws Exception {
    assertEquals(
        "dispatcher.yaml:1: handlers.a.headers: restricted header name: \"Host\"",
        refused("handlers: { a: { http: 'http://localhost:1', headers: { Host: x } } }"));
  }

  // ------------------------------------------------------------------ JARs

  private void jar(String name, String provider, String body) throws IOException {
    ProviderJar.make(directory.resolve("jars").resolve(name), provider, body);
  }

  private OutputStream open(String name) throws IOException {
    return Files.newOutputStream(Files.createDirectories(directory.resolve("jars")).resolve(name));
  }

  private static void entry(JarOutputStream jar, String name, String text) throws IOException {
    jar.putNextEntry(new ZipEntry(name));
    jar.write(text.getBytes(UTF_8));
  }

  private String jars() {
    return "node: { jars: " + directory.resolve("jars") + " }\n";
  }

  @Test
  void providers_in_jars_are_found() throws Exception {
    jar(
        "shout.jar",
        "Shout",
        "handlers.handle(TaskType.of(\"shout\", Codec.text(), Codec.text()),"
            + " (words, context) -> words.toUpperCase());");
    jar(
        "echo.jar",
        "Echo",
        "handlers.handle(TaskType.of(\"echo\", Codec.text(), Codec.text()),"
            + " (words, context) -> words + words);");
    run(
        jars(),
        dispatcher -> {
          assertEquals("HELLO", result(dispatcher, "shout", "hello"));
          assertEquals("hihi", result(dispatcher, "echo", "hi"));
        });
  }

  @Test
  void a_provider_that_fails_is_named() throws Exception {
    jar("bad.jar", "Bad", "throw new IllegalStateException(\"no licence\");");
    assertEquals(
        "dispatcher.yaml:1: node.jars: provider Bad from jars/bad.jar failed:"
            + " java.lang.IllegalStateException: no licence",
        refused(jars()));
  }

  @Test
  void a_provider_for_a_type_that_is_configured_is_named() throws Exception {
    jar(
        "shout.jar",
        "Shout",
        "handlers.handle(TaskType.of(\"shout\", Codec.text(), Codec.text()),"
            + " (words, context) -> words.toUpperCase());");
    String message = refused(jars() + "handlers: { shout: { builtin: echo } }");
    assertTrue(
        message.contains("provider Shout from jars/shout.jar failed:")
            && message.contains("type shout has a handler on this node already"),
        message);
  }

  @Test
  void a_provider_that_wants_a_pool_that_is_not_there_is_named() throws Exception {
    jar(
        "pool.jar",
        "Pool",
        "handlers.handle(TaskType.of(\"p\", Codec.text(), Codec.text()),"
            + " (words, context) -> words, HandlerOptions.DEFAULT.pool(\"io\"));");
    assertEquals(
        "dispatcher.yaml:1: node.jars: provider Pool from jars/pool.jar failed:"
            + " java.lang.IllegalArgumentException: there is no pool 'io'; the configuration has"
            + " [default]",
        refused(jars()));
  }

  @Test
  void a_provider_that_is_not_there_is_named() throws Exception {
    try (JarOutputStream jar = new JarOutputStream(open("hollow.jar"))) {
      entry(jar, "META-INF/services/io.dispatcher.task.HandlerProvider", "x.Missing\n");
    }
    String message = refused(jars());
    assertTrue(
        message.startsWith(
            "dispatcher.yaml:1: node.jars: provider x.Missing from jars/hollow.jar cannot be"
                + " loaded: "),
        message);
    assertFalse(message.contains("\n"), message);
  }

  @Test
  void a_jar_that_is_none_is_named() throws Exception {
    try (OutputStream out = open("broken.jar")) {
      out.write("not a zip".getBytes(UTF_8));
    }
    String message = refused(jars());
    assertTrue(
        message.startsWith("dispatcher.yaml:1: node.jars: jars/broken.jar is no JAR: "), message);
  }

  @Test
  void a_folder_that_somebody_named_must_be_there() throws Exception {
    assertEquals("dispatcher.yaml:1: node.jars: there is no folder jars", refused(jars()));
  }
}
