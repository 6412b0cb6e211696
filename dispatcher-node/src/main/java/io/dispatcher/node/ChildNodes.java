package io.dispatcher.node;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The node processes of one run, all from this jar and this Java, with the {@code -XX} options of
 * this process. They end with it: {@link #close}, the shutdown hook, and the end of their stdin if
 * this process is killed. Thread-safe.
 */
public final class ChildNodes implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  /** Collector, compiler and the like: whoever chose them for this process means all of them. */
  private static final List<String> OWN_OPTIONS =
      ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
          .filter(option -> option.startsWith("-XX:") || option.startsWith("-Xlog:"))
          .filter(option -> !option.startsWith("-XX:ArchiveClassesAtExit"))
          .toList();

  private final RunFiles files;
  private final String heap;

  /** Classes that stand before all others. */
  private final List<Path> first;

  private final List<ChildNode> nodes = new ArrayList<>();

  /** What the command of each begins with. */
  private final List<List<String>> places = new ArrayList<>();

  private final Thread hook = new Thread(this::killAll, "end-nodes");
  private boolean closed;

  /** No node runs yet. */
  public ChildNodes(RunFiles files, String heap) {
    this(files, heap, List.of());
  }

  /**
   * As {@link #ChildNodes(RunFiles, String)}, with other classes than this process has.
   *
   * @param first directories of classes that take the place of those here
   */
  public ChildNodes(RunFiles files, String heap, List<Path> first) {
    this.files = files;
    this.heap = heap;
    this.first = List.copyOf(first);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts one process and does not wait; events get its index and what it said. */
  public synchronized ChildNode start(
      String name, List<String> arguments, BiConsumer<Integer, String> events) {
    return startAt(List.of(), name, arguments, events);
  }

  /**
   * As {@link #start}, on another machine, so to speak.
   *
   * @param place what its command, and that of whoever takes its place, begins with
   */
  public synchronized ChildNode startAt(
      List<String> place, String name, List<String> arguments, BiConsumer<Integer, String> events) {
    int index = nodes.size();
    ChildNode node = launch(place, name, arguments, event -> events.accept(index, event));
    nodes.add(node);
    places.add(place);
    return node;
  }

  /** Starts a process in place of one that has ended, under its name, and does not wait. */
  public synchronized ChildNode restart(
      int index, List<String> arguments, Consumer<String> events) {
    ChildNode node = launch(places.get(index), nodes.get(index).name(), arguments, events);
    nodes.set(index, node);
    return node;
  }

  private ChildNode launch(
      List<String> place, String name, List<String> arguments, Consumer<String> events) {
    if (closed) {
      throw new RunFailed("the run is over");
    }
    List<String> command = new ArrayList<>(place);
    command.addAll(java());
    command.addAll(arguments);
    return ChildNode.start(name, command, files.directory(), events);
  }

  /** Waits until all nodes can be used. */
  public void awaitReady() {
    all().forEach(ChildNodes::awaitReady);
  }

  /** Waits until one node can be used. */
  static void awaitReady(ChildNode node) {
    node.awaitReady(START);
  }

  /** The one that was started at this place. */
  public ChildNode get(int index) {
    return all().get(index);
  }

  /** In the order of their starts. */
  public synchronized List<ChildNode> all() {
    return List.copyOf(nodes);
  }

  /** Processor time of all nodes together. */
  Duration cpu() {
    return all().stream().map(ChildNode::cpu).reduce(Duration.ZERO, Duration::plus);
  }

  /** Time the just-in-time compilers of all nodes took so far. */
  Duration compiled() {
    long millis = 0;
    for (ChildNode node : all()) {
      millis += node.ask("compiled", START, Long.class);
    }
    return Duration.ofMillis(millis);
  }

  /** Peak memory of the node that needed most. */
  long peakBytes() {
    return all().stream().mapToLong(ChildNode::peakBytes).max().orElse(0);
  }

  /**
   * Asks all to end, with a line that they understand, and waits. Who stays is killed at the end.
   */
  public void stop(String line, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    List<ChildNode> asked = all();
    asked.forEach(node -> node.tell(line));
    for (ChildNode node : asked) {
      if (!node.awaitEnd(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
        System.err.println(node.name() + " has not ended in time and is killed");
      }
    }
  }

  @Override
  public void close() {
    killAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This process is ending and runs the hook itself.
    }
  }

  /** A start that comes later is refused, so nothing is left. */
  private synchronized void killAll() {
    closed = true;
    nodes.forEach(ChildNode::kill);
  }

  private List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OWN_OPTIONS);
    command.add("-Xmx" + heap);
    command.add("-Djava.util.concurrent.ForkJoinPool.common.parallelism=2");
    Path code = codeSource();
    if (first.isEmpty() && Files.isRegularFile(code)) {
      command.addAll(List.of("-jar", code.toString()));
    } else {
      StringBuilder path = new StringBuilder();
      first.forEach(classes -> path.append(classes).append(File.pathSeparatorChar));
      path.append(System.getProperty("java.class.path"));
      command.addAll(List.of("-cp", path.toString(), Main.class.getName()));
    }
    return command;
  }

  private static Path codeSource() {
    try {
      return Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
