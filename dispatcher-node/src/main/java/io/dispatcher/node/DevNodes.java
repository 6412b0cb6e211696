package io.dispatcher.node;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.node.config.HttpConfig;
import io.dispatcher.node.config.LoadedConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Some nodes as processes on this machine, for as long as this one lives. */
final class DevNodes {
  private static final String HEAP = "512m";
  private static final Set<Integer> SIZES = Set.of(1, 2, 3, 5, 7);

  private static final Duration START = Duration.ofSeconds(90);

  /** More than the nodes may take to end by themselves. */
  private static final Duration STOP = Duration.ofSeconds(40);

  private final int count;
  private final @Nullable Path file;
  private final List<String> settings;
  private final @Nullable Integer wantedPort;
  private final Map<Integer, List<String>> addresses = new ConcurrentHashMap<>();
  private final AtomicBoolean stopping = new AtomicBoolean();

  /**
   * Nodes that are yet to start.
   *
   * @param loaded what file, environment and settings come to; the first node has its HTTP port
   */
  DevNodes(int count, @Nullable Path file, List<String> settings, LoadedConfig loaded) {
    if (!SIZES.contains(count)) {
      throw new UsageException("--dev is " + count + ", it must be 1, 2, 3, 5 or 7");
    }
    this.count = count;
    this.file = file;
    this.settings = settings;
    HttpConfig http = loaded.config().http();
    wantedPort = http == null || !loaded.has("http", "port") ? null : http.port();
  }

  /** Returns when this process is told to end, or when all nodes are gone. */
  int run() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Signals.onFirst(end::countDown);
    try (RunFiles files = new RunFiles("dev");
        ChildNodes nodes = new ChildNodes(files, HEAP)) {
      List<Integer> ports = LoopbackPorts.free(count);
      start(nodes, ports);
      describe(nodes, files);
      CountDownLatch alive = new CountDownLatch(count);
      nodes.all().forEach(node -> node.onExit(code -> gone(node, code, alive, end)));
      end.await();
      stopping.set(true);
      System.out.println("The nodes end. Ctrl-C again: at once.");
      nodes.stop(DevChild.STOP, STOP);
      files.done();
      return 0;
    }
  }

  /** The first alone: members that start together need seconds to agree who is the first. */
  private void start(ChildNodes nodes, List<Integer> ports) {
    for (int i = 0; i < count; i++) {
      nodes.start("node-" + (i + 1), arguments(i, ports), this::address);
      if (i == 0) {
        nodes.get(i).awaitReady(START);
      }
    }
    for (int i = 1; i < count; i++) {
      nodes.get(i).awaitReady(START);
    }
  }

  private void gone(ChildNode node, int code, CountDownLatch alive, CountDownLatch end) {
    if (!stopping.get()) {
      System.out.println(
          node.name() + " (pid " + node.pid() + ") has ended with exit code " + code);
    }
    alive.countDown();
    if (alive.getCount() == 0) {
      end.countDown();
    }
  }

  private void address(int index, String address) {
    addresses.computeIfAbsent(index, each -> new CopyOnWriteArrayList<>()).add(address);
  }

  private List<String> arguments(int index, List<Integer> ports) {
    List<String> arguments = new ArrayList<>(List.of("node", "--child"));
    if (file != null) {
      arguments.add("--config=" + file);
    }
    settings.forEach(setting -> arguments.add("--set=" + setting));
    String members =
        ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    // Without another wish the first one has the port that clients look at first.
    if (index > 0) {
      arguments.add("--set=http.port=0");
    } else if (wantedPort != null) {
      arguments.add("--set=http.port=" + wantedPort);
    }
    List.of(
            "node.name=node-" + (index + 1),
            "node.roles=store,front,worker",
            "cluster.name=dev-" + ports.get(0),
            "cluster.bind=127.0.0.1",
            "cluster.port=" + ports.get(index),
            "cluster.linkPort=0",
            "cluster.members=" + members,
            "cluster.size=" + count,
            "http.bind=127.0.0.1",
            "bus.port=0")
        .forEach(setting -> arguments.add("--set=" + setting));
    return arguments;
  }

  private void describe(ChildNodes nodes, RunFiles files) {
    List<ChildNode> all = nodes.all();
    System.out.println("Nodes on this machine, as processes; Ctrl-C ends them.");
    for (int i = 0; i < all.size(); i++) {
      System.out.println(
          "  %s  pid %-7d %s"
              .formatted(
                  all.get(i).name(),
                  all.get(i).pid(),
                  String.join("  ", addresses.getOrDefault(i, List.of()))));
    }
    System.out.println("Their logs are in " + files.directory());
  }
}
