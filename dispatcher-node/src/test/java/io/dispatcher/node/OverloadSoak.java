package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * One of three nodes is offered ten times what all slots can do, through the HTTP door and through
 * the library: {@code -Dsoak.seconds} of it, between {@code -Dsoak.usual} seconds of half of what
 * they can do, after as much of it as warm-up. {@code -Dsoak.slots} of each node: more than two of
 * them are offered more requests a second than two cores can even refuse. {@code -Dsoak.unfinished}
 * tasks the front may have (0: its default, which takes minutes to work off).
 */
class OverloadSoak {
  private static final int SECONDS = Integer.getInteger("soak.seconds", 600);
  private static final int USUAL_SECONDS = Integer.getInteger("soak.usual", 20);
  private static final int SLOTS = Integer.getInteger("soak.slots", 2);
  private static final int NODES = 3;
  private static final int TASK_MILLIS = 20;
  private static final int CAPACITY = NODES * SLOTS * 1000 / TASK_MILLIS;

  /** What the slots do in two seconds. */
  private static final int UNFINISHED = Integer.getInteger("soak.unfinished", 2 * CAPACITY);

  private static final int OFFERED = 10 * CAPACITY;
  private static final int USUAL = CAPACITY / 2;
  private static final double MOST_ACCEPT_MILLIS = 250;
  private static final double MOST_BACK_MILLIS = 10_000;
  private static final Duration PATIENCE = Duration.ofMinutes(15);
  private static final int KEEP_ALIVE_SECONDS = 5;
  private static final String HEAP = "256m";

  @Test
  void through_the_http_door() throws Exception {
    List<Integer> ports = LoopbackPorts.free(NODES);
    List<Integer> doors = LoopbackPorts.free(NODES + 1);
    List<ChildNode> nodes = new ArrayList<>();
    try (RunFiles files = new RunFiles("overload")) {
      for (int i = 0; i < NODES; i++) {
        List<String> command = command(i, ports, doors);
        nodes.add(ChildNode.start(Topology.name(i), command, files.directory(), event -> {}));
      }
      nodes.forEach(ChildNodes::awaitReady);
      ClusterOptions options =
          new Topology(ports).options("reader", doors.get(NODES)).roles(Role.FRONT).build();
      Vertx vertx = Vertx.vertx();
      try (Dispatcher reader = Dispatcher.builder().cluster(VertxCluster.join(options)).start()) {
        await("all workers").atMost(PATIENCE).until(() -> reader.stats().workers() == NODES);
        HttpClient client =
            vertx.createHttpClient(
                // Or it would send on connections that the door, which waits longer, just closes.
                new HttpClientOptions().setKeepAliveTimeout(KEEP_ALIVE_SECONDS),
                new PoolOptions().setHttp1MaxSize(500).setMaxWaitQueueSize(-1));
        Overload overload = new Overload(offer -> post(client, doors.get(0), reader, offer));
        run(overload);
        check("overload-http", overload);
        client.close();
      } finally {
        vertx.close().toCompletionStage().toCompletableFuture().join();
      }
      files.done();
    } finally {
      nodes.forEach(ChildNode::kill);
    }
  }

