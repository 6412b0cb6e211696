package io.dispatcher.examples.lab;

import java.util.ArrayDeque;
import java.util.Arrays;

/** A worker: slots, and a line before them. */
final class SimWorker {

  /** What a front is told. */
  record Room(int total, int mine, int credit) {}

  private final Simulation simulation;
  final int number;
  private final int slots;
  private final ArrayDeque<SimTask> line = new ArrayDeque<>();
  private final int[] heldFor;
  private double speed;
  private int fronts;
  private int running;
  private int held;

  /** Grows when it dies: what ran before ends nowhere. */
  private int life;

  boolean alive;

  SimWorker(Simulation simulation, int number, Setup setup) {
    this.simulation = simulation;
    this.number = number;
    this.slots = setup.slots();
    this.heldFor = new int[setup.fronts()];
    this.speed = setup.speed(number);
    this.alive = number < setup.workers();
  }

  /** Of tasks that start from now on. */
  void speed(double to) {
    speed = to;
  }

  int held() {
    return held;
  }

  void receive(SimTask task) {
    if (!alive) {
      return;
    }
    held++;
    if (heldFor[task.front]++ == 0) {
      fronts++;
    }
    if (running < slots) {
      start(task);
    } else {
      line.add(task);
    }
  }

  private void start(SimTask task) {
    running++;
    int now = life;
    simulation.after(
        task.size / speed,
        () -> {
          if (life == now) {
            ended(task);
          }
        });
  }

  private void ended(SimTask task) {
    running--;
    held--;
    if (--heldFor[task.front] == 0) {
      fronts--;
    }
    SimTask next = line.poll();
    if (next != null) {
      start(next);
    }
    simulation.answer(task, room(task.front));
  }

  /** Twice its slots, shared among the fronts that have tasks here, but a whole set for each. */
  Room room(int front) {
    int credit = Math.max(slots, 2 * slots / Math.max(1, fronts));
    return new Room(held, heldFor[front], credit);
  }

  void die() {
    alive = false;
    life++;
    line.clear();
    running = 0;
    held = 0;
    fronts = 0;
    Arrays.fill(heldFor, 0);
  }
}
