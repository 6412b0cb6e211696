package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.dispatcher.Dispatcher;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Three nodes under load, each told to leave by SIGTERM and started again under its name, one after
 * the other. Clients are a {@link HttpTaskClient} that knows all three and a front without store in
 * this process.
 */
final class RollingRun implements AutoCloseable {
  private static final int NODES = 3;
  private static final String HEAP = "256m";
  private static final Duration LEAVE = Duration.ofSeconds(45);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int EVERY_MILLIS = 10;

  private final RunFiles files = new RunFiles("rolling");
  private final ChildNodes nodes = new ChildNodes(files, HEAP);
  private final List<Integer> ports = LoopbackPorts.free(2 * NODES + 1);
  private final Path jars;
  private final Path starts;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicInteger submitted = new AtomicInteger();
  private final AtomicInteger succeeded = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
  private final List<Long> leaves = new ArrayList<>();

  /**
   * What came of it.
   *
   * @param errors what clients were told instead of an outcome
   * @param startedAgain tasks that were started more than once
   */
  record Figures(
      int rounds,
      int submitted,
      int succeeded,
      int started,
      int startedAgain,
      List<String> errors,
      List<Long> leaveMillis) {}

  RollingRun() throws IOException {
    jars = Files.createDirectory(files.directory().resolve("handlers"));
    starts = Files.createDirectory(files.directory().resolve("starts"));
    ContractCluster.writeJar(jars.resolve("rolling.jar"), RollingHandlers.class);
    for (int i = 0; i < NODES; i++) {
      nodes.start("node-" + (i + 1), arguments(i), (index, event) -> {});
    }
    nodes.awaitReady();
  }

  private List<String> arguments(int index) {
    List<String> arguments = new ArrayList<>(List.of("node", "--child"));
    List.of(
            "node.name=node-" + (index + 1),
            "node.jars=" + jars,
            "cluster.name=" + name(),
            "cluster.port=" + ports.get(index),
            "cluster.members=" + String.join(",", members()),
            "http.port=" + ports.get(NODES + index),
            "bus=off")
        .forEach(setting -> arguments.add("--set=" + setting));
    return arguments;
  }

  private String name() {
    return "rolling-" + ports.get(0);
  }

  private String[] members() {
    return ports.subList(0, NODES).stream().map(port -> "127.0.0.1:" + port).toArray(String[]::new);
  }

  private String url(int index) {
    return "http://127.0.0.1:" + ports.get(NODES + index);
  }

