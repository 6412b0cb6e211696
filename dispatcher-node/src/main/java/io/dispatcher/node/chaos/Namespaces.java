package io.dispatcher.node.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.RunFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Machines on this machine: a network namespace for each node, with an address of its own, all on
 * one switch in a namespace of its own. What one of them sends to another can be made to vanish, as
 * in a network that was cut: nobody is told. Nothing outside these namespaces is touched.
 *
 * <p>Needs Linux, {@code ip} and the right to make namespaces: {@link #refusal} tells. Thread-safe.
 */
public final class Namespaces implements AutoCloseable {

  private static final String PREFIX = "dispatcher-";
  private static final String SUBNET = "10.77.0.";
  private static final String DEVICE = "net0";
  private static final int MOST = 9;
  private static final long PATIENCE_SECONDS = 30;
  private static final AtomicInteger SERIAL = new AtomicInteger();

  /** Nobody has it: what is sent there is delivered to nobody. */
  private static final String NOBODY = "02:00:00:00:00:ff";

  private final String prefix;
  private final int nodes;
  private final Thread hook = new Thread(this::delete, "end-namespaces");
  private boolean open = true;

  private Namespaces(String prefix, int nodes) {
    this.prefix = prefix;
    this.nodes = nodes;
  }

  /** One way between two nodes, both counted from 0. */
  public record Way(int from, int to) {}

  /** Why no namespaces can be made here; empty if they can. */
  public static Optional<String> refusal() {
    try (Namespaces probe = create(2)) {
      probe.cut(List.of(new Way(0, 1)));
      return Optional.empty();
    } catch (RunFailed failed) {
      return Optional.of("no network namespaces here: " + failed.getMessage());
    }
  }

  /**
   * Makes namespaces for so many nodes. Those that a killed process has left are deleted first.
   *
   * @throws RunFailed if that is not possible or not permitted here
   */
  public static Namespaces create(int nodes) {
    if (nodes < 1 || nodes > MOST) {
      throw new IllegalArgumentException("there can be 1 to " + MOST + " nodes, not " + nodes);
    }
    deleteLeftOver();
    long pid = ProcessHandle.current().pid();
    Namespaces made = new Namespaces(PREFIX + pid + "-" + SERIAL.incrementAndGet() + "-", nodes);
    Runtime.getRuntime().addShutdownHook(made.hook);
    try {
      made.build();
    } catch (RunFailed failed) {
      made.close();
      throw failed;
    }
    return made;
  }

  private void build() {
    add(hub());
    batch(hub(), "link add hub type bridge\nlink set hub up\n");
    for (int node = 0; node < nodes; node++) {
      add(space(node));
      batch(
          hub(),
          "link add port%d type veth peer name %s address %s netns %s\n"
                  .formatted(node, DEVICE, mac(node), space(node))
              + "link set port%d master hub up\n".formatted(node));
      batch(
          space(node),
          "link set lo up\naddr add %s/24 dev %s\nlink set %s up\n"
              .formatted(address(node), DEVICE, DEVICE));
    }
    heal();
  }

  /** None after the end: it would be left behind. */
  private synchronized void add(String space) {
    if (!open) {
      throw new RunFailed("the run is over");
    }
    run(List.of("ip", "netns", "add", space), "");
  }

  private String hub() {
    return prefix + "hub";
  }

  private String space(int node) {
    return prefix + node;
  }

  private static String mac(int node) {
    return "02:00:00:00:01:0" + (node + 1);
  }

  /** How many nodes there can be. */
  public int nodes() {
    return nodes;
  }

  /** Where a node listens and is reached by the others. */
  public String address(int node) {
    return SUBNET + (node + 1);
  }

  /** What a command has to begin with to run on this node; the process is the command's own. */
  public List<String> inside(int node) {
    return List.of("ip", "netns", "exec", space(node));
  }

  /** From now on all that is sent these ways vanishes. */
  public void cut(Collection<Way> ways) {
    neighbours(ways, way -> NOBODY);
  }

  /** These ways are open again. */
  public void heal(Collection<Way> ways) {
    neighbours(ways, way -> mac(way.to()));
  }

  /** All ways are open again. */
  public void heal() {
    List<Way> all = new ArrayList<>();
    for (int from = 0; from < nodes; from++) {
      for (int to = 0; to < nodes; to++) {
        if (from != to) {
          all.add(new Way(from, to));
        }
      }
    }
    heal(all);
  }

  private interface Hardware {
    String of(Way way);
  }

  /** Who stands behind an address is fixed, so that no node asks for it and hears the truth. */
  private void neighbours(Collection<Way> ways, Hardware hardware) {
    for (int node = 0; node < nodes; node++) {
      StringBuilder lines = new StringBuilder();
      for (Way way : ways) {
        if (way.from() == node) {
          lines.append(
              "neigh replace %s lladdr %s dev %s nud permanent\n"
                  .formatted(address(way.to()), hardware.of(way), DEVICE));
        }
      }
      if (lines.length() > 0) {
        batch(space(node), lines.toString());
      }
    }
  }

  private static void batch(String space, String lines) {
    run(List.of("ip", "-n", space, "-batch", "-"), lines);
  }

  private static void run(List<String> command, String input) {
    String shown = String.join(" ", command) + (input.isEmpty() ? "" : " <<< " + input.strip());
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(UTF_8));
      }
      String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new RunFailed(shown + " does not end");
      }
      if (process.exitValue() != 0) {
        throw new RunFailed(shown + ": " + said);
      }
    } catch (IOException e) {
      throw new RunFailed("cannot run " + shown + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("interrupted in " + shown, e);
    }
  }

  /** Processes in them have to be ended before. */
  @Override
  public void close() {
    delete();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      // This process is ending and runs the hook itself.
    }
  }

  private synchronized void delete() {
    if (open) {
      open = false;
      existing().filter(name -> name.startsWith(prefix)).forEach(Namespaces::delete);
    }
  }

  private static void delete(String space) {
    try {
      run(List.of("ip", "netns", "del", space), "");
    } catch (RunFailed failed) {
      System.err.println("A network namespace is left: " + failed.getMessage());
    }
  }

  private static void deleteLeftOver() {
    existing()
        .filter(name -> name.matches(PREFIX + "\\d+-\\d+-.*"))
        .filter(name -> !alive(Long.parseLong(name.split("-")[1])))
        .forEach(Namespaces::delete);
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static Stream<String> existing() {
    Path spaces = Path.of("/run/netns");
    if (!Files.isDirectory(spaces)) {
      return Stream.of();
    }
    try (Stream<Path> all = Files.list(spaces)) {
      return all.map(path -> path.getFileName().toString()).toList().stream();
    } catch (IOException e) {
      throw new RunFailed("cannot read " + spaces + ": " + e.getMessage(), e);
    }
  }
}
