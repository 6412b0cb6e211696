package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a run: nodes, and callers behind them. One thread may use it; what ends by
 * itself is noticed on another one.
 */
final class Fleet {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofMinutes(2);

  /** For as many outcomes as there may be; who reads gives up by itself. */
  private static final Duration READ = Duration.ofHours(2);

  /** So soon a node that the others have removed has to be among them again. */
  private static final Duration APART = Duration.ofSeconds(60);

  private static final int TURN_MILLIS = 50;

  /** Tasks in one request. */
  private static final int MOST_AT_ONCE = 200;

  /** Submits of one process; the next one under the same name goes on behind. */
  private static final long SUBMITS = 1_000_000_000L;

  private final ChildNodes children;
  private final Sites sites;
  private final int taskMillis;
  private final History history;
  private final List<String> more;
  private final AtomicLong accepted = new AtomicLong();
  private final List<Place> places = new ArrayList<>();
  private double rate;
  private double callersRate;

  /**
   * @param more arguments of every node
   */
  Fleet(ChildNodes children, Sites sites, int taskMillis, History history, List<String> more) {
    this.children = children;
    this.sites = sites;
    this.taskMillis = taskMillis;
    this.history = history;
    this.more = more;
  }

  // ---------------------------------------------------------------- start

  /** Starts all nodes and waits until they can be used. */
  void start() {
    for (int node = 0; node < sites.nodes(); node++) {
      start(Chaos.name(node));
    }
    for (Place place : places) {
      child(place).awaitReady(START);
      place.up();
    }
  }

  /** Starts those who call the nodes from outside; the nodes are there. */
  void startCallers() {
    start(Chaos.CALLERS);
    Place place = places.get(sites.nodes());
    child(place).awaitReady(START);
    place.up();
  }

  private void start(String name) {
    Place place = new Place(places.size(), name, history::add);
    places.add(place);
    place.follow(
        children.startAt(
            sites.inside(place.index),
            name,
            arguments(place),
            (index, event) -> heard(place, event)));
  }

  private List<String> arguments(Place place) {
    long process = place.index + (sites.nodes() + 1L) * place.nextProcess();
    List<String> arguments = new ArrayList<>();
    if (place.index < sites.nodes()) {
      arguments.addAll(List.of("chaos-node", "--index=" + place.index));
      arguments.addAll(more);
    } else {
      arguments.add("chaos-callers");
    }
    arguments.addAll(sites.arguments());
    arguments.add("--task-ms=" + taskMillis);
    arguments.add("--first=" + (1 + process * SUBMITS));
    return arguments;
  }

  private void heard(Place place, String event) {
    history.add(event);
    if (is(event, Kind.ACCEPT)) {
      accepted.incrementAndGet();
      Line.parse(event).ifPresent(line -> place.accepted(line.task()));
    } else if (is(event, Kind.START)) {
      Line.parse(event).ifPresent(line -> place.started(line.micros()));
    } else if (is(event, Kind.REPEAT)) {
      Line.parse(event).ifPresent(line -> place.accepted(line.task()));
    } else if (is(event, Kind.OUTCOME)) {
      Line.parse(event).ifPresent(line -> place.shown(line.task()));
    }
  }

  private static boolean is(String event, Kind kind) {
    return event.contains("\"op\":\"" + kind.word() + "\"");
  }

  /** Starts a node that has ended again, under its name. */
  void restart(int node) {
    restart(places.get(node));
  }

  private void restart(Place place) {
    relaunch(place);
    awaitUp(place);
  }

  /** Begins to start a node that has ended again: {@link #awaitUp} has to follow. */
  void relaunch(int node) {
    relaunch(places.get(node));
  }

  private void relaunch(Place place) {
    watch(place.orphans());
    place.follow(children.restart(place.index, arguments(place), event -> heard(place, event)));
  }

  /** Waits until a node whose start has begun can be used, and lets it submit as before. */
  void awaitUp(int node) {
    awaitUp(places.get(node));
  }

  private void awaitUp(Place place) {
    child(place).awaitReady(START);
    place.up();
    double its = place.index < size() ? rate : callersRate;
    if (its > 0) {
      child(place).ask("load " + its, ANSWER, Integer.class);
    }
  }

  /** Lets the callers wait for what a process that has ended submitted: nobody else does. */
  private void watch(List<String> orphans) {
    if (places.size() == size()) {
      return;
    }
    for (int from = 0; from < orphans.size(); from += MOST_AT_ONCE) {
      List<String> some = orphans.subList(from, Math.min(orphans.size(), from + MOST_AT_ONCE));
      child(places.get(size())).ask("watch " + String.join(" ", some), ANSWER, Integer.class);
    }
  }

  // ---------------------------------------------------------------- state

  /** How many nodes there are. */
  int size() {
    return sites.nodes();
  }

  /** How a node stands. */
  State state(int node) {
    return children.get(node).ask("state", ANSWER, State.class);
  }

  /** What a node sees of the others. */
  View view(int node) {
    return children.get(node).ask("view", ANSWER, View.class);
  }