  /** Not with the collector and the compiler that tests start quickly with: this measures. */
  private static List<String> command(int index, List<Integer> ports, List<Integer> doors) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP,
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
                "-jar",
                System.getProperty("dispatcher.node.jar"),
                "node",
                "--child"));
    List<String> settings =
        new ArrayList<>(
            List.of(
                "node.name=" + Topology.name(index),
                "cluster.name=dispatcher-" + ports.get(0),
                "cluster.port=" + ports.get(index),
                "cluster.members=" + String.join(",", new Topology(ports).members()),
                "http.port=" + doors.get(index),
                "pools.default.slots=" + SLOTS,
                "bus=off"));
    if (UNFINISHED > 0) {
      settings.add("limits.unfinished=" + UNFINISHED);
    }
    settings.forEach(setting -> arguments.add("--set=" + setting));
    return arguments;
  }

  private static final TaskType<byte[], byte[]> SLEEP =
      TaskType.of("sleep", Codec.bytes(), Codec.bytes());

  /** The outcome is read by another node: what is accepted has to be known everywhere. */
  private static void post(HttpClient client, int port, Dispatcher reader, Overload.Offer offer) {
    client
        .request(HttpMethod.POST, port, "127.0.0.1", "/v1/tasks?type=sleep")
        .compose(request -> request.send(TASK_MILLIS + "ms"))
        .onComplete(
            answer -> {
              if (answer.failed()) {
                offer.failed(String.valueOf(answer.cause()));
              } else {
                answered(answer.result(), reader, offer);
              }
            });
  }

  private static void answered(HttpClientResponse answer, Dispatcher reader, Overload.Offer offer) {
    switch (answer.statusCode()) {
      case 202 -> {
        offer.accepted();
        String location = Objects.requireNonNull(answer.getHeader("location"));
        String id = location.substring(location.lastIndexOf('/') + 1);
        reader.attach(TaskId.of(id), SLEEP).outcome().whenComplete(offer::ended);
      }
      case 429 -> offer.refused(seconds(answer.getHeader("retry-after")));
      default -> offer.failed("answered " + answer.statusCode());
    }
  }

  private static boolean seconds(String retryAfter) {
    return retryAfter != null && retryAfter.matches("[1-9]\\d*");
  }

  @Test
  void through_the_library() throws Exception {
    try (SoakNodes nodes = new SoakNodes(NODES, "-Xmx" + HEAP)) {
      for (int i = 0; i < NODES; i++) {
        nodes.startStore(
            i,
            i == 0 ? SoakNodes.ALL_ROLES : Set.of(Role.STORE, Role.WORKER),
            "--slots=" + SLOTS,
            "--unfinished=" + UNFINISHED);
      }
      nodes.awaitReady();
      await("all workers")
          .atMost(PATIENCE)
          .until(() -> nodes.ask("node-1", "stats", SoakNode.Figures.class).workers() == NODES);
      SoakReport.say(
          "library: capacity %d, offered %d, usual %d a second", CAPACITY, OFFERED, USUAL);
      OverloadReport report =
          nodes.ask(
              "node-1",
              "overload %d %d %d %d".formatted(USUAL, USUAL_SECONDS, OFFERED, SECONDS),
              OverloadReport.class);
      check("overload-library", report);
      SoakNode.Figures stats = nodes.ask("node-1", "stats", SoakNode.Figures.class);
      assertEquals(0, stats.lost(), stats::toString);
      assertEquals(0, stats.unfinished(), stats::toString);
      nodes.done();
    }
  }

  private static void run(Overload overload) {
    SoakReport.say("http: capacity %d, offered %d, usual %d a second", CAPACITY, OFFERED, USUAL);
    overload.phases(USUAL, USUAL_SECONDS, OFFERED, SECONDS);
  }

  private static void check(String name, Overload overload) throws Exception {
    await("all outcomes").atMost(PATIENCE).until(overload::settled);
    check(name, new OverloadReport(overload.figures()));
  }

  /** The phases in their order. */
  record OverloadReport(List<Overload.Figures> phases) {}

  private static void check(String name, OverloadReport report) throws Exception {
    report.phases().forEach(OverloadSoak::say);
    SoakReport.write(name, report);
    for (Overload.Figures phase : report.phases()) {
      assertEquals(0, phase.failed(), phase::toString);
      assertEquals(0, phase.lost(), phase::toString);
      assertEquals(0, phase.withoutRetryAfter(), phase::toString);
      assertEquals(phase.offered(), phase.accepted() + phase.refused(), phase::toString);
    }
    Overload.Figures over = report.phases().get(2);
    Overload.Figures after = report.phases().get(3);
    assertTrue(over.refused() > over.accepted(), over::toString);
    assertTrue(over.acceptP99() <= MOST_ACCEPT_MILLIS, over::toString);
    assertTrue(over.endedPerSecond() >= 0.8 * CAPACITY, over::toString);
    assertTrue(after.takingAfter() <= MOST_BACK_MILLIS, after::toString);
    if (UNFINISHED > 0) {
      assertTrue(after.calmAfter() <= MOST_BACK_MILLIS, after::toString);
    }
  }

  private static void say(Overload.Figures phase) {
    SoakReport.say(
        "%s",
        String.format(
            Locale.ROOT,
            "%-9s %,d offered: %,d accepted (p50 %.1f, p99 %.1f, max %.0f ms), %,d refused (p99"
                + " %.1f ms), %d failed; %.0f ended a second, to the outcome p50 %.0f, p99 %.0f ms;"
                + " last refusal after %.1f s, last slow one after %.1f s",
            phase.phase(),
            phase.offered(),
            phase.accepted(),
            phase.acceptP50(),
            phase.acceptP99(),
            phase.acceptMax(),
            phase.refused(),
            phase.refuseP99(),
            phase.failed(),
            phase.endedPerSecond(),
            phase.endP50(),
            phase.endP99(),
            phase.takingAfter() / 1e3,
            phase.calmAfter() / 1e3));
  }
}
