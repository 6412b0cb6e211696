package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.PeakEwma;

/** What a front knows of one worker. */
final class SimView {

  final String name;
  final long hash;
  final double weight;
  final PeakEwma times = new PeakEwma();
  int own;
  int others;
  int credit;

  /** Of this front's clients. */
  int sessions;

  /** When it was last told of others and credit. */
  long heardAt;

  boolean suspect;

  /** For rivals that go by heartbeats: how many, the tasks it had in all, and at the last. */
  int heartbeats;

  long heartbeatSum;
  int heartbeat;

  /**
   * @param credit tasks it may have before it has said anything
   */
  SimView(String name, double weight, int credit) {
    this.name = name;
    this.hash = Balancers.hash(name);
    this.weight = weight;
    this.credit = credit;
  }

  void heard(SimWorker.Room room, long now) {
    others = Math.max(0, room.total() - room.mine());
    credit = room.credit();
    heardAt = now;
  }

  void heartbeat(int held) {
    heartbeats++;
    heartbeatSum += held;
    heartbeat = held;
  }

  /** Of all heartbeats; 0 before the first. */
  double meanHeartbeat() {
    return heartbeats == 0 ? 0 : heartbeatSum / (double) heartbeats;
  }
}
