package io.dispatcher.node;

import io.dispatcher.vertx.VertxCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Three node processes, shared by all test classes that ask for them and ended with the test run.
 */
final class ContractCluster implements ExtensionContext.Store.CloseableResource, AutoCloseable {
  private static final int NODES = 3;
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final RunFiles files = new RunFiles("contract");
  private final List<Integer> free = Ports.free(2 * NODES);
  private final List<Integer> ports = free.subList(0, NODES);
  private final List<ChildNode> nodes = new ArrayList<>();
  private final Thread hook = new Thread(this::kill, "end-nodes");

  private ContractCluster() {
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      for (int i = 0; i < ports.size(); i++) {
        nodes.add(start(i));
      }
      nodes.forEach(node -> node.awaitReady(START));
    } catch (RuntimeException e) {
      kill();
      throw e;
    }
  }

  /** A cluster for one test alone, which closes it. */
  static ContractCluster start() {
    return new ContractCluster();
  }

  private ChildNode start(int index) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx256m", "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(ContractNode.class.getName());
    command.add("node.name=node-" + (index + 1));
    command.add("cluster.name=" + name());
    command.add("cluster.port=" + ports.get(index));
    command.add("cluster.members=" + String.join(",", members()));
    command.add("http.port=" + free.get(NODES + index));
    return ChildNode.start("node-" + (index + 1), command, files.directory(), event -> {});
  }

  private String name() {
    return "contract-" + ports.get(0);
  }

  private String[] members() {
    return ports.stream().map(port -> "127.0.0.1:" + port).toArray(String[]::new);
  }

  /** Options of a member that is not one of the nodes. */
  VertxCluster.Options.Builder options(String name) {
    return VertxCluster.Options.named(name)
        .clusterName(name())
        .port(0)
        .members(members())
        .size(ports.size());
  }

  /** The addresses of the HTTP doors. */
  String[] urls() {
    return nodes.stream()
        .map(node -> node.ask("http", ANSWER, String.class))
        .toArray(String[]::new);
  }

  ChildNode node(int index) {
    return nodes.get(index);
  }

  private void kill() {
    nodes.forEach(ChildNode::kill);
  }

  @Override
  public void close() {
    kill();
    Runtime.getRuntime().removeShutdownHook(hook);
    files.done();
    files.close();
  }

  /** Gives it to test classes. */
  static final class Shared implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == ContractCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(ExtensionContext.Namespace.GLOBAL)
          .getOrComputeIfAbsent(ContractCluster.class, key -> new ContractCluster());
    }
  }
}
