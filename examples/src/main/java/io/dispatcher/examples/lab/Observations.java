package io.dispatcher.examples.lab;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What is seen in the course of a run. */
final class Observations {

  /** Loads are looked at with every so many arrivals. */
  private static final int LOOK = 20;

  private final Setup setup;
  private final SimWorker[] workers;
  private final Keys keys;
  private final double[] times;

  /** By front and worker, whether it was told that the worker is there, and not that it left. */
  private final boolean[][] there;

  /** By front: where each key belongs, by the members that it was told of. */
  private final int[][] preferred;

  /** By front, whether it was told that the worker that died is back. */
  private final boolean[] back;

  /** Clients whose last task went to each worker. */
  private final int[] clientsAt;

  private int ended;
  private long sent;
  private long toFirst;
  private long toPreferred;
  private long toDying;
  private long toGone;
  private boolean newcomers;
  private long sinceNewcomer;
  private long toNewcomer;
  private int looks;
  private int arrivals;
  private double spread;
  private double fairness;
  private long keyed;
  private long overBound;
  private long mostOver;

  /** Tasks whose key belongs to the worker that dies, before that and since it is back. */
  private final long[] ofDying = new long[2];

  private final long[] toDyingHome = new long[2];
  private long ofKnown;
  private long toSame;
  private int clientLooks;
  private double clientSpread;

  Observations(Setup setup, SimWorker[] workers, Keys keys) {
    this.setup = setup;
    this.workers = workers;
    this.keys = keys;
    this.times = new double[setup.length().tasks()];
    this.there = new boolean[setup.fronts()][setup.everybody()];
    for (boolean[] one : there) {
      Arrays.fill(one, 0, setup.workers(), true);
    }
    this.preferred = new int[setup.fronts()][];
    for (int f = 0; f < preferred.length; f++) {
      prefer(f);
    }
    this.back = new boolean[setup.fronts()];
    this.clientsAt = new int[setup.everybody()];
  }

  private void prefer(int front) {
    int[] members = IntStream.range(0, setup.everybody()).filter(w -> there[front][w]).toArray();
    preferred[front] = keys.preferred(setup, members);
  }

  void arrived(SimTask task) {
    if (task.measured && ++arrivals % LOOK == 0) {
      look();
    }
  }

  private void look() {
    double sum = 0;
    double most = 0;
    double perWeight = 0;
    double squares = 0;
    int living = 0;
    for (SimWorker worker : workers) {
      if (!worker.alive) {
        continue;
      }
      living++;
      int held = worker.held();
      double part = held / setup.weight(worker.number);
      sum += held;
      most = Math.max(most, held);
      perWeight += part;
      squares += part * part;
    }
    int clients = Arrays.stream(clientsAt).sum();
    if (clients > 0) {
      clientLooks++;
      clientSpread += Arrays.stream(clientsAt).max().orElse(0) * living / (double) clients;
    }
    if (sum > 0) {
      looks++;
      spread += most * living / sum;
      fairness += perWeight * perWeight / living / squares;
    }
  }

  /** A front is told that a worker is there. */
  void joined(int front, int worker) {
    there[front][worker] = true;
    prefer(front);
    newcomers |= worker >= setup.workers();
    back[front] |= worker < setup.workers();
  }

  /** A front is told that a worker has left. */
  void left(int front, int worker) {
    there[front][worker] = false;
    prefer(front);
  }

  /** A client's connection ends. */
  void closed(SimClient client) {
    if (client.last >= 0) {
      clientsAt[client.last]--;
      client.last = -1;
    }
  }

  /**
   * A task with a key goes to a worker.
   *
   * @param tasks by which that is over its bound then
   */
  void over(long tasks) {
    keyed++;
    overBound += tasks > 0 ? 1 : 0;
    mostOver = Math.max(mostOver, tasks);
  }

  /** Whether its front has sent a task to a worker that it was told is not there. */
  boolean gone(SimTask task) {
    return !there[task.front][task.worker];
  }

  void sent(SimTask task, boolean alive) {
    if (gone(task)) {
      toGone++;
    } else if (!alive) {
      toDying++;
    }
    if (newcomers) {
      sinceNewcomer++;
      toNewcomer += task.worker >= setup.workers() ? 1 : 0;
    }
    if (task.measured) {
      sent++;
      toFirst += task.worker == 0 ? 1 : 0;
      if (task.key != SimTask.NO_KEY) {
        keyed(task, preferred[task.front][task.key]);
      }
      if (task.client != null) {
        of(task.client, task.worker);
      }
    }
  }

  private void keyed(SimTask task, int home) {
    boolean there = task.worker == home;
    toPreferred += there ? 1 : 0;
    if (home == Simulation.DYING) {
      int since = back[task.front] ? 1 : 0;
      ofDying[since]++;
      toDyingHome[since] += there ? 1 : 0;
    }
  }

  private void of(SimClient client, int worker) {
    if (client.last >= 0) {
      ofKnown++;
      toSame += client.last == worker ? 1 : 0;
      clientsAt[client.last]--;
    }
    if (!client.closed) {
      client.last = worker;
      clientsAt[worker]++;
    }
  }

  void ended(SimTask task, long now) {
    if (task.measured) {
      times[ended++] = (now - task.arrivedAt) / (double) Simulation.TASK;
    }
  }

  private double returned() {
    double before = toDyingHome[0] / (double) Math.max(1, ofDying[0]);
    return toDyingHome[1] == 0 ? 0 : toDyingHome[1] / (double) ofDying[1] / before;
  }

  Figures figures(String rule) {
    double[] sorted = Arrays.copyOf(times, ended);
    Arrays.sort(sorted);
    return new Figures(
        setup,
        rule,
        Arrays.stream(sorted).average().orElse(0),
        sorted[ended / 2],
        sorted[(int) (ended * 0.99)],
        sorted[(int) (ended * 0.999)],
        spread / looks,
        fairness / looks,
        toFirst / (double) sent,
        toPreferred / (double) sent,
        keyed == 0 ? 0 : overBound / (double) keyed,
        mostOver,
        returned(),
        ofKnown == 0 ? 0 : toSame / (double) ofKnown,
        clientLooks == 0 ? 0 : clientSpread / clientLooks,
        newcomers ? toNewcomer / (double) sinceNewcomer : 0,
        toDying,
        toGone);
  }
}
