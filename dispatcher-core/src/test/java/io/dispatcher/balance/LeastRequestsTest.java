package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeastRequestsTest extends BalancerContract {

  private final RandomGenerator random = Chance.random();
  private final Pick pick = new Pick(random);

  @Override
  protected Balancer create() {
    return Balancers.leastRequests();
  }

  @Test
  void theLeastLoadedIsChosen() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c").load(0, 2).load(1, 1).load(2, 3);
    Picker picker = create().picker(workers);
    assertEquals(1, picker.pick(new Pick(Chance.none())));
    workers.load(1, 4);
    assertEquals(0, picker.pick(new Pick(Chance.none())));
  }

  /** An idle worker of weight 1 against others that would still have less per unit of weight. */
  @Test
  void theTaskItselfCounts() {
    FakeWorkers workers = FakeWorkers.of("a", "b").weight(1, 4);
    Picker picker = create().picker(workers);
    for (long load = 0; load < 3; load++) {
      workers.load(1, load);
      assertEquals(1, picker.pick(new Pick(Chance.none())));
    }
    workers.load(1, 4);
    assertEquals(0, picker.pick(new Pick(Chance.none())));
  }

  /** Against fractions without rounding. */
  @ParameterizedTest
  @ValueSource(ints = {2, 10, 100, 128})
  void theChoiceIsAmongTheLeast(int size) {
    for (int k = 0; k < 500; k++) {
      FakeWorkers workers = FakeWorkers.sized(size);
      int loads = 1 << random.nextInt(1, 31);
      for (int i = 0; i < size; i++) {
        workers.load(i, random.nextInt(loads)).weight(i, random.nextInt(1, 50));
      }
      int chosen = create().picker(workers).pick(pick);
      for (int i = 0; i < size; i++) {
        assertTrue(cross(workers, chosen, i).compareTo(cross(workers, i, chosen)) <= 0);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 100})
  void tiesAreEquallyLikely(int size) {
    Picker picker = create().picker(FakeWorkers.sized(size));
    int[] counts = new int[size];
    for (int k = 0; k < 10_000 * size; k++) {
      counts[picker.pick(pick)]++;
    }
    Chance.assertUniform(counts);
  }

  /** Ties between different weights, found late, after others that were the least until then. */
  @Test
  void tiesPerWeightAreEquallyLikely() {
    FakeWorkers workers = FakeWorkers.sized(30);
    for (int i = 0; i < 30; i++) {
      boolean tied = i % 3 == 2;
      int weight = 1 + i % 4;
      workers.weight(i, weight).load(i, tied ? 2L * weight - 1 : 3L * weight + 30 - i);
    }
    Picker picker = create().picker(workers);
    int[] counts = new int[30];
    for (int k = 0; k < 100_000; k++) {
      counts[picker.pick(pick)]++;
    }
    int[] tied = new int[10];
    for (int i = 0; i < 10; i++) {
      tied[i] = counts[3 * i + 2];
    }
    assertEquals(100_000, Arrays.stream(tied).sum());
    Chance.assertUniform(tied);
  }

  @Test
  void hugeLoads() {
    FakeWorkers workers =
        FakeWorkers.of("a", "b", "c")
            .load(0, Long.MAX_VALUE - 1)
            .load(1, Long.MAX_VALUE / 2)
            .load(2, Long.MAX_VALUE - 1);
    assertEquals(1, create().picker(workers).pick(pick));
  }

  /** Rank r of n has probability 2 (n - r) / (n (n - 1)); the last is never chosen. */
  @Test
  void aboveTheLimitTheBetterOfTwo() {
    int size = LeastRequests.SCAN_LIMIT + 1;
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      workers.load(i, i);
    }
    assertBetterOfTwo(workers, size, 1_000_000);
  }

  /** The same where drawing misses most of the time. */
  @Test
  void aboveTheLimitWithFewOpen() {
    FakeWorkers workers = FakeWorkers.sized(1000).onlyOpen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (int i = 0; i < 10; i++) {
      workers.load(i, i);
    }
    assertBetterOfTwo(workers, 10, 20_000);
  }

  @Test
  void aboveTheLimitTiesAreEquallyLikely() {
    FakeWorkers workers = FakeWorkers.sized(200);
    for (int i = 0; i < 200; i++) {
      workers.weight(i, 1 + i % 2).load(i, i % 2);
    }
    Picker picker = create().picker(workers);
    int[] counts = new int[200];
    for (int k = 0; k < 200_000; k++) {
      counts[picker.pick(pick)]++;
    }
    Chance.assertUniform(counts);
  }

  private void assertBetterOfTwo(FakeWorkers workers, int n, int picks) {
    Picker picker = create().picker(workers);
    int[] counts = new int[workers.size()];
    for (int k = 0; k < picks; k++) {
      counts[picker.pick(pick)]++;
    }
    double[] shares = new double[n - 1];
    for (int rank = 1; rank < n; rank++) {
      shares[rank - 1] = 2.0 * (n - rank) / (n * (n - 1.0));
    }
    Chance.assertShares(shares, Arrays.copyOf(counts, n - 1));
    assertEquals(0, counts[n - 1]);
  }

  private static BigInteger cross(FakeWorkers workers, int loadOf, int weightOf) {
    return BigInteger.valueOf(workers.load(loadOf) + 1)
        .multiply(BigInteger.valueOf((long) workers.weight(weightOf)));
  }

  @Test
  void it_is_told_that_many_workers_are_sampled() {
    Balancer balancer = Balancers.leastRequests();
    balancer.picker(FakeWorkers.sized(128));
    assertTrue(balancer.rule().startsWith("the lowest "), balancer.rule());
    balancer.picker(FakeWorkers.sized(129));
    assertTrue(balancer.rule().startsWith("of two random workers "), balancer.rule());
  }
}
