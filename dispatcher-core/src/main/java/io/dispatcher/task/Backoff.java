package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a task waits before a retry: {@code initial × factor^(failures − 1)}, at most {@code
 * cap}, then moved at random by up to {@code ± jitter} of itself, so that tasks that failed
 * together do not come back together.
 *
 * <p>The {@linkplain #DEFAULT default} waits 0.5 s, 2 s, 8 s, 32 s after the first four failures
 * and 60 s after each later one, each ± 25 %: the first wait is 0.375 s to 0.625 s, the longest 75
 * s. With the default of 3 retries a task that keeps failing at once ends after 7.9 s to 13.1 s.
 *
 * @param initial wait after the first failure, 0 to 24 h
 * @param factor how much longer each wait is than the one before, 1 to 100
 * @param cap longest wait before jitter, from {@code initial} to 24 h
 * @param jitter part of the wait that is random, 0 to 1
 */
public record Backoff(Duration initial, double factor, Duration cap, double jitter) {
  /** 0.5 s, 2 s, 8 s, 32 s, then 60 s each time; all ± 25 %. */
  public static final Backoff DEFAULT =
      new Backoff(Duration.ofMillis(500), 4, Duration.ofMinutes(1), 0.25);

  private static final double MAX_FACTOR = 100;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a value is out of its range
   */
  public Backoff {
    requireNonNull(initial, "initial");
    requireNonNull(cap, "cap");
    if (initial.isNegative() || initial.compareTo(TaskLimits.MAX_BACKOFF) > 0) {
      throw new IllegalArgumentException(
          "backoff.initial is " + Text.duration(initial) + ", but must be 0 s to 24 h");
    }
    if (!(factor >= 1 && factor <= MAX_FACTOR)) {
      throw new IllegalArgumentException("backoff.factor is " + factor + ", but must be 1 to 100");
    }
    if (cap.compareTo(initial) < 0 || cap.compareTo(TaskLimits.MAX_BACKOFF) > 0) {
      throw new IllegalArgumentException(
          "backoff.cap is "
              + Text.duration(cap)
              + ", but must be "
              + Text.duration(initial)
              + " (backoff.initial) to 24 h");
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("backoff.jitter is " + jitter + ", but must be 0 to 1");
    }
  }

  /** Returns a backoff that waits the same time, 0 to 24 h, after every failure, ± 25 %. */
  public static Backoff fixed(Duration wait) {
    return new Backoff(wait, 1, wait, DEFAULT.jitter);
  }

  /**
   * Returns the wait after that many failures of the task's own code. A pure function of its
   * arguments: with the same state of {@code random} it gives the same answer.
   *
   * @param failures how often the task has failed, from 1; any larger number is fine
   * @param random drawn from once, and not at all without jitter
   * @throws IllegalArgumentException if {@code failures} is below 1
   */
  public Duration delay(int failures, RandomGenerator random) {
    if (failures < 1) {
      throw new IllegalArgumentException("failures is " + failures + ", but must be 1 or more");
    }
    // Doubles cannot overflow into a short wait: the power saturates at infinity, and then the cap
    // holds. 24 h are 8.64e13 ns, far below 2^53, so nothing is lost either.
    double wait = (double) initial.toNanos();
    if (wait > 0) {
      wait = Math.min((double) cap.toNanos(), wait * Math.pow(factor, failures - 1));
    }
    if (jitter > 0) {
      wait *= 1 + jitter * (2 * random.nextDouble() - 1);
    }
    return Duration.ofNanos(Math.round(wait));
  }
}
