package io.dispatcher.examples.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * One run: tasks arrive at random times, each at a random front, whose rule chooses the worker. The
 * same setup gives every rule the same tasks at the same times.
 */
final class Simulation {

  /** The mean task: 0.1 s, for rules that count in seconds. */
  static final long TASK = 100_000_000L;

  /** A second: how often fronts find out what is usual. */
  private static final double SECOND = 10;

  /** From a worker's death until its leave is seen: 0.6 s. */
  private static final double DETECTION = 6;

  /** Who dies where workers come and go, and is back later. */
  static final int DYING = 1;

  private record Event(long at, long number, Runnable what) {}

  private final Setup setup;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
  private final RandomGenerator arrivals;
  private final RandomGenerator chance;
  private final Keys keys;
  private final List<SimFront> fronts = new ArrayList<>();
  private final SimClient[] clients;
  private final SimWorker[] workers;
  private final Observations seen;

  /** Of each worker, what has been sent and has not ended: known at once to who knows it all. */
  private final int[] outstanding;

  private final String rule;
  private long now;
  private long number;
  private int arrived;
  private int done;

  private Simulation(Setup setup, Rule rule) {
    this.setup = setup;
    this.rule = rule.name();
    SplittableRandom seed = new SplittableRandom(setup.length().seed());
    this.arrivals = seed.split();
    this.chance = seed.split();
    this.keys = new Keys(setup.work().keys(), setup.work().zipf());
    this.outstanding = new int[setup.everybody()];
    this.workers = new SimWorker[setup.everybody()];
    Arrays.setAll(workers, w -> new SimWorker(this, w, setup));
    this.seen = new Observations(setup, workers, keys);
    for (int f = 0; f < setup.fronts(); f++) {
      fronts.add(new SimFront(this, setup, f, rule));
    }
    this.clients = new SimClient[setup.work().clients()];
    Arrays.setAll(clients, c -> new SimClient(c % setup.fronts()));
    double heartbeats = rule.heartbeatEvery();
    for (SimWorker worker : workers) {
      every(setup.network().reportEvery(), () -> report(worker));
      every(heartbeats, () -> heartbeat(worker));
    }
    fronts.forEach(front -> every(SECOND, front::sample));
  }

  static Figures run(Setup setup, Rule rule) {
    return new Simulation(setup, rule).run();
  }

  /** The means of so many runs, with the seeds 1, 2 … */
  static Figures run(Setup setup, Rule rule, int seeds) {
    return Figures.of(
        IntStream.rangeClosed(1, seeds).mapToObj(seed -> run(setup.seed(seed), rule)).toList());
  }

  static String workerName(int worker) {
    return String.format("worker-%04d", worker);
  }

  private Figures run() {
    after(gap(), this::arrive);
    int all = setup.length().tasks();
    if (setup.changes()) {
      double length = all / setup.arrivals();
      after(0.4 * length, () -> die(DYING));
      after(0.55 * length, () -> join(setup.workers()));
      after(0.7 * length, () -> join(DYING));
    }
    while (done < all) {
      Event next = events.remove();
      now = next.at;
      next.what.run();
    }
    return seen.figures(rule);
  }

  // ---------------------------------------------------------------- time

  long now() {
    return now;
  }

  /** Later by so many mean task times. */
  void after(double times, Runnable what) {
    events.add(new Event(now + Math.round(times * TASK), number++, what));
  }

  private void every(double times, Runnable what) {
    if (times > 0) {
      after(times * chance.nextDouble(), () -> again(times, what));
    }
  }

  private void again(double times, Runnable what) {
    what.run();
    after(times, () -> again(times, what));
  }

  /** Over the network: at once if that takes no time. */
  private void send(Runnable what) {
    double delay = setup.network().delay();
    if (delay == 0) {
      what.run();
    } else {
      after(delay, what);
    }
  }

  // ---------------------------------------------------------------- tasks

  private double gap() {
    return -Math.log(1 - arrivals.nextDouble()) / setup.arrivals();
  }

