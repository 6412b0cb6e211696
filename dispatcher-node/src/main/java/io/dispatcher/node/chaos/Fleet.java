package io.dispatcher.node.chaos;

import com.hazelcast.core.Hazelcast;
import io.dispatcher.node.ChildNode;
import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.Ports;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a run, and what is done to them. One thread may do it; what ends by itself is
 * noticed on another one.
 */
final class Fleet {
  /** Begins the line of a node that ended, or stayed, although nobody wanted it to. */
  static final String UNCALLED = "uncalled: ";

  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Duration DRAIN = Duration.ofSeconds(45);

  /** So soon a node that the others have removed has to end itself, or to be among them again. */
  private static final Duration APART = Duration.ofSeconds(40);

  private static final Duration TURN = Duration.ofMillis(100);

  /** A thawed node that the others were about to remove ends within this, mostly. */
  private static final Duration LAST_MOMENT = Duration.ofSeconds(2);

  /** A pause can cut off others than the one that was frozen: they end too. */
  private static final long NANOS_AFTER_THAW = TimeUnit.SECONDS.toNanos(60);

  /** Submits of one process; the next one under the same name goes on behind. */
  private static final long SUBMITS = 1_000_000_000L;

  private final ChildNodes children;
  private final List<Integer> ports;
  private final List<Integer> doors;
  private final Plan plan;
  private final History history;
  private final Presence presence;
  private final AtomicLong accepted = new AtomicLong();
  private final List<Place> places = new ArrayList<>();
  private double rate;
  private volatile boolean over;
  private volatile long thawedAt;

  /** Where one node runs, one process after the other. */
  private static final class Place {
    final int index;
    final String name;
    int processes;

    // Guarded by this place.
    @Nullable ChildNode child;
    boolean up;
    @Nullable String calledToEnd;

    Place(int index) {
      this.index = index;
      this.name = Chaos.name(index);
    }
  }

  /**
   * @param doors ports of the HTTP doors
   */
  Fleet(
      ChildNodes children,
      List<Integer> ports,
      List<Integer> doors,
      Plan plan,
      History history,
      Presence presence) {
    this.children = children;
    this.ports = ports;
    this.doors = doors;
    this.plan = plan;
    this.history = history;
    this.presence = presence;
    for (int i = 0; i < ports.size(); i++) {
      places.add(new Place(i));
    }
  }

  // ---------------------------------------------------------------- start

  /** Starts all nodes and waits until they can be used. */
  void start() {
    for (Place place : places) {
      children.start(place.name, arguments(place), (index, event) -> heard(event));
      follow(place, children.get(place.index));
    }
    children.awaitReady();
    places.forEach(this::up);
  }

  private List<String> arguments(Place place) {
    // The parent's own submits come first.
    long process = 1 + place.index + (long) places.size() * place.processes++;
    return List.of(
        "chaos-node",
        "--index=" + place.index,
        "--ports=" + Ports.text(ports),
        "--http-port=" + doors.get(place.index),
        "--task-ms=" + plan.taskMillis(),
        "--first=" + (1 + process * SUBMITS));
  }

  private void heard(String event) {
    history.add(event);
    if (event.contains("\"op\":\"" + Kind.ACCEPT.word() + "\"")) {
      accepted.incrementAndGet();
    }
  }

  private void follow(Place place, ChildNode child) {
    synchronized (place) {
      place.child = child;
      place.calledToEnd = null;
    }
    child.onExit(code -> ended(place, child, code));
  }

  private void up(Place place) {
    synchronized (place) {
      place.up = true;
    }
    history.add(Line.of(place.name, Kind.UP));
  }

  private void ended(Place place, ChildNode child, int code) {
    String why;
    synchronized (place) {
      if (place.child != child || over) {
        return;
      }
      // Whoever comes under this name from now on is another one.
      presence.forget(place.name);
      place.up = false;
      place.notifyAll();
      boolean afterThaw = thawedAt != 0 && System.nanoTime() - thawedAt < NANOS_AFTER_THAW;
      why =
          place.calledToEnd != null
              ? place.calledToEnd
              : afterThaw
                  ? "expelled after a pause"
                  : UNCALLED + "ended by itself, exit code " + code;
    }
    history.add(Line.of(place.name, Kind.DOWN).text(why));
  }

