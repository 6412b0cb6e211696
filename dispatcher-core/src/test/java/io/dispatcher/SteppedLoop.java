package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Runs nothing by itself: its clock goes on when the test says so. */
final class SteppedLoop implements Loop {
  private record Due(long at, Runnable turn) {}

  private final List<Due> timers = new ArrayList<>();
  private final RandomGenerator random = new Random(3);
  private long now;

  void pass(long nanos) {
    now += nanos;
    List<Due> due =
        timers.stream()
            .filter(each -> each.at <= now)
            .sorted(Comparator.comparingLong(Due::at))
            .toList();
    timers.removeAll(due);
    due.forEach(each -> each.turn.run());
  }

  @Override
  public void execute(Runnable turn) {
    turn.run();
  }

  @Override
  public Timer after(long nanos, Runnable turn) {
    Due due = new Due(now + nanos, turn);
    timers.add(due);
    return () -> timers.remove(due);
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public long wallMillis() {
    return now / 1_000_000;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }
}