  private double size() {
    if (setup.work().sizes() == Setup.Sizes.EXPONENTIAL) {
      return -Math.log(1 - arrivals.nextDouble());
    }
    return Math.exp(2 * arrivals.nextGaussian() - 2);
  }

  private void arrive() {
    int unmeasured = (int) (setup.length().warmUp() * setup.length().tasks());
    if (arrived == unmeasured && setup.slowsDown()) {
      workers[0].speed(0.1);
    }
    boolean measured = arrived++ >= unmeasured;
    SimClient client = clients.length == 0 ? null : client();
    SimFront front = fronts.get(client == null ? arrivals.nextInt(fronts.size()) : client.front);
    SimTask task = new SimTask(front.number, size(), now, keys.draw(arrivals), client, measured);
    seen.arrived(task);
    front.accept(task);
    if (arrived < setup.length().tasks()) {
      after(gap(), this::arrive);
    }
  }

  /** Whoever comes next; a client that has gone is replaced by one at any front. */
  private SimClient client() {
    int c = arrivals.nextInt(clients.length);
    if (arrivals.nextInt(Setup.TASKS_OF_A_CLIENT) == 0) {
      fronts.get(clients[c].front).closed(clients[c]);
      seen.closed(clients[c]);
      clients[c] = new SimClient(arrivals.nextInt(fronts.size()));
    }
    return clients[c];
  }

  /** A front has chosen a worker, and counts the task from now on. */
  void chosen(SimTask task, int worker, Members members) {
    if (task.key != SimTask.NO_KEY && task.measured) {
      seen.over(KeyBound.over(members, worker, this));
    }
  }

  /** A front sends a task. */
  void deliver(SimTask task) {
    SimWorker worker = workers[task.worker];
    seen.sent(task, worker.alive);
    outstanding[task.worker]++;
    if (worker.alive) {
      send(() -> worker.receive(task));
    } else if (seen.gone(task)) {
      // No leave will tell the front of it any more.
      after(DETECTION, () -> fronts.get(task.front).lapsed(task));
    }
  }

  /** A worker has run a task. */
  void answer(SimTask task, SimWorker.Room room) {
    outstanding[task.worker]--;
    send(
        () -> {
          done++;
          seen.ended(task, now);
          fronts.get(task.front).ended(task, room);
        });
  }

  /** Not to all fronts at once: else all of them would run to whoever has little to do. */
  private void report(SimWorker worker) {
    double apart = setup.network().reportEvery() / fronts.size();
    for (SimFront front : fronts) {
      after(apart * front.number, () -> report(worker, front));
    }
  }

  private void report(SimWorker worker, SimFront front) {
    if (worker.alive) {
      SimWorker.Room room = worker.room(front.number);
      send(() -> front.told(worker.number, room));
    }
  }

  private void heartbeat(SimWorker worker) {
    if (worker.alive) {
      int held = worker.held();
      send(() -> fronts.forEach(front -> front.heartbeat(worker.number, held)));
    }
  }

  // ---------------------------------------------------------------- what no front knows

  int outstanding(int worker) {
    return outstanding[worker];
  }

  boolean alive(int worker) {
    return workers[worker].alive;
  }

  RandomGenerator chance() {
    return chance;
  }

  Keys keys() {
    return keys;
  }

  private void die(int worker) {
    workers[worker].die();
    outstanding[worker] = 0;
    send(() -> fronts.forEach(front -> front.suspect(worker)));
    after(DETECTION, () -> fronts.forEach(front -> left(front, worker)));
  }

  private void left(SimFront front, int worker) {
    seen.left(front.number, worker);
    front.left(worker);
  }

  private void join(int worker) {
    workers[worker].alive = true;
    outstanding[worker] = 0;
    send(() -> fronts.forEach(front -> joined(front, worker)));
  }

  private void joined(SimFront front, int worker) {
    seen.joined(front.number, worker);
    front.joined(worker);
  }
}
