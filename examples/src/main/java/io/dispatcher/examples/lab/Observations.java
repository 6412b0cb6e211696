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
  private int ended;
  private long sent;
  private long toFirst;
  private long toPreferred;
  private long toDying;
  private long toGone;
  private int looks;
  private int arrivals;
  private double spread;
  private double fairness;

  Observations(Setup setup, SimWorker[] workers, Keys keys) {
    this.setup = setup;
    this.workers = workers;
    this.keys = keys;
    this.times = new double[setup.length().tasks()];
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
    for (SimWorker worker : workers) {
      int held = worker.held();
      double part = held / setup.weight(worker.number);
      sum += held;
      most = Math.max(most, held);
      perWeight += part;
      squares += part * part;
    }
    if (sum > 0) {
      looks++;
      spread += most * workers.length / sum;
      fairness += perWeight * perWeight / workers.length / squares;
    }
  }

  void sent(SimTask task, boolean alive, boolean member) {
    if (!alive) {
      if (member) {
        toDying++;
      } else {
        toGone++;
      }
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
        toDying,
        toGone);
  }
}
