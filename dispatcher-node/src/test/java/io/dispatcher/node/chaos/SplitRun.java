package io.dispatcher.node.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.RunFiles;
import io.dispatcher.node.chaos.Line.Kind;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Nodes in network namespaces of their own, each of which submits all the time; what happens to
 * them goes into a history that the checker judges. Times are of this process's clock, which all
 * share.
 */
final class SplitRun implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int TURN_MILLIS = 50;

  /** What a node says only after all copies were written. */
  private static final Set<Kind> ACKNOWLEDGED =
      EnumSet.of(Kind.ACCEPT, Kind.REPEAT, Kind.SAVE, Kind.SETTLE, Kind.OUTCOME);

  private final RunFiles files = new RunFiles("splits");
  private final Sites sites;
  private final ChildNodes children;
  private final History history;
  private final Fleet fleet;
  private final Faults faults;
  private final double rate;
  private final Detection detection;
  private final List<CutOff> cutOff = new ArrayList<>();

  /**
   * A node was cut off from the majority for longer than it needs to notice. Times are by the clock
   * of the history.
   *
   * @param since when it was cut off
   * @param noticed when it said that it has no majority; -1 if it never did
   * @param heals when the cut was about to end
   */
  record CutOff(int node, long since, long noticed, long heals) {
    /** When it has to have noticed. */
    long due(Detection detection) {
      return since + TimeUnit.MILLISECONDS.toMicros(detection.bound().toMillis());
    }

    boolean inTime(Detection detection) {
      return noticed >= 0 && noticed <= due(detection);
    }

    /** From when on it must acknowledge nothing, whether it says that it is cut off or not. */
    long silentFrom(Detection detection) {
      return inTime(detection) ? noticed : due(detection);
    }
  }

  /**
   * @param first classes that take the place of the product's
   */
  SplitRun(
      int nodes, int taskMillis, double rate, Path file, Detection detection, List<Path> first) {
    this.rate = rate;
    this.detection = detection;
    this.history = new History(file);
    this.sites = Sites.apart(nodes);
    this.children = new ChildNodes(files, "192m", first);
    String silent = "--detection=" + detection.time().toSeconds() + "s";
    this.fleet = new Fleet(children, sites, taskMillis, history, List.of(silent));
    this.faults = new Faults(fleet, sites, history, detection);
  }

  /** Starts all nodes and their load. */
  void start(String plan) throws InterruptedException {
    history.add(Line.of(Timeline.CLUSTER, Kind.RUN).text(plan + detection.text()));
    fleet.start();
    fleet.awaitWhole(PATIENCE);
    fleet.load(rate);
  }

  /**
   * Sets a parameter of the kernel for all nodes.
   *
   * @param setting as {@code sysctl} takes it: {@code name=value}
   */
  void set(String setting) throws IOException, InterruptedException {
    String[] parts = setting.split("=", 2);
    for (int node = 0; node < sites.nodes(); node++) {
      List<String> command = new ArrayList<>(sites.inside(node));
      command.addAll(List.of("tee", "/proc/sys/" + parts[0].replace('.', '/')));
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.INHERIT)
              .start();
      try (var in = process.getOutputStream()) {
        in.write(parts[1].getBytes(UTF_8));
      }
      if (process.waitFor() != 0) {
        throw new IOException("cannot set " + setting);
      }
    }
  }

  Faults faults() {
    return faults;
  }

  Fleet fleet() {
    return fleet;
  }

  /**
   * Waits until this holds for a node; returns how many milliseconds it took, -1 if it never did.
   */
  long await(int node, Duration atMost, Predicate<State> wanted) throws InterruptedException {
    return await(atMost, () -> wanted.test(fleet.state(node)));
  }

  /** These nodes have just been cut off from a majority, and stay so for this time. */
  void cutOff(Set<Integer> minority, Duration length) throws InterruptedException {
    long since = Line.now();
    Map<Integer, Long> noticed = new TreeMap<>();
    await(length, () -> noticing(minority, noticed));
    long heals = since + TimeUnit.MILLISECONDS.toMicros(length.toMillis());
    TimeUnit.MICROSECONDS.sleep(Math.max(0, heals - Line.now()));
    for (int node : minority) {
      cutOff.add(new CutOff(node, since, noticed.getOrDefault(node, -1L), Line.now()));
    }
  }

  private boolean noticing(Set<Integer> minority, Map<Integer, Long> noticed) {
    for (int node : minority) {
      if (!noticed.containsKey(node) && fleet.view(node).reason().contains("no majority")) {
        noticed.put(node, Line.now());
      }
    }
    return noticed.size() == minority.size();
  }

  private static long await(Duration atMost, BooleanSupplier wanted) throws InterruptedException {
    long begun = System.nanoTime();
    while (!wanted.getAsBoolean()) {
      if (System.nanoTime() - begun > atMost.toNanos()) {
        return -1;
      }
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
  }

  /**
   * Waits until all nodes take tasks and see each other, and then until they have all copies.
   *
   * @return how long the first took, in milliseconds
   */
  long awaitWhole(Duration atMost) throws InterruptedException {
    long begun = System.nanoTime();
    for (int node = 0; node < fleet.size(); node++) {
      long left = atMost.toNanos() - (System.nanoTime() - begun);
      if (await(node, Duration.ofNanos(left), state -> state.sees(fleet.size())) < 0) {
        throw new AssertionError(
            Chaos.name(node)
                + " is not back after "
                + atMost.toSeconds()
                + " s: "
                + fleet.state(node));
      }
    }
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    fleet.awaitWhole(PATIENCE);
    return took;
  }

  /** Ends the load, waits for what is open, and looks up every accepted task. */
  Verdict finish() throws InterruptedException {
    fleet.stopLoad();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (fleet.open() > 0 && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
    history.add(Line.of(Timeline.CLUSTER, Kind.END));
    fleet.readAll();
    fleet.over();
    history.close();
    return ChaosCheckCommand.check(history.file());
  }

  /** All who were cut off for long. */
  List<CutOff> cutOff() {
    return cutOff;
  }

  /** Nodes that have ended although nobody told them to; after {@link #finish}. */
  List<String> uncalled() {
    List<String> all = new ArrayList<>();
    read(
        line -> {
          if (line.kind() == Kind.DOWN && line.text().startsWith(Place.UNCALLED)) {
            all.add(line.node() + " " + line.text());
          }
        });
    return all;
  }

  /** Tasks that a node has accepted in this time; after {@link #finish}. */
  long accepted(int node, long fromMicros, long toMicros) {
    return acknowledged(node, fromMicros, toMicros).stream()
        .filter(line -> line.kind() == Kind.ACCEPT || line.kind() == Kind.REPEAT)
        .count();
  }

  /**
   * What a node has acknowledged in this time that takes a record: tasks, checkpoints and outcomes;
   * after {@link #finish}. An outcome that was recorded before may be shown at any time.
   */
  List<Line> acknowledged(int node, long fromMicros, long toMicros) {
    return acknowledged(history.file(), Chaos.name(node), fromMicros, toMicros);
  }

  static List<Line> acknowledged(Path file, String node, long fromMicros, long toMicros) {
    Set<String> settled = new HashSet<>();
    List<Line> all = new ArrayList<>();
    History.read(
        file,
        line -> {
          if (line.kind() == Kind.SETTLE && line.micros() <= fromMicros) {
            settled.add(line.task());
          } else if (ACKNOWLEDGED.contains(line.kind())
              && line.node().equals(node)
              && line.micros() > fromMicros
              && line.micros() < toMicros) {
            all.add(line);
          }
          return true;
        });
    all.removeIf(line -> line.kind() == Kind.OUTCOME && settled.contains(line.task()));
    return all;
  }

  /** What submitters were told who got no outcome, and how often; after {@link #finish}. */
  Map<String, Integer> told() {
    Map<String, Integer> count = new TreeMap<>();
    read(
        line -> {
          if (line.kind() == Kind.UNKNOWN || line.kind() == Kind.REFUSE) {
            String text = line.text().replaceAll("task \\S+", "task ...");
            count.merge(line.kind() + ": " + text, 1, Integer::sum);
          }
        });
    return count;
  }

  private void read(Consumer<Line> reader) {
    History.read(
        history.file(),
        line -> {
          reader.accept(line);
          return true;
        });
  }

  void done() {
    files.done();
  }

  @Override
  public void close() {
    fleet.over();
    children.close();
    sites.close();
    history.close();
    files.close();
  }
}
