package io.dispatcher.examples.lab;

import io.dispatcher.balance.Workers;

/**
 * The members that a front had at one time, with what it knows of them now: what a balancer sees.
 * When they change, the front makes other ones. So a rule that went on with old members would
 * choose workers that are gone.
 */
final class Members implements Workers {

  private final SimFront front;

  /** In the order of their names. */
  private final int[] numbers;

  Members(SimFront front, int[] numbers) {
    this.front = front;
    this.numbers = numbers;
  }

  /** The number of the worker at an index. */
  int number(int i) {
    return numbers[i];
  }

  int[] numbers() {
    return numbers.clone();
  }

  /** The index of a worker that a client has a session on; -1 if it is no member any more. */
  int index(SimSession session) {
    for (int i = 0; i < numbers.length; i++) {
      if (view(i) == session.view) {
        return i;
      }
    }
    return -1;
  }

  /** Tasks that it has from this front. */
  int own(int i) {
    return view(i).own;
  }

  /** Tasks that it had at its last heartbeat. */
  int lastHeartbeat(int i) {
    return view(i).heartbeat;
  }

  /** Tasks that it had, on the average of all its heartbeats. */
  double meanHeartbeat(int i) {
    return view(i).meanHeartbeat();
  }

  private SimView view(int i) {
    return front.view(numbers[i]);
  }

  @Override
  public int size() {
    return numbers.length;
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
    return front.slots();
  }

  @Override
  public long load(int i) {
    return front.load(view(i));
  }

  @Override
  public boolean open(int i) {
    return front.open(view(i));
  }

  @Override
  public long sessions(int i) {
    return view(i).sessions;
  }

  @Override
  public long latencyNanos(int i) {
    return front.latencyNanos(view(i));
  }
}
