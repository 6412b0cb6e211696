package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is done to the nodes of a run, and written down. One thread may do it. */
final class Faults {
  private static final Duration DRAIN = Duration.ofSeconds(45);
  private static final int HEARD_MILLIS = 20;

  /** A node that has still nothing to run then is frozen all the same. */
  private static final int MOST_STOPS = 60;

  private final Fleet fleet;
  private final Sites sites;
  private final History history;
  private final Detection detection;

  /** Of the cut that is on. */
  private @Nullable Standstill standstill;

  private final Set<Integer> frozen = new HashSet<>();

  /** What the nodes saw before the fault that is on, or before the newest death in a cut. */
  private @Nullable Views before;

  Faults(Fleet fleet, Sites sites, History history, Detection detection) {
    this.fleet = fleet;
    this.sites = sites;
    this.history = history;
    this.detection = detection;
  }

  /** Kills these nodes at once. */
  void kill(List<Integer> victims) throws InterruptedException {
    // What changes from now on is due to the death. In a cut nobody can tell: whoever dies there is
    // not missed a second time.
    look();
    if (standstill != null) {
      before = fleet.views(frozen);
    }
    long unsafe = unsafe();
    for (int victim : victims) {
      Place place = fleet.place(victim);
      place.callToEnd("killed");
      begins(place.name, FaultClass.KILL, unsafe, "");
    }
    for (int victim : victims) {
      fleet.child(fleet.place(victim)).kill();
    }
    if (standstill != null) {
      standstill.died(victims, Line.now());
    }
    for (int victim : victims) {
      fleet.place(victim).awaitDown();
    }
  }

  /**
   * Tells a node to leave, and waits until it has. That this may be a bad moment is for the node to
   * know, which waits until its copies are elsewhere.
   */
  void leave(int victim) throws InterruptedException {
    Place place = fleet.place(victim);
    ChildNode child = fleet.child(place);
    place.callToEnd("left");
    begins(place.name, FaultClass.LEAVE, 0, "");
    child.terminate();
    if (!child.awaitEnd(DRAIN)) {
      place.callToEnd(Place.UNCALLED + "did not leave within " + DRAIN.toSeconds() + " s");
      child.kill();
    }
    place.awaitDown();
  }

  /** Tells one node after the other to leave, each as soon as the one before is back. */
  void roll() throws InterruptedException {
    // Nobody begins it before the cluster is whole.
    fleet.awaitWhole(Chaos.PATIENCE);
    begins(Timeline.CLUSTER, FaultClass.ROLLING, 0, "");
    for (int node = 0; node < fleet.size(); node++) {
      leave(node);
      fleet.heal();
    }
    history.add(Line.of(Timeline.CLUSTER, Kind.THAW));
  }

  /** Freezes a node for a while. {@link Fleet#heal} waits for what becomes of it. */
  void pause(int victim, Duration length) throws InterruptedException {
    freeze(victim);
    TimeUnit.MILLISECONDS.sleep(length.toMillis());
    thaw(victim);
  }

  /** Freezes a node while it runs something: else nobody would miss it. */
  void freeze(int victim) throws InterruptedException {
    Place place = fleet.place(victim);
    before = fleet.views(frozen);
    long unsafe = unsafe();
    Line fault;
    boolean busy;
    int stops = 0;
    do {
      fault = Line.of(place.name, Kind.FAULT);
      Freezing.signal("-STOP", fleet.child(place));
      busy = hasLeftSomething(victim);
      stops++;
      if (!busy && stops < MOST_STOPS) {
        Freezing.signal("-CONT", fleet.child(place));
        TimeUnit.MILLISECONDS.sleep(HEARD_MILLIS);
      }
    } while (!busy && stops < MOST_STOPS);
    frozen.add(victim);
    history.add(fault.number(unsafe).text(FaultClass.PAUSE.word()));
  }

  private boolean hasLeftSomething(int victim) throws InterruptedException {
    long stopped = Line.now();
    // What it said before that is read on another thread.
    TimeUnit.MILLISECONDS.sleep(HEARD_MILLIS);
    return fleet.wasBusy(victim, stopped);
  }

  void thaw(int victim) throws InterruptedException {
    Place place = fleet.place(victim);
    look();
    Freezing.signal("-CONT", fleet.child(place));
    frozen.remove(victim);
    history.add(Line.of(place.name, Kind.THAW));
  }

  /** Cuts the network for a while. {@link Fleet#heal} waits for what becomes of it. */
  void cut(Cut cut, Duration length) throws InterruptedException {
    cut(cut);
    TimeUnit.MILLISECONDS.sleep(length.toMillis());
    heal(cut);
  }

  void cut(Cut cut) {
    before = fleet.views(frozen);
    begins(affected(cut), FaultClass.CUT, unsafe(), cut.what());
    List<Integer> dead =
        IntStream.range(0, fleet.size()).filter(i -> !fleet.place(i).isUp()).boxed().toList();
    standstill = new Standstill(fleet.size(), cut, dead, Line.now(), detection.bound());
    sites.cut(cut);
  }

  void heal(Cut cut) {
    look();
    Set<Integer> waiting = standstill == null ? Set.of() : standstill.waiting();
    standstill = null;
    if (!waiting.isEmpty()) {
      String how = Timeline.NO_MAJORITY + " " + cut.what();
      history.add(Line.of(names(waiting), Kind.FAULT).text(how));
    }
    sites.heal(cut);
    history.add(Line.of(affected(cut), Kind.THAW));
  }

  /** Writes down what the nodes have noticed of the fault that is on. */
  private void look() {
    if (before != null) {
      before.changedTo(fleet.views(frozen)).forEach(history::add);
      before = null;
    }
  }

  private boolean betweenNodes(Namespaces.Way way) {
    return way.from() < fleet.size() && way.to() < fleet.size();
  }

  /** Both ends of each way: either may be the one that is removed. */
  private String affected(Cut cut) {
    return names(
        cut.ways().stream()
            .filter(this::betweenNodes)
            .flatMap(way -> Stream.of(way.from(), way.to()))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static String names(Set<Integer> nodes) {
    return nodes.stream().map(Chaos::name).collect(Collectors.joining(Timeline.AND));
  }

  /** What that means for the promise, the history tells: how many died since, and for how long. */
  private long unsafe() {
    // While a cut is on, who asks whether all copies are there waits for seconds for those who
    // cannot answer, and the death would come late.
    return standstill == null && fleet.whole() ? 0 : 1;
  }

  private void begins(String who, FaultClass kind, long unsafe, String how) {
    history.add(Line.of(who, Kind.FAULT).number(unsafe).text((kind.word() + " " + how).strip()));
  }
}
