package io.dispatcher.examples.lab;

import io.dispatcher.balance.PeakEwma;
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
final class SimFront {

  private final Simulation simulation;
  private final Setup setup;
  final int number;
  private final SimView[] views;
  private final ArrayDeque<SimTask> waiting = new ArrayDeque<>();

  /** Kept only where workers leave. */
  private final Set<SimTask> out = new LinkedHashSet<>();

  private final Rule.Chooser chooser;
  private final Fading fading = new Fading();
  private final SimSessions sessions = new SimSessions();
  private Members members;
  private long usual;

  SimFront(Simulation simulation, Setup setup, int number, Rule rule) {
    this.simulation = simulation;
    this.setup = setup;
    this.number = number;
    this.views = new SimView[setup.everybody()];
    Arrays.setAll(views, this::stranger);
    this.members = new Members(this, IntStream.range(0, setup.workers()).toArray());
    this.chooser = rule.chooser(members, simulation);
    chooser.membersChanged(members);
  }

  private SimView stranger(int worker) {
    return new SimView(Simulation.workerName(worker), setup.weight(worker), setup.slots());
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
      simulation.chosen(task, worker, members);
      SimView view = views[worker];
      view.own++;
      task.worker = worker;
      task.assignedAt = simulation.now();
      view.times.began(task.assignedAt, usual);
      sessions.began(task, view);
      if (setup.changes()) {
        out.add(task);
      }
      simulation.deliver(task);
    }
  }

  void ended(SimTask task, SimWorker.Room room) {
    SimView view = views[task.worker];
    view.own--;
    view.times.succeeded(task.assignedAt, simulation.now());
    sessions.ended(task, simulation.now());
    out.remove(task);
    told(task.worker, room);
  }

  void closed(SimClient client) {
    sessions.closed(client);
  }

  /** Nothing was heard of it for so long that it has to be sent again. */
  void lapsed(SimTask task) {
    SimView view = views[task.worker];
    view.own--;
    view.times.dropped(task.assignedAt);
    sessions.ended(task, simulation.now());
    out.remove(task);
    waiting.addFirst(task);
    dispatch();
  }

  void told(int worker, SimWorker.Room room) {
    views[worker].heard(room, simulation.now());
    dispatch();
  }

  void heartbeat(int worker, int held) {
    views[worker].heartbeat(held);
  }

  /** What tasks take on most workers; to be found out about once a second. */
  void sample() {
    long now = simulation.now();
    long[] known =
        Arrays.stream(members.numbers())
            .mapToObj(w -> views[w].times)
            .filter(PeakEwma::known)
            .mapToLong(each -> each.nanos(now, usual))
            .sorted()
            .toArray();
    usual = known.length == 0 ? usual : known[known.length / 2];
    fading.usual(usual);
    sessions.expire(now);
  }

  // ---------------------------------------------------------------- membership

  /** Its link is closed: not chosen any more, but a member still. */
  void suspect(int worker) {
    views[worker].suspect = true;
  }

  void left(int worker) {
    views[worker] = stranger(worker);
    change(Arrays.stream(members.numbers()).filter(w -> w != worker));
    List<SimTask> lost = out.stream().filter(task -> task.worker == worker).toList();
    lost.forEach(out::remove);
    lost.forEach(task -> sessions.ended(task, simulation.now()));
    for (int k = lost.size() - 1; k >= 0; k--) {
      waiting.addFirst(lost.get(k));
    }
    dispatch();
  }

  void joined(int worker) {
    change(IntStream.concat(Arrays.stream(members.numbers()), IntStream.of(worker)).sorted());
    dispatch();
  }

  private void change(IntStream numbers) {
    members = new Members(this, numbers.toArray());
    chooser.membersChanged(members);
  }

  // ---------------------------------------------------------------- what it knows

  /** Of the worker with a number, be it a member or not. */
  SimView view(int worker) {
    return views[worker];
  }

  int slots() {
    return setup.slots();
  }

  long load(SimView view) {
    return view.own + fading.of(view.others, simulation.now() - view.heardAt);
  }

  boolean open(SimView view) {
    return !view.suspect && (!setup.network().credit() || view.own < view.credit);
  }

  long latencyNanos(SimView view) {
    return view.times.nanos(simulation.now(), usual);
  }
}