  /**
   * Starts what has ended again, under the same name, and waits until all nodes are members of one
   * cluster: the next fault is not to hit while a split keeps others away.
   *
   * @param first makes sure that the front of this process can see them
   */
  void heal(Runnable first) throws InterruptedException {
    for (Place place : places) {
      long end = System.nanoTime() + APART.toNanos();
      first.run();
      while (!isUp(place) || !presence.here(place.name)) {
        ChildNode child = children.get(place.index);
        if (!isUp(place)) {
          restart(place);
          end = System.nanoTime() + APART.toNanos();
        } else if (System.nanoTime() - end > 0) {
          callToEnd(place, UNCALLED + "apart from the others for " + APART.toSeconds() + " s");
          child.kill();
          awaitDown(place);
        } else if (child.awaitEnd(TURN)) {
          awaitDown(place);
        }
        first.run();
      }
    }
  }

  private static boolean isUp(Place place) {
    synchronized (place) {
      return place.up;
    }
  }

  private void restart(Place place) {
    ChildNode child = children.restart(place.index, arguments(place), this::heard);
    follow(place, child);
    child.awaitReady(START);
    up(place);
    if (rate > 0) {
      child.ask("load " + rate, ANSWER, Integer.class);
    }
  }

  // ---------------------------------------------------------------- load

  /** Every node submits as many tasks a second from now on. */
  void load(double perSecond) {
    rate = perSecond;
    children.all().forEach(node -> node.ask("load " + perSecond, ANSWER, Integer.class));
  }

  void stopLoad() {
    rate = 0;
    children.all().forEach(node -> node.ask("stop", ANSWER, Integer.class));
  }

  /** Tasks that were submitted on a node which lives and have shown no outcome there. */
  int open() {
    return children.all().stream().mapToInt(node -> node.ask("open", ANSWER, Integer.class)).sum();
  }

  /** Tasks that the nodes have accepted. */
  long accepted() {
    return accepted.get();
  }

  /** What ends from now on ends with the run. */
  void over() {
    over = true;
  }

  // ---------------------------------------------------------------- faults

  int size() {
    return places.size();
  }

  /** Kills these nodes at once. */
  void kill(List<Integer> victims) throws InterruptedException {
    long unsafe = whole() ? 0 : 1;
    for (int victim : victims) {
      Place place = places.get(victim);
      callToEnd(place, "killed");
      history.add(Line.of(place.name, Kind.FAULT).number(unsafe).text(FaultClass.KILL.word()));
      children.get(victim).kill();
    }
    for (int victim : victims) {
      awaitDown(places.get(victim));
    }
  }

  /** Tells a node to leave, and waits until it has. */
  void leave(int victim) throws InterruptedException {
    Place place = places.get(victim);
    long unsafe = whole() ? 0 : 1;
    callToEnd(place, "left");
    history.add(Line.of(place.name, Kind.FAULT).number(unsafe).text(FaultClass.LEAVE.word()));
    ChildNode child = children.get(victim);
    child.terminate();
    if (!child.awaitEnd(DRAIN)) {
      callToEnd(place, UNCALLED + "did not leave within " + DRAIN.toSeconds() + " s");
      child.kill();
    }
    awaitDown(place);
  }

  /** Freezes a node for a while. {@link #heal} waits for what becomes of it. */
  void pause(int victim, Duration length) throws InterruptedException {
    Place place = places.get(victim);
    ChildNode child = children.get(victim);
    long unsafe = whole() ? 0 : 1;
    history.add(Line.of(place.name, Kind.FAULT).number(unsafe).text(FaultClass.PAUSE.word()));
    Freezing.signal("-STOP", child);
    TimeUnit.MILLISECONDS.sleep(length.toMillis());
    thawedAt = System.nanoTime();
    Freezing.signal("-CONT", child);
    history.add(Line.of(place.name, Kind.THAW));
    if (child.awaitEnd(LAST_MOMENT)) {
      awaitDown(place);
    }
  }

  private static void callToEnd(Place place, String why) {
    synchronized (place) {
      place.calledToEnd = why;
    }
  }

  /** The end of a process is noticed on another thread. */
  private static void awaitDown(Place place) throws InterruptedException {
    synchronized (place) {
      long end = System.nanoTime() + ANSWER.toNanos();
      while (place.up) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new RunFailed("the end of " + place.name + " was not noticed");
        }
        place.wait(left);
      }
    }
  }

  /** Whether all copies are there: then one more fault is promised to harm nothing. */
  private boolean whole() {
    return places.stream().allMatch(place -> presence.here(place.name))
        && Hazelcast.getAllHazelcastInstances().stream()
            .allMatch(member -> member.getPartitionService().isClusterSafe());
  }
}
