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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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

  private static final long LOOK_NANOS = 250_000_000;

  private final RunFiles files = new RunFiles("splits");
  private final Sites sites;
  private final ChildNodes children;
  private final History history;
  private final Fleet fleet;
  private final Faults faults;
  private final double rate;
  private final Detection detection;
  private final List<CutOff> cutOff = new ArrayList<>();
  private final Ownerless ownerless;
  private long looked = System.nanoTime();

  /** The end of a fault, by {@link System#nanoTime}, and who died in it and comes back. */
  record Over(long nanos, Set<Integer> restarted) {
    static Over now() {
      return new Over(System.nanoTime(), Set.of());
    }
  }

  /**
   * From the end of a fault, in milliseconds.
   *
   * @param lived until those that lived through it take tasks and see each other
   * @param all until those do as well that were started again then
   */
  record Healed(long lived, long all) {}

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
    this.ownerless = new Ownerless(detection);
  }

  /** Starts all nodes and their load. */
  void start(String plan) throws InterruptedException {
    startNodes(plan);
    fleet.load(rate);
  }

  private void startNodes(String plan) throws InterruptedException {
    history.add(Line.of(Timeline.CLUSTER, Kind.RUN).text(plan + detection.text()));
    fleet.start();
    fleet.awaitWhole(PATIENCE);
  }

  /**
   * Starts all nodes and their load, and callers behind them that submit through each door, and ask
   * all the time how tasks stand.
   *
   * @param perCaller tasks a second
   */
  void startWithCallers(String plan, double perCaller) throws InterruptedException {
    startNodes(plan);
    fleet.startCallers();
    fleet.awaitWhole(PATIENCE);
    fleet.load(rate, perCaller);
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

  /**
   * Cuts the network for this time.
   *
   * @param victims who die in it; none if nobody does
   * @param dies how long after the cut
   */
  Over split(Cut cut, Duration length, Set<Integer> victims, Duration dies)
      throws InterruptedException {
    faults.cut(cut);
    long begun = System.nanoTime();
    SplitWatch watch = new SplitWatch(cut, fleet.size(), Line.now());
    if (!victims.isEmpty()) {
      hold(begun + dies.toNanos(), watch, Set.of());
      faults.kill(List.copyOf(victims));
      watch.died(victims, Line.now());
    }
    hold(begun + length.toNanos(), watch, victims);
    cutOff.addAll(watch.ends(Line.now()));
    faults.heal(cut);
    Over over = new Over(System.nanoTime(), victims);
    // It comes back while the others meet again, as it takes seconds to start.
    victims.forEach(fleet::relaunch);
    return over;
  }

  private void hold(long end, SplitWatch watch, Set<Integer> dead) throws InterruptedException {
    while (System.nanoTime() < end) {
      for (int node : watch.awaited()) {
        watch.says(node, fleet.view(node).reason(), Line.now());
      }
      look(dead);
      turn(end);
    }
  }

  /** Freezes a node for this time. */
  Over pause(int victim, Duration length) throws InterruptedException {
    faults.freeze(victim);
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < end) {
      look(Set.of(victim));
      turn(end);
    }
    faults.thaw(victim);
    return Over.now();
  }

  /** Lets the nodes work for a while. */
  void calm(Duration length) throws InterruptedException {
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < end) {
      look(Set.of());
      turn(end);
    }
  }

  private static void turn(long end) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    TimeUnit.MILLISECONDS.sleep(Math.max(0, Math.min(TURN_MILLIS, left)));
  }

  /** Looks now and then whether tasks are without an owner. */
  private void look(Set<Integer> silent) {
    if (System.nanoTime() - looked < LOOK_NANOS) {
      return;
    }
    for (int node = 0; node < fleet.size(); node++) {
      if (!silent.contains(node)) {
        ownerless.seen(node, fleet.ownerless(node), Line.now());
      }
    }
    looked = System.nanoTime();
  }

  /** What was seen of tasks without an owner. */
  Ownerless ownerless() {
    return ownerless;
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

  /** Waits until all nodes take tasks and see each other, and then until they have all copies. */
  void awaitWhole(Duration atMost) throws InterruptedException {
    awaitHealed(Over.now(), atMost);
  }

  /** As {@link #awaitWhole}, after a fault; tells how long it took. */
  Healed awaitHealed(Over over, Duration atMost) throws InterruptedException {
    Set<Integer> away = over.restarted();
    int lived = fleet.size() - away.size();
    for (int node = 0; node < fleet.size(); node++) {
      if (!away.contains(node)) {
        await(node, over.nanos(), atMost, away, state -> state.sees(lived) || isWhole(state));
      }
    }
    long met = System.nanoTime() - over.nanos();
    away.forEach(fleet::awaitUp);
    for (int node = 0; node < fleet.size(); node++) {
      await(node, System.nanoTime(), atMost, Set.of(), this::isWhole);
    }
    long all = System.nanoTime() - over.nanos();
    await(PATIENCE, this::looksWhole);
    fleet.awaitWhole(PATIENCE);
    return new Healed(TimeUnit.NANOSECONDS.toMillis(met), TimeUnit.NANOSECONDS.toMillis(all));
  }

  private boolean isWhole(State state) {
    return state.sees(fleet.size());
  }

  private boolean looksWhole() {
    look(Set.of());
    return fleet.whole();
  }

  private void await(
      int node, long since, Duration atMost, Set<Integer> away, Predicate<State> wanted)
      throws InterruptedException {
    Duration left = Duration.ofNanos(atMost.toNanos() - (System.nanoTime() - since));
    boolean met =
        await(
                left,
                () -> {
                  look(away);
                  return wanted.test(fleet.state(node));
                })
            >= 0;
    if (!met) {
      throw new AssertionError(
          Chaos.name(node)
              + " is not back after "
              + atMost.toSeconds()
              + " s: "
              + fleet.state(node));
    }
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

  /** All who were apart from every majority in a {@link #split}. */
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
    AtomicLong count = new AtomicLong();
    read(
        line -> {
          if ((line.kind() == Kind.ACCEPT || line.kind() == Kind.REPEAT)
              && line.node().equals(Chaos.name(node))
              && line.micros() > fromMicros
              && line.micros() < toMicros) {
            count.incrementAndGet();
          }
        });
    return count.get();
  }

  /** What it has acknowledged that nobody can have recorded; after {@link #finish}. */
  List<Line> acknowledged(CutOff one) {
    return one.acknowledged(history.file(), detection);
  }

  /** What submitters were told who got no outcome, and how often; after {@link #finish}. */
  Map<String, Integer> told() {
    Map<String, Integer> count = new TreeMap<>();
    read(
        line -> {
          if (line.kind() == Kind.UNKNOWN || line.kind() == Kind.REFUSE) {
            String text = line.text().replaceAll("(task |key |reply\\.)[\\w-]+", "$1...");
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
