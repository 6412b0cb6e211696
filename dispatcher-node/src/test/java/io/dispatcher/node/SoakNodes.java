package io.dispatcher.node;

import static org.awaitility.Awaitility.await;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.ClusterOptions;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * The {@link SoakNode} processes of one campaign, by name. They run the classes of the jar. They
 * end with the campaign: by {@link #close}, or with their stdin if this process is killed.
 */
final class SoakNodes implements AutoCloseable {
  static final Set<Role> ALL_ROLES = EnumSet.allOf(Role.class);

  /** For short campaigns: processes that start quickly, and have little room. */
  static final String[] SHORT = TestJvm.options("-Xmx128m");

  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofMinutes(30);

  private final RunFiles files = new RunFiles("soak");
  private final List<Integer> storePorts;
  private final List<String> jvm;
  private final BiConsumer<String, DemoTally.Start> starts;
  private final Map<String, ChildNode> nodes = Collections.synchronizedMap(new LinkedHashMap<>());
  private final List<ChildNode> strangers = new ArrayList<>();
  private List<String> litesJvm = List.of();
  private final ExecutorService askers = Executors.newCachedThreadPool();

  SoakNodes(int stores, String... jvm) {
    this(stores, (node, start) -> {}, jvm);
  }

  /**
   * Chooses the ports; starts nothing.
   *
   * @param starts told of every start of {@link SoakNode#SLOW}
   * @param jvm options of the node processes
   */
  SoakNodes(int stores, BiConsumer<String, DemoTally.Start> starts, String... jvm) {
    this.storePorts = LoopbackPorts.free(stores);
    this.starts = starts;
    this.jvm = List.of(jvm);
  }

  /** Starts the n-th store node, in place of one that was killed, and does not wait. */
  void startStore(int index, Set<Role> roles, String... more) {
    String name = "node-" + (index + 1);
    List<String> options = new ArrayList<>(List.of("--port=" + storePorts.get(index)));
    options.addAll(List.of(more));
    nodes.put(name, start(name, name, roles, options));
  }

  /** Further options of the processes without store. */
  SoakNodes lites(String... more) {
    litesJvm = List.of(more);
    return this;
  }

  /** Starts a node that is not in the member list, and does not wait. */
  void startOther(String name, Set<Role> roles, String... more) {
    nodes.put(name, start(name, name, roles, anywhere(more)));
  }

  /** Starts a node that is not expected to be let in, and does not wait. */
  ChildNode startStranger(String process, String name, String... more) {
    ChildNode node = start(process, name, ALL_ROLES, anywhere(more));
    strangers.add(node);
    return node;
  }

  private static List<String> anywhere(String... more) {
    List<String> options = new ArrayList<>(List.of(more));
    if (options.stream().noneMatch(option -> option.startsWith("--port="))) {
      options.add("--port=" + LoopbackPorts.one());
    }
    return options;
  }

  /** Where the n-th store node listens for members. */
  int storePort(int index) {
    return storePorts.get(index);
  }

  private ChildNode start(String process, String name, Set<Role> roles, List<String> more) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    if (!roles.contains(Role.STORE)) {
      command.addAll(litesJvm);
    }
    command.add("-Djava.util.concurrent.ForkJoinPool.common.parallelism=2");
    command.add("-cp");
    command.add(System.getProperty("dispatcher.node.jar") + File.pathSeparator + testClasses());
    command.add(SoakNode.class.getName());
    command.add("soak-node");
    command.add("--name=" + name);
    command.add("--roles=" + roles.stream().map(Role::name).collect(Collectors.joining(",")));
    command.add("--stores=" + LoopbackPorts.text(storePorts));
    command.addAll(more);
    return ChildNode.start(
        process,
        command,
        files.directory(),
        event -> starts.accept(name, DemoTally.Start.of(event)));
  }

  void awaitReady() {
    nodes.values().forEach(node -> node.awaitReady(START));
  }

  void awaitReady(String name) {
    get(name).awaitReady(START);
  }

  void kill(String name) {
    get(name).kill();
  }

  /** Calls back with the exit code, on some thread, once the process of this name has ended. */
  void onExit(String name, IntConsumer listener) {
    get(name).onExit(listener);
  }

  boolean isAlive(String name) {
    return get(name).isAlive();
  }

  /** Kills these at the same moment, and waits until all are gone. */
  void killAll(List<String> names) {
    CompletableFuture.allOf(
            names.stream()
                .map(name -> CompletableFuture.runAsync(() -> kill(name), askers))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  /** Sends these a signal, one after the other. */
  void signalAll(String which, List<String> names) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", which));
    names.forEach(name -> command.add(Long.toString(get(name).pid())));
    int exit = new ProcessBuilder(command).start().waitFor();
    if (exit != 0) {
      throw new IOException(command + " did not work: " + exit);
    }
  }

  /** Asks one node. */
  <T> T ask(String name, String request, Class<T> type) {
    return get(name).ask(request, ANSWER, type);
  }

  /** Asks these nodes at the same time. */
  <T> Map<String, T> askAll(List<String> names, String request, Class<T> type) {
    Map<String, CompletableFuture<T>> asked = new LinkedHashMap<>();
    for (String name : names) {
      asked.put(name, CompletableFuture.supplyAsync(() -> ask(name, request, type), askers));
    }
    Map<String, T> answers = new LinkedHashMap<>();
    asked.forEach((name, answer) -> answers.put(name, answer.join()));
    return answers;
  }

  /** For a front in this process. */
  ClusterOptions.Builder front() {
    return new Topology(storePorts)
        .options("front", LoopbackPorts.one())
        .roles(Role.FRONT)
        .onError(Throwable::printStackTrace);
  }

  /** Waits until the ledger has all its copies, as a member in this process sees it. */
  void awaitSafe(Duration atMost) {
    HazelcastInstance member = member();
    await("all copies of the ledger")
        .atMost(atMost)
        .until(
            () ->
                stores(member) == storePorts.size()
                    && member.getPartitionService().isClusterSafe());
  }

  /** The member in this process. */
  HazelcastInstance member() {
    String cluster = front().build().clusterName();
    return Hazelcast.getAllHazelcastInstances().stream()
        .filter(instance -> instance.getConfig().getClusterName().equals(cluster))
        .findFirst()
        .orElseThrow();
  }

  private static long stores(HazelcastInstance member) {
    return member.getCluster().getMembers().stream().filter(each -> !each.isLiteMember()).count();
  }

  /** Nobody will want to read the logs. */
  void done() {
    files.done();
  }

  @Override
  public void close() {
    nodes.values().forEach(ChildNode::kill);
    strangers.forEach(ChildNode::kill);
    askers.shutdownNow();
    files.close();
  }

  private ChildNode get(String name) {
    return Objects.requireNonNull(nodes.get(name), name);
  }

  private static Path testClasses() {
    try {
      return Path.of(SoakNode.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
