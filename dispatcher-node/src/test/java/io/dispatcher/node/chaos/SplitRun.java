package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.Ports;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.RunFiles;
import io.dispatcher.node.chaos.Line.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Nodes in network namespaces of their own, each of which submits all the time; what happens to
 * them goes into a history that the checker judges. Times are of this process's clock, which all
 * share.
 */
final class SplitRun implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PORT = 5701;
  private static final int TURN_MILLIS = 50;
  private static final long SUBMITS = 1_000_000_000L;

  private final int nodes;
  private final RunFiles files = new RunFiles("splits");
  private final Namespaces spaces;
  private final ChildNodes children;
  private final History history;
  private final int taskMillis;
  private final Map<Integer, Boolean> calledToEnd = Collections.synchronizedMap(new HashMap<>());
  private final List<String> uncalled = Collections.synchronizedList(new ArrayList<>());
  private final double rate;
  private final List<String> more;
  private int processes;
  private volatile boolean over;

  SplitRun(int nodes, int taskMillis, double rate, Path file, String... more) {
    this.more = List.of(more);
    this.nodes = nodes;
    this.taskMillis = taskMillis;
    this.rate = rate;
    this.history = new History(file);
    this.spaces = Namespaces.create(nodes);
    this.children = new ChildNodes(files, "192m");
  }

  // ---------------------------------------------------------------- nodes

  /** Starts all nodes and their load. */
  void start(String plan) throws InterruptedException {
    history.add(Line.of("splits", Kind.RUN).text(plan));
    for (int node = 0; node < nodes; node++) {
      ChildNode child =
          children.startAt(
              spaces.inside(node),
              Chaos.name(node),
              arguments(node),
              (index, event) -> history.add(event));
      follow(node, child);
    }
    children.awaitReady();
    awaitWhole(PATIENCE);
    for (ChildNode child : children.all()) {
      child.ask("load " + rate, ANSWER, Integer.class);
    }
  }

  private List<String> arguments(int node) {
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      hosts.add(spaces.address(i));
    }
    List<String> arguments = new ArrayList<>(more);
    arguments.addAll(
        0,
        List.of(
            "chaos-node",
            "--index=" + node,
            "--hosts=" + String.join(",", hosts),
            "--ports=" + Ports.text(Collections.nCopies(nodes, PORT)),
            "--task-ms=" + taskMillis,
            "--first=" + (1 + SUBMITS * processes++)));
    return arguments;
  }

  private void follow(int node, ChildNode child) {
    calledToEnd.remove(node);
    child.onExit(
        code -> {
          if (!over && calledToEnd.get(node) == null) {
            uncalled.add(Chaos.name(node) + " ended by itself, exit code " + code);
            history.add(
                Line.of(Chaos.name(node), Kind.DOWN)
                    .text(Fleet.UNCALLED + "ended by itself, exit code " + code));
          }
        });
  }

  /** Nodes that have ended although nobody told them to. */
  List<String> uncalled() {
    return List.copyOf(uncalled);
  }

  ChildNodeState state(int node) {
    ChaosNode.State state = children.get(node).ask("state", ANSWER, ChaosNode.State.class);
    return new ChildNodeState(state.ready(), state.reason(), state.workers(), state.safe());
  }

  record ChildNodeState(boolean ready, String reason, int workers, boolean safe) {}

  void kill(int node) {
    calledToEnd.put(node, true);
    fault(node, FaultClass.KILL);
    children.get(node).kill();
    history.add(Line.of(Chaos.name(node), Kind.DOWN).text("killed"));
  }

  void restart(int node) {
    ChildNode child = children.restart(node, arguments(node), history::add);
    follow(node, child);
    child.awaitReady(START);
    history.add(Line.of(Chaos.name(node), Kind.UP));
    child.ask("load " + rate, ANSWER, Integer.class);
  }

  void freeze(int node) {
    fault(node, FaultClass.PAUSE);
    signal("-STOP", node);
  }

  void thaw(int node) {
    signal("-CONT", node);
    history.add(Line.of(Chaos.name(node), Kind.THAW));
  }

  private void signal(String which, int node) {
    try {
      new ProcessBuilder("kill", which, Long.toString(children.get(node).pid())).start().waitFor();
    } catch (IOException e) {
      throw new RunFailed("cannot run kill: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("interrupted", e);
    }
  }

  private void fault(int node, FaultClass kind) {
    history.add(Line.of(Chaos.name(node), Kind.FAULT).number(0).text(kind.word()));
  }

  // ---------------------------------------------------------------- cuts

  void cut(Cut cut) {
    if (!isTotal(cut)) {
      affected(cut).forEach(node -> fault(node, FaultClass.CUT));
    }
    spaces.cut(cut.ways());
  }

  /** Nobody can do anything before the heal: what is late is late from then on. */
  private boolean isTotal(Cut cut) {
    return cut.ways().size() == nodes * (nodes - 1);
  }

  void heal(Cut cut) {
    if (isTotal(cut)) {
      affected(cut).forEach(node -> fault(node, FaultClass.CUT));
    }
    spaces.heal(cut.ways());
    affected(cut).forEach(node -> history.add(Line.of(Chaos.name(node), Kind.THAW)));
  }

  private static Set<Integer> affected(Cut cut) {
    return cut.ways().stream()
        .map(Namespaces.Way::from)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Waits until this holds for a node; returns how many milliseconds it took, -1 if it never did.
   */
  long await(int node, Duration atMost, Predicate<ChildNodeState> wanted)
      throws InterruptedException {
    long begun = System.nanoTime();
    while (!wanted.test(state(node))) {
      if (System.nanoTime() - begun > atMost.toNanos()) {
        return -1;
      }
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
  }

  /** Waits until all nodes take tasks, see each other and have all copies. */
  long awaitWhole(Duration atMost) throws InterruptedException {
    long begun = System.nanoTime();
    for (int node = 0; node < nodes; node++) {
      long left = atMost.toNanos() - (System.nanoTime() - begun);
      if (await(node, Duration.ofNanos(left), s -> s.ready() && s.workers() == nodes) < 0) {
        throw new RunFailed(
            Chaos.name(node) + " is not back after " + atMost.toSeconds() + " s: " + state(node));
      }
    }
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    for (int node = 0; node < nodes; node++) {
      if (await(node, PATIENCE, ChildNodeState::safe) < 0) {
        throw new RunFailed("copies are missing on " + Chaos.name(node));
      }
    }
    return took;
  }

  // ---------------------------------------------------------------- end

  /** Ends the load, waits for what is open, and looks up every accepted task. */
  Verdict finish() throws InterruptedException {
    for (ChildNode child : children.all()) {
      child.ask("stop", ANSWER, Integer.class);
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (open() > 0 && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
    history.add(Line.of("splits", Kind.END));
    history.flush();
    children.get(0).ask("read " + history.file(), ANSWER, Integer.class);
    over = true;
    history.close();
    Checker checker = new Checker();
    History.read(
        history.file(),
        line -> {
          checker.accept(line);
          return true;
        });
    return checker.verdict();
  }

  /** Tasks that a node has accepted in this time; after {@link #finish}. */
  long accepted(int node, long fromMicros, long toMicros) {
    long[] count = new long[1];
    History.read(
        history.file(),
        line -> {
          if (line.kind() == Kind.ACCEPT
              && line.node().equals(Chaos.name(node))
              && line.micros() > fromMicros
              && line.micros() < toMicros) {
            count[0]++;
          }
          return true;
        });
    return count[0];
  }

  /** What submitters were told who did not get an outcome, and how often. */
  Map<String, Integer> told() {
    Map<String, Integer> count = new TreeMap<>();
    History.read(
        history.file(),
        line -> {
          if (line.kind() == Kind.UNKNOWN || line.kind() == Kind.REFUSE) {
            String text = line.text().replaceAll("task \\S+", "task ...");
            count.merge(line.kind() + ": " + text, 1, Integer::sum);
          }
          return true;
        });
    return count;
  }

  private int open() {
    return children.all().stream()
        .mapToInt(child -> child.ask("open", ANSWER, Integer.class))
        .sum();
  }

  void done() {
    files.done();
  }

  @Override
  public void close() {
    over = true;
    children.close();
    spaces.close();
    history.close();
    files.close();
  }
}
