package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.PeakEwma;
import io.dispatcher.balance.Workers;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A front: what it knows of the workers, which is what a dispatcher's front knows, and the tasks
 * that wait here for room.
 */
final class SimFront implements Workers {

  /** What it knows of one worker. */
  private static final class View {
    final String name;
    final long hash;
    final double weight;
    PeakEwma times = new PeakEwma();
    int own;
    int others;
    long heardAt;
    int credit;
    boolean suspect;

    /** For rivals that go by heartbeats: how many, the tasks it had in all, and at the last. */
    int heartbeats;

    long heartbeatSum;
    int heartbeat;

    View(String name, double weight, int credit) {
      this.name = name;
      this.hash = Balancers.hash(name);
      this.weight = weight;
      this.credit = credit;
    }
  }

  private final Simulation simulation;
  private final Setup setup;
  final int number;
  private final View[] views;
  private final ArrayDeque<SimTask> waiting = new ArrayDeque<>();

  /** Kept only where workers leave. */
  private final Set<SimTask> out = new LinkedHashSet<>();

  private final Rule.Chooser chooser;

  /** Those it has as members, in the order of their names. */
  private int[] members;

  private final Fading fading = new Fading();

  private long usual;

  SimFront(Simulation simulation, Setup setup, int number, Rule rule) {
    this.simulation = simulation;
    this.setup = setup;
    this.number = number;
    this.views = new View[setup.workers()];
    Arrays.setAll(views, w -> new View(Simulation.workerName(w), setup.weight(w), setup.slots()));
    this.members = IntStream.range(0, views.length).toArray();
    this.chooser = rule.chooser(this, simulation);
    chooser.membersChanged();
  }

  // ---------------------------------------------------------------- tasks

  void accept(SimTask task) {
    waiting.add(task);
    dispatch();
  }

  private void dispatch() {
    for (SimTask task = waiting.peek(); task != null; task = waiting.peek()) {
      int worker = chooser.choose(task);
      if (worker < 0) {
        return;
      }
      waiting.remove();
      View view = views[worker];
      view.own++;
      task.worker = worker;
      task.assignedAt = simulation.now();
      view.times.began(task.assignedAt, usual);
      if (setup.cluster().leave()) {
        out.add(task);
      }
      simulation.deliver(task, Arrays.binarySearch(members, worker) >= 0);
    }
  }

  void ended(SimTask task, SimWorker.Room room) {
    View view = views[task.worker];
    view.own--;
    view.times.succeeded(task.assignedAt, simulation.now());
    out.remove(task);
    told(task.worker, room);
  }

  void told(int worker, SimWorker.Room room) {
    View view = views[worker];
    view.others = Math.max(0, room.total() - room.mine());
    view.heardAt = simulation.now();
    view.credit = room.credit();
    dispatch();
  }

  void heartbeat(int worker, int held) {
    View view = views[worker];
    view.heartbeats++;
    view.heartbeatSum += held;
    view.heartbeat = held;
  }

  /** What tasks take on most workers; to be found out about once a second. */
  void sample() {
    long now = simulation.now();
    long[] known =
        Arrays.stream(members)
            .mapToObj(w -> views[w].times)
            .filter(PeakEwma::known)
            .mapToLong(each -> each.nanos(now, usual))
            .sorted()
            .toArray();
    usual = known.length == 0 ? usual : known[known.length / 2];
    fading.usual(usual);
  }

  // ---------------------------------------------------------------- membership

  /** Its link is closed: not chosen any more, but a member still. */
  void suspect(int worker) {
    views[worker].suspect = true;
  }

  void left(int worker) {
    members = Arrays.stream(members).filter(w -> w != worker).toArray();
    views[worker] = new View(views[worker].name, views[worker].weight, setup.slots());
    chooser.membersChanged();
    List<SimTask> lost = out.stream().filter(task -> task.worker == worker).toList();
    lost.forEach(out::remove);
    for (int k = lost.size() - 1; k >= 0; k--) {
      waiting.addFirst(lost.get(k));
    }
    dispatch();
  }

  void joined(int worker) {
    members = IntStream.concat(Arrays.stream(members), IntStream.of(worker)).sorted().toArray();
    chooser.membersChanged();
    dispatch();
  }

  /** The number of the worker at an index of this snapshot. */
  int member(int i) {
    return members[i];
  }

  /** Tasks that a worker of this snapshot had at its last heartbeat. */
  int lastHeartbeat(int i) {
    return view(i).heartbeat;
  }

  /** Tasks that a worker of this snapshot had, on the average of all its heartbeats. */
  double meanHeartbeat(int i) {
    View view = view(i);
    return view.heartbeats == 0 ? 0 : view.heartbeatSum / (double) view.heartbeats;
  }

  /** Tasks that a worker of this snapshot has from here. */
  int own(int i) {
    return view(i).own;
  }

  // ---------------------------------------------------------------- as the balancers see it

  private View view(int i) {
    return views[members[i]];
  }

  @Override
  public int size() {
    return members.length;
  }

  @Override
  public String name(int i) {
    return view(i).name;
  }

  @Override
  public long nameHash(int i) {
    return view(i).hash;
  }

  @Override
  public double weight(int i) {
    return view(i).weight;
  }

  @Override
  public String zone(int i) {
    return "the only one";
  }

  @Override
  public int slots(int i) {
    return setup.slots();
  }

  @Override
  public long load(int i) {
    View view = view(i);
    return view.own + fading.of(view.others, simulation.now() - view.heardAt);
  }

  @Override
  public boolean open(int i) {
    View view = view(i);
    return !view.suspect && (!setup.network().credit() || view.own < view.credit);
  }

  @Override
  public long latencyNanos(int i) {
    return view(i).times.nanos(simulation.now(), usual);
  }
}
