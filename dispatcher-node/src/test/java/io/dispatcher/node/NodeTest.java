package io.dispatcher.node;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.handlers.ProviderJar;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node in this process, alone, behind a door that remembers. */
class NodeTest {

  private static final TaskType<String, String> RUN = TaskType.of("run", text(), text());

  @TempDir Path directory;

  private final List<String> events = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<DoorContext> opened = new CompletableFuture<>();
  private final ClassLoader loader = Thread.currentThread().getContextClassLoader();

  @AfterEach
  void restore() {
    Thread.currentThread().setContextClassLoader(loader);
  }

  private final class Remembering implements Door {
    @Override
    public String address() {
      return "test:door";
    }

    @Override
    public void stopIntake() {
      events.add("intake stopped");
    }

    @Override
    public void close() {
      events.add("door closed");
    }
  }

  private Door open(DoorContext context) {
    opened.complete(context);
    return new Remembering();
  }

  private LoadedConfig load(String yaml) throws Exception {
    Path file = Files.writeString(directory.resolve("dispatcher.yaml"), yaml);
    return LoadedConfig.load(
        file,
        Map.of(),
        List.of("node.name=a", "node.jars=" + Files.createDirectories(directory.resolve("jars"))));
  }

  private Node start(String yaml) throws Exception {
    return Node.start(load(yaml), List.of(this::open, context -> null), error -> {});
  }

  @Test
  void running_attempts_finish_between_the_end_of_the_intake_and_that_of_the_doors()
      throws Exception {
    Path gate = directory.resolve("gate");
    Node node =
        start(
            """
            handlers:
              run:
                command: [sh, -c, "touch started; while [ ! -e gate ]; do sleep 0.1; done; echo ok"]
                directory: %s
            """
                .formatted(directory));
    assertEquals("a", node.name());
    assertEquals(List.of("test:door"), node.addresses());
    Dispatcher dispatcher = opened.get(10, SECONDS).dispatcher();
    TaskHandle<String> handle = dispatcher.submit(RUN.task(""));
    handle.result().whenComplete((result, error) -> events.add("task: " + result));
    await("start of the program")
        .atMost(ofSeconds(20))
        .until(() -> Files.exists(directory.resolve("started")));
    var closer = Executors.newSingleThreadExecutor();
    try {
      var closed = closer.submit(() -> node.close(ofSeconds(20)));
      await("end of the intake")
          .atMost(ofSeconds(20))
          .until(() -> events.contains("intake stopped") && !dispatcher.readiness().ready());
      Files.createFile(gate);
      closed.get(30, SECONDS);
    } finally {
      closer.shutdownNow();
    }
    assertEquals(List.of("intake stopped", "task: ok\n", "door closed"), events);
  }

  @Test
  void what_runs_longer_than_the_drain_is_ended() throws Exception {
    Node node =
        start(
            """
            handlers:
              run: { command: [sh, -c, "echo $$ > pid; exec sleep 300"], directory: %s }
            """
                .formatted(directory));
    opened.get(10, SECONDS).dispatcher().submit(RUN.task(""));
    Path pid = directory.resolve("pid");
    await("start of the program")
        .atMost(ofSeconds(20))
        .until(() -> Files.exists(pid) && Files.size(pid) > 1);
    ProcessHandle program =
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
    node.close(ofSeconds(0));
    await("end of the program").atMost(ofSeconds(20)).until(() -> !program.isAlive());
  }

  @Test
  void a_door_that_cannot_be_opened_ends_the_start() throws Exception {
    LoadedConfig loaded = load("");
    RunFailed error =
        assertThrows(
            RunFailed.class,
            () ->
                Node.start(
                    loaded,
                    List.of(
                        this::open,
                        context -> {
                          throw new IllegalStateException("port 1 is taken");
                        }),
                    ended -> {}));
    assertEquals("port 1 is taken", error.getMessage());
    assertEquals(List.of("door closed"), events);
    assertFalse(opened.get(10, SECONDS).dispatcher().readiness().ready());
  }

  @Test
  void a_balancer_that_is_not_there_is_told_with_its_line() throws Exception {
    LoadedConfig loaded = load("types:\n  llm:\n    balancer: latncy\n");
    ConfigException error =
        assertThrows(ConfigException.class, () -> Node.start(loaded, List.of(), ended -> {}));
    assertTrue(
        error
            .getMessage()
            .startsWith(
                directory
                    + "/dispatcher.yaml:3: types.llm.balancer: no balancer 'latncy'; there are:"),
        error.getMessage());
    LoadedConfig other = load("\nbalancer: x");
    assertTrue(
        assertThrows(ConfigException.class, () -> Node.start(other, List.of(), ended -> {}))
            .getMessage()
            .contains("dispatcher.yaml:2: balancer: no balancer 'x'"));
  }

  @Test
  void types_are_declared_with_their_options() throws Exception {
    Node node = start("types: { later: { retries: 7, balancer: round-robin } }");
    Dispatcher dispatcher = opened.get(10, SECONDS).dispatcher();
    var view = dispatcher.view().toCompletableFuture().get(10, SECONDS);
    var later =
        view.types().stream().filter(type -> type.name().equals("later")).findAny().orElseThrow();
    assertTrue(later.declared());
    assertEquals("round-robin", later.balancer());
    node.close(ofSeconds(0));
  }

  @Test
  void the_log_of_a_handler_knows_its_attempt() throws Exception {
    ProviderJar.make(
        directory.resolve("jars").resolve("run.jar"),
        "Run",
        """
        handlers.handle(TaskType.of("run", Codec.text(), Codec.text()), (words, context) -> {
          if (context.attempt() == 1) {
            throw new IllegalStateException("once more");
          }
          return String.valueOf(new java.util.TreeMap<>(org.slf4j.MDC.getCopyOfContextMap()));
        });
        """);
    Node node = start("types: { run: { backoff: 1ms } }");
    Dispatcher dispatcher = opened.get(10, SECONDS).dispatcher();
    TaskHandle<String> handle = dispatcher.submit(RUN.task(""));
    assertEquals(
        "{attempt=2, task=" + handle.accepted().toCompletableFuture().get() + ", type=run}",
        handle.await(ofSeconds(20)));
    node.close(ofSeconds(0));
  }
}