  /**
   * For how many seconds a node has seen unfinished tasks without a live owner; 0 if it does not,
   * less if it takes no tasks in.
   */
  double ownerless(int node) {
    return children.get(node).ask("ownerless", ANSWER, Double.class);
  }

  /**
   * What the nodes see that run.
   *
   * @param frozen those that would not answer
   */
  Views views(Set<Integer> frozen) {
    Map<String, View> views = new HashMap<>();
    for (int node = 0; node < size(); node++) {
      Place place = places.get(node);
      View view = place.isUp() && !frozen.contains(node) ? ask(place, "view", View.class) : null;
      if (view != null) {
        views.put(place.name, view);
      }
    }
    return new Views(views);
  }

  /** Whether all copies are there: then one more fault is promised to harm nothing. */
  boolean whole() {
    for (Place place : places) {
      State state = place.isUp() ? stateOf(place) : null;
      if (state == null || !state.sees(size()) || !state.safe()) {
        return false;
      }
    }
    return true;
  }

  /** Waits until all take tasks, see each other and have all copies. */
  void awaitWhole(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!whole()) {
      if (System.nanoTime() - end > 0) {
        throw new RunFailed(
            "the nodes are not back after " + atMost.toSeconds() + " s: " + states());
      }
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
  }

  private String states() {
    List<String> all = new ArrayList<>();
    places.forEach(place -> all.add(place.name + " " + stateOf(place)));
    return String.join("; ", all);
  }

  private @Nullable State stateOf(Place place) {
    return ask(place, "state", State.class);
  }

  /** Null of a process that has ended. */
  private <T> @Nullable T ask(Place place, String request, Class<T> answer) {
    try {
      return child(place).ask(request, ANSWER, answer);
    } catch (RunFailed failed) {
      if (child(place).isAlive()) {
        throw failed;
      }
      return null;
    }
  }

  /**
   * Starts what has ended again, under the same name, and waits until all nodes are members of one
   * cluster and take tasks: the next fault is not to hit while a split keeps others away.
   */
  void heal() throws InterruptedException {
    long end = System.nanoTime() + APART.toNanos();
    while (true) {
      for (Place place : places) {
        if (!place.isUp()) {
          restart(place);
          end = System.nanoTime() + APART.toNanos();
        }
      }
      Place apart = apart();
      if (apart == null) {
        return;
      }
      if (System.nanoTime() - end > 0) {
        apart.callToEnd(
            Place.UNCALLED + "apart from the others for " + APART.toSeconds() + " s: " + states());
        child(apart).kill();
        apart.awaitDown();
      } else {
        TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
      }
    }
  }

  /** Who sees the fewest, if not everybody sees all. */
  private @Nullable Place apart() {
    record Standing(Place place, int workers) {}
    List<Standing> apart = new ArrayList<>();
    for (Place place : places) {
      State state = stateOf(place);
      if (state == null || !state.sees(size())) {
        apart.add(new Standing(place, state == null ? 0 : state.workers()));
      }
    }
    return apart.stream()
        .min(Comparator.comparingInt(Standing::workers))
        .map(Standing::place)
        .orElse(null);
  }

  // ---------------------------------------------------------------- load

  /** Every node, and every caller, submits as many tasks a second from now on. */
  void load(double perSecond) {
    load(perSecond, perSecond);
  }

  /** Every node submits as many tasks a second from now on, and every caller so many. */
  void load(double perNode, double perCaller) {
    rate = perNode;
    callersRate = perCaller;
    for (Place place : places) {
      double its = place.index < size() ? perNode : perCaller;
      child(place).ask("load " + its, ANSWER, Integer.class);
    }
  }

  void stopLoad() {
    rate = 0;
    callersRate = 0;
    children.all().forEach(child -> child.ask("stop", ANSWER, Integer.class));
  }

  /** Tasks whose submitter lives and was shown no outcome. */
  int open() {
    return children.all().stream()
        .mapToInt(child -> child.ask("open", ANSWER, Integer.class))
        .sum();
  }

  /** Tasks that were accepted. */
  long accepted() {
    return accepted.get();
  }

  /** Lets the last process, the callers' if there are any, look every accepted task up. */
  void readAll() {
    history.flush();
    List<ChildNode> all = children.all();
    all.get(all.size() - 1).ask("read " + history.file().toAbsolutePath(), READ, Integer.class);
  }

  /** Waits until what has ended by itself is written down: that is why a run may have failed. */
  void awaitEnds() throws InterruptedException {
    // The last place may have got no process.
    for (Place place : places.subList(0, children.all().size())) {
      if (!child(place).isAlive()) {
        place.awaitDown();
      }
    }
  }

  /** What ends from now on ends with the run. */
  void over() {
    places.forEach(Place::over);
  }

  // ---------------------------------------------------------------- for faults

  /** Whether a node had begun attempts shortly before, none of which could have ended then. */
  boolean wasBusy(int node, long micros) {
    return places.get(node).startedSince(micros - taskMillis * 1_000L / 2);
  }

  Place place(int node) {
    return places.get(node);
  }

  ChildNode child(Place place) {
    return children.get(place.index);
  }
}
