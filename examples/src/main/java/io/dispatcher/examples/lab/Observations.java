package io.dispatcher.examples.lab;

import java.util.Arrays;

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

  Observations(Setup setup, SimWorker[] workers, Keys keys) {
    this.setup = setup;
    this.workers = workers;
    this.keys = keys;
    this.times = new double[setup.length().tasks()];
    this.there = new boolean[setup.fronts()][setup.everybody()];
    for (boolean[] one : there) {
      Arrays.fill(one, 0, setup.workers(), true);
    }
    keys.prefer(setup);
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
    if (sum > 0) {
      looks++;
      spread += most * living / sum;
      fairness += perWeight * perWeight / living / squares;
    }
  }

  /** A front is told that a worker is there. */
  void joined(int front, int worker) {
    there[front][worker] = true;
    newcomers |= worker >= setup.workers();
  }

  /** A front is told that a worker has left. */
  void left(int front, int worker) {
    there[front][worker] = false;
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
      toPreferred += task.key != SimTask.NO_KEY && keys.preferred(task.key) == task.worker ? 1 : 0;
    }
  }

  void ended(SimTask task, long now) {
    if (task.measured) {
      times[ended++] = (now - task.arrivedAt) / (double) Simulation.TASK;
    }
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
        newcomers ? toNewcomer / (double) sinceNewcomer : 0,
        toDying,
        toGone);
  }
}
