package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Chance that repeats itself, and what it may deviate by. */
final class Chance {

  /** Another one: {@code -Ddispatcher.seed=…}. */
  private static final long SEED = Long.getLong("dispatcher.seed", 20_260_101);

  private Chance() {}

  /** A new generator, always from the same seed. */
  static RandomGenerator random() {
    return new SplittableRandom(SEED);
  }

  static void printSeed(Class<?> test) {
    System.out.println(test.getSimpleName() + ": -Ddispatcher.seed=" + SEED);
  }

  /** A generator that must not be used. */
  static RandomGenerator none() {
    return () -> {
      throw new AssertionError("drew a random number");
    };
  }

  /** Fails with probability 1e-6 if the counts do come from equal probabilities. */
  static void assertUniform(int[] counts) {
    double[] shares = new double[counts.length];
    Arrays.fill(shares, 1.0 / counts.length);
    assertShares(shares, counts);
  }

  /** Fails with probability 1e-6 if the counts do come from these probabilities. */
  static void assertShares(double[] shares, int[] counts) {
    long total = 0;
    for (int count : counts) {
      total += count;
    }
    double chiSquare = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = shares[i] * total;
      assertTrue(expected >= 5, "too few draws for a chi-square test");
      chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    double limit = chiSquareLimit(counts.length - 1);
    assertTrue(
        chiSquare <= limit, "chi-square " + chiSquare + " is over " + limit + ", seed " + SEED);
  }

  /** What chi-square exceeds with probability 1e-6: Wilson and Hilferty's approximation. */
  static double chiSquareLimit(int degreesOfFreedom) {
    double v = 2.0 / (9 * degreesOfFreedom);
    return degreesOfFreedom * Math.pow(1 - v + 4.7534 * Math.sqrt(v), 3);
  }
}
