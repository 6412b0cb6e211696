package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Runs everything at once, and its clock stands still. */
final class StoppedLoop implements Loop {
  private final RandomGenerator random = new SplittableRandom(3);

  @Override
  public void execute(Runnable turn) {
    turn.run();
  }

  @Override
  public Timer after(long nanos, Runnable turn) {
    return () -> {};
  }

  @Override
  public long now() {
    return 1_000_000_000L;
  }

  @Override
  public long wallMillis() {
    return 1_000;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }
}
