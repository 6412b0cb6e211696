package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What is done to the nodes of a run, and written down. One thread may do it. */
final class Faults {
  private static final Duration DRAIN = Duration.ofSeconds(45);

  private final Fleet fleet;
  private final Sites sites;
  private final History history;

  Faults(Fleet fleet, Sites sites, History history) {
    this.fleet = fleet;
    this.sites = sites;
    this.history = history;
  }

  /** Kills these nodes at once. */
  void kill(List<Integer> victims) throws InterruptedException {
    long unsafe = unsafe();
    for (int victim : victims) {
      Place place = fleet.place(victim);
      place.callToEnd("killed");
      begins(place.name, FaultClass.KILL, unsafe, "");
      fleet.child(place).kill();
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

  void freeze(int victim) throws InterruptedException {
    Place place = fleet.place(victim);
    begins(place.name, FaultClass.PAUSE, unsafe(), "");
    Freezing.signal("-STOP", fleet.child(place));
  }

  void thaw(int victim) throws InterruptedException {
    Place place = fleet.place(victim);
    Freezing.signal("-CONT", fleet.child(place));
    history.add(Line.of(place.name, Kind.THAW));
  }

  /** Cuts the network for a while. {@link Fleet#heal} waits for what becomes of it. */
  void cut(Cut cut, Duration length) throws InterruptedException {
    cut(cut);
    TimeUnit.MILLISECONDS.sleep(length.toMillis());
    heal(cut);
  }

  void cut(Cut cut) {
    if (!leavesNobody(cut)) {
      begins(affected(cut), FaultClass.CUT, unsafe(), cut.what());
    }
    sites.cut(cut);
  }

  void heal(Cut cut) {
    if (leavesNobody(cut)) {
      begins(affected(cut), FaultClass.CUT, 0, cut.what());
    }
    sites.heal(cut);
    history.add(Line.of(affected(cut), Kind.THAW));
  }

  /** Then nothing can be started before the heal: what is late is late from then on. */
  private boolean leavesNobody(Cut cut) {
    return cut.ways().stream().filter(this::betweenNodes).count()
        == (long) fleet.size() * (fleet.size() - 1);
  }

  private boolean betweenNodes(Namespaces.Way way) {
    return way.from() < fleet.size() && way.to() < fleet.size();
  }

  private String affected(Cut cut) {
    return cut.ways().stream()
        .filter(this::betweenNodes)
        .map(Namespaces.Way::from)
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .map(Chaos::name)
        .collect(Collectors.joining(Timeline.AND));
  }

  private long unsafe() {
    return fleet.whole() ? 0 : 1;
  }

  private void begins(String who, FaultClass kind, long unsafe, String how) {
    history.add(Line.of(who, Kind.FAULT).number(unsafe).text((kind.word() + " " + how).strip()));
  }
}
