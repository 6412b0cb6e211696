package io.dispatcher.node;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.task.HandlerProvider;
import io.dispatcher.vertx.ClusterOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Three node processes with every role and door, and {@link ContractHandlers} in a JAR; shared by
 * all nested test classes of one that ask for them, and ended with it.
 */
final class ContractCluster implements ExtensionContext.Store.CloseableResource, AutoCloseable {
  private static final int NODES = 3;
  private static final String HEAP = "256m";

  private final RunFiles files = new RunFiles("contract");
  private final ChildNodes nodes = new ChildNodes(files, HEAP);

  private final List<Integer> ports = LoopbackPorts.free(2 * NODES);
  private final Path jars;
  private final Map<Integer, String> urls = new ConcurrentHashMap<>();

  private ContractCluster() {
    try {
      jars = Files.createDirectory(files.directory().resolve("handlers"));
      writeJar(jars.resolve("contract.jar"), ContractHandlers.class);
      for (int i = 0; i < NODES; i++) {
        nodes.start("node-" + (i + 1), arguments(i), this::address);
      }
      nodes.awaitReady();
    } catch (IOException e) {
      nodes.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      nodes.close();
      throw e;
    }
  }

  /** A cluster for one test alone, which closes it. */
  static ContractCluster start() {
    return new ContractCluster();
  }

  /** The JAR of one provider. */
  static void writeJar(Path jar, Class<? extends HandlerProvider> provider) throws IOException {
    String type = provider.getName();
    String file = type.replace('.', '/') + ".class";
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out);
        InputStream bytes = provider.getResourceAsStream("/" + file)) {
      entries.putNextEntry(new JarEntry(file));
      bytes.transferTo(entries);
      entries.putNextEntry(new JarEntry("META-INF/services/" + HandlerProvider.class.getName()));
      entries.write(type.getBytes(StandardCharsets.UTF_8));
    }
  }

  private List<String> arguments(int index) {
    List<String> arguments = new ArrayList<>(List.of("node", "--child"));
    if (index == NODES - 1) {
      arguments.add("--set=node.labels=gpu,disk:ssd");
    }
    List.of(
            "node.name=node-" + (index + 1),
            "node.jars=" + jars,
            "cluster.name=" + name(),
            "cluster.port=" + ports.get(index),
            "cluster.members=" + String.join(",", members()),
            "http.port=" + ports.get(NODES + index))
        .forEach(setting -> arguments.add("--set=" + setting));
    return arguments;
  }

  private void address(int index, String address) {
    if (address.startsWith("http")) {
      urls.put(index, address);
    }
  }

  private String name() {
    return "contract-" + ports.get(0);
  }

  private String[] members() {
    return ports.stream().limit(NODES).map(port -> "127.0.0.1:" + port).toArray(String[]::new);
  }

  /** Options of a member that is not one of the nodes. */
  ClusterOptions.Builder options(String name) {
    return ClusterOptions.named(name).clusterName(name()).port(0).members(members()).size(NODES);
  }

  /** The addresses of the HTTP doors, in the order of the nodes. */
  String[] urls() {
    String[] all = new String[NODES];
    urls.forEach((index, url) -> all[index] = url);
    return all;
  }

  ChildNode node(int index) {
    return nodes.get(index);
  }

  /** Starts a node again that has ended, under its name and its addresses; does not wait. */
  ChildNode restart(int index) {
    return nodes.restart(index, arguments(index), event -> {});
  }

  /** The log of a node. */
  Path log(int index) {
    return files.directory().resolve("node-" + (index + 1) + ".log");
  }

  @Override
  public void close() {
    nodes.close();
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
