package io.dispatcher.node;

import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a task waits for, as every door of a node with a single slot says it. */
class WaitingDoorsIT {

  private static final Duration SOON = ofSeconds(30);
  private static final TaskType<String, String> SLEEP =
      TaskType.of("sleep", Codec.text(), Codec.text());
  private static final TaskType<String, String> NOBODYS =
      TaskType.of("nobodys", Codec.text(), Codec.text());

  /** More than the node takes: with tasks of this length, two for its slot. */
  private static final int TASKS = 5;

  @TempDir private static Path directory;

  private static ClassLoader loader;
  private static Node node;
  private static String url;
  private static HttpTaskClient http;
  private static VertxBus bus;
  private static EventBusTaskClient overBus;

  @BeforeAll
  static void start() throws Exception {
    loader = Thread.currentThread().getContextClassLoader();
    String member = "127.0.0.1:" + LoopbackPorts.one();
    Path file =
        Files.writeString(
            directory.resolve("dispatcher.yaml"),
            """
            node: { name: a, labels: [gpu], jars: %s }
            cluster: { name: waiting-%s, port: %s, members: [%s] }
            http: { port: 0 }
            pools: { default: { slots: 1 } }
            types: { nobodys: {} }
            """
                .formatted(directory, member.split(":")[1], member.split(":")[1], member));
    node =
        Node.start(LoadedConfig.load(file, Map.of(), List.of()), Doors.ALL, error -> {}, () -> {});
    url = node.addresses().stream().filter(each -> each.startsWith("http")).findAny().orElseThrow();
    http = HttpTaskClient.to(url);
    bus =
        VertxBus.join(
            ClusterOptions.named("app")
                .clusterName("waiting-" + member.split(":")[1])
                .port(0)
                .members(member)
                .size(1)
                .build());
    overBus = new EventBusTaskClient(bus.vertx());
  }

  @AfterAll
  static void stop() {
    if (overBus != null) {
      overBus.close();
      bus.close();
    }
    if (node != null) {
      http.close();
      node.close(Duration.ZERO);
    }
    Thread.currentThread().setContextClassLoader(loader);
  }

  @Test
  void for_a_slot() throws Exception {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      handles.add(http.submit(SLEEP.task("5m")));
    }
    for (TaskHandle<String> handle : handles) {
      get(handle.accepted());
    }
    String why = "no node with a handler for sleep takes a task: 1 full";
    await().atMost(SOON).until(() -> waiting(handles).size() == TASKS - 2);
    for (TaskId id : waiting(handles)) {
      assertWaiting(id, WaitingReason.ALL_FULL, why);
    }

    TaskHandle<String> last = http.attach(waiting(handles).get(0), SLEEP);
    TaskId id = get(last.accepted());
    for (TaskHandle<String> handle : handles) {
      if (!get(handle.accepted()).equals(id)) {
        assertTrue(get(handle.cancel()));
      }
    }
    await().atMost(SOON).until(() -> status(overBus, id).state() == TaskState.RUNNING);
    assertTrue(get(last.cancel()));
  }

  @Test
  void for_a_node_with_its_labels() throws Exception {
    waits(
        SLEEP.task("5m").requires("gpu", "tpu"),
        WaitingReason.NO_LABEL,
        "no node with a handler for sleep has label tpu");
  }

  @Test
  void for_a_node_with_a_handler() throws Exception {
    waits(NOBODYS.task(""), WaitingReason.NO_HANDLER, "no node has a handler for nobodys");
  }

  private static void waits(Task<String, String> task, WaitingReason reason, String why)
      throws Exception {
    for (TaskClient door : List.of(http, overBus)) {
      TaskHandle<String> handle = door.submit(task);
      assertWaiting(get(handle.accepted()), reason, why);
      assertTrue(get(handle.cancel()));
    }
  }

  private static void assertWaiting(TaskId id, WaitingReason reason, String why) throws Exception {
    for (TaskClient door : List.of(http, overBus)) {
      TaskStatus status = status(door, id);
      assertEquals(TaskState.WAITING, status.state());
      assertEquals(reason, status.waiting());
      assertEquals(why, status.why());
    }
    CliRun got = CliRun.at(url, "task", "get", id.text());
    assertTrue(got.out().contains("waiting (" + reason.text() + "): " + why), got.out());
    assertEquals(
        reason.text(),
        CliRun.at(url, "task", "get", id.text(), "--json").json().get("waiting").asText());
  }

  private static List<TaskId> waiting(List<TaskHandle<String>> handles) throws Exception {
    List<TaskId> waiting = new ArrayList<>();
    for (TaskHandle<String> handle : handles) {
      TaskId id = get(handle.accepted());
      if (status(http, id).state() == TaskState.WAITING) {
        waiting.add(id);
      }
    }
    return waiting;
  }

  private static TaskStatus status(TaskClient door, TaskId id) throws Exception {
    return get(door.find(id)).orElseThrow();
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
