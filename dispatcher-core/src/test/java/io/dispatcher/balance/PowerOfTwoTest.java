package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PowerOfTwoTest extends BalancerContract {

  private final RandomGenerator random = Chance.random();
  private final Pick pick = new Pick(random);

  @Override
  protected Balancer create() {
    return Balancers.powerOfTwo();
  }

  /**
   * Rank r of n has probability 2 (n - r) / (n (n - 1)), and the last is never chosen: the two are
   * drawn without replacement.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10, 100, 1000})
  void distinctLoads(int size) {
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      workers.load(i, i);
    }
    int[] counts = counts(workers, size < 1000 ? 200_000 : 3_000_000);
    assertEquals(0, counts[size - 1]);
    double[] shares = new double[size - 1];
    for (int rank = 1; rank < size; rank++) {
      shares[rank - 1] = 2.0 * (size - rank) / (size * (size - 1.0));
    }
    if (size > 2) {
      Chance.assertShares(shares, Arrays.copyOf(counts, size - 1));
    }
  }

  @Test
  void loadCountsPerUnitOfWeight() {
    FakeWorkers workers = FakeWorkers.of("a", "b").load(0, 1).load(1, 6).weight(1, 4);
    assertEquals(1, create().picker(workers).pick(pick));
    workers.load(1, 8);
    assertEquals(0, create().picker(workers).pick(pick));
  }

  /**
   * An idle cluster: each worker gets about as many as another. One random choice would leave a
   * deviation of sqrt(625) = 25, as would two with ties at random (HAProxy, commit b6bdb2553, saw
   * 300 to 780 and narrowed it to 580 to 628).
   */
  @Test
  void tiesGoToWhoWasNotChosenForLonger() {
    int[] counts = counts(FakeWorkers.sized(1600), 1_000_000);
    Arrays.sort(counts);
    assertTrue(counts[0] >= 570, "fewest " + counts[0]);
    assertTrue(counts[1599] <= 680, "most " + counts[1599]);
  }

  /** The newcomer was chosen least recently; the others keep their order. */
  @Test
  void aNewSnapshotRemembersWhoWasChosen() {
    FakeWorkers workers = FakeWorkers.of("a", "b");
    Balancer balancer = create();
    for (int k = 0; k < 20; k++) {
      int one = balancer.picker(workers).pick(pick);
      int other = balancer.picker(workers).pick(pick);
      assertEquals(1 - one, other);
    }
    int last = balancer.picker(workers).pick(pick);
    FakeWorkers more = workers.with("aa").onlyOpen(last == 0 ? 0 : 2, 1);
    assertEquals(1, balancer.picker(more).pick(pick));
  }

  @Test
  void hugeLoads() {
    FakeWorkers workers =
        FakeWorkers.of("a", "b").load(0, Long.MAX_VALUE).load(1, Long.MAX_VALUE / 2);
    assertEquals(1, create().picker(workers).pick(pick));
  }

  private int[] counts(FakeWorkers workers, int picks) {
    Picker picker = create().picker(workers);
    int[] counts = new int[workers.size()];
    for (int k = 0; k < picks; k++) {
      counts[picker.pick(pick)]++;
    }
    return counts;
  }
}