  /** Restarts every node this often. */
  Figures run(int rounds) throws Exception {
    for (int i = 0; i < NODES; i++) {
      awaitReady(i);
    }
    ClusterOptions options =
        ClusterOptions.named("front")
            .clusterName(name())
            .roles(Role.FRONT)
            .port(ports.get(2 * NODES))
            .members(members())
            .size(NODES)
            .build();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (Dispatcher front = Dispatcher.builder().cluster(VertxCluster.join(options)).start();
        HttpTaskClient client = HttpTaskClient.to(urls())) {
      await("a front that may submit").atMost(PATIENCE).until(() -> front.readiness().ready());
      clock.scheduleAtFixedRate(
          () -> {
            submit(front, "f");
            submit(client, "h");
          },
          0,
          EVERY_MILLIS,
          TimeUnit.MILLISECONDS);
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < NODES; i++) {
          restart(i);
        }
      }
      clock.shutdown();
      if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a submit does not return");
      }
      await("every outcome")
          .atMost(PATIENCE)
          .until(() -> succeeded.get() + errors.size() == submitted.get());
    } finally {
      clock.shutdownNow();
    }
    Map<String, Integer> started = started();
    int again = (int) started.values().stream().filter(count -> count > 1).count();
    return new Figures(
        rounds,
        submitted.get(),
        succeeded.get(),
        started.size(),
        again,
        List.copyOf(errors),
        List.copyOf(leaves));
  }

  /**
   * What came of a stop of the whole cluster.
   *
   * @param raised starts of another attempt than the first
   * @param said what the commands said, in their order: export, import, import again
   */
  record Stopped(int tasks, int succeeded, int startedAgain, int raised, List<String> said) {}

  /** Stops all nodes with an export in the middle of their work, and starts them again with it. */
  Stopped stop(int tasks) throws Exception {
    List<TaskId> ids = new ArrayList<>();
    Path export = files.directory().resolve("tasks.export");
    List<String> said = new ArrayList<>();
    try (HttpTaskClient client = HttpTaskClient.to(urls())) {
      List<Task<String, String>> work = new ArrayList<>();
      for (int i = 0; i < tasks; i++) {
        work.add(RollingHandlers.WORK.task(starts + " s" + i));
      }
      for (TaskHandle<String> handle : client.submitAll(work)) {
        ids.add(handle.accepted().toCompletableFuture().get(1, TimeUnit.MINUTES));
      }
      said.add(command("ledger", "export", export.toString(), "--stop"));
    }
    for (int i = 0; i < NODES; i++) {
      if (!nodes.get(i).awaitEnd(LEAVE)) {
        throw new AssertionError(nodes.get(i).name() + " did not end");
      }
    }
    for (int i = 0; i < NODES; i++) {
      nodes.restart(i, arguments(i), event -> {});
    }
    nodes.awaitReady();
    for (int i = 0; i < NODES; i++) {
      awaitReady(i);
    }
    said.add(command("ledger", "import", export.toString()));
    said.add(command("ledger", "import", export.toString()));
    int ended = 0;
    try (HttpTaskClient client = HttpTaskClient.to(urls())) {
      List<TaskHandle<String>> handles = new ArrayList<>();
      ids.forEach(id -> handles.add(client.attach(id, RollingHandlers.WORK)));
      for (int i = 0; i < tasks; i++) {
        String label = handles.get(i).result().toCompletableFuture().get(1, TimeUnit.MINUTES);
        ended += label.equals("s" + i) ? 1 : 0;
      }
    }
    long again =
        started().entrySet().stream()
            .filter(each -> each.getKey().startsWith("s") && each.getValue() > 1)
            .count();
    return new Stopped(tasks, ended, (int) again, raised(), said);
  }

  private String[] urls() {
    return IntStream.range(0, NODES).mapToObj(this::url).toArray(String[]::new);
  }

  private String command(String... words) {
    StringWriter err = new StringWriter();
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<String> line = new ArrayList<>(List.of(words));
    line.add("--url=" + String.join(",", urls()));
    System.setOut(new PrintStream(out, true, UTF_8));
    try {
      int code =
          Main.commandLine()
              .setErr(new PrintWriter(err, true))
              .execute(line.toArray(String[]::new));
      if (code != 0) {
        throw new AssertionError(String.join(" ", words) + " ended with " + code + ": " + err);
      }
      return out.toString(UTF_8).strip();
    } finally {
      System.setOut(before);
    }
  }

  private void submit(TaskClient through, String kind) {
    String label = kind + submitted.incrementAndGet();
    through
        .submit(RollingHandlers.WORK.task(starts + " " + label))
        .result()
        .whenComplete(
            (result, error) -> {
              if (label.equals(result)) {
                succeeded.incrementAndGet();
              } else {
                errors.add(label + ": " + (error == null ? "answered " + result : error));
              }
            });
  }

  private void restart(int index) throws InterruptedException {
    ChildNode node = nodes.get(index);
    long at = System.nanoTime();
    node.terminate();
    if (!node.awaitEnd(LEAVE)) {
      throw new AssertionError(node.name() + " did not leave");
    }
    leaves.add((System.nanoTime() - at) / 1_000_000);
    ChildNodes.awaitReady(nodes.restart(index, arguments(index), event -> {}));
    awaitReady(index);
  }

  private void awaitReady(int index) {
    HttpRequest ready = HttpRequest.newBuilder(URI.create(url(index) + "/health/ready")).build();
    await("node " + index + " is ready")
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> http.send(ready, BodyHandlers.discarding()).statusCode() == 200);
  }

  private Map<String, Integer> started() throws IOException {
    Map<String, Integer> counts = new HashMap<>();
    try (Stream<Path> each = Files.list(starts)) {
      for (Path node : each.toList()) {
        for (String start : Files.readAllLines(node)) {
          counts.merge(start.substring(0, start.indexOf(' ')), 1, Integer::sum);
        }
      }
    }
    return counts;
  }

  private int raised() throws IOException {
    int count = 0;
    try (Stream<Path> each = Files.list(starts)) {
      for (Path node : each.toList()) {
        count += (int) Files.readAllLines(node).stream().filter(s -> !s.endsWith(" 1")).count();
      }
    }
    return count;
  }

  @Override
  public void close() {
    nodes.close();
    files.done();
    files.close();
  }
}
