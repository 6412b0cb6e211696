package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LatencyTest extends BalancerContract {

  private final Pick pick = new Pick(Chance.random());

  @Override
  protected Balancer create() {
    return Balancers.latency();
  }

  @Test
  void theTimeToFinishOneMoreTaskDecides() {
    FakeWorkers workers = FakeWorkers.of("a", "b").latency(0, 1_000).latency(1, 5_000);
    Picker picker = create().picker(workers);
    for (long load = 0; load < 4; load++) {
      workers.load(0, load);
      assertEquals(0, picker.pick(pick));
    }
    workers.load(0, 5);
    assertEquals(1, picker.pick(pick));
    workers.load(1, 1);
    assertEquals(0, picker.pick(pick));
  }

  @Test
  void timeCountsPerUnitOfWeight() {
    FakeWorkers workers = FakeWorkers.of("a", "b").latency(0, 1_000).latency(1, 3_000).weight(1, 4);
    assertEquals(1, create().picker(workers).pick(pick));
  }

  /** A newcomer is neither shunned nor flooded. */
  @Test
  void aWorkerThatIsNotKnownGoesByItsLoad() {
    FakeWorkers workers = FakeWorkers.of("a", "b").latency(1, 5_000).load(0, 1);
    Picker picker = create().picker(workers);
    assertEquals(1, picker.pick(pick));
    workers.load(1, 2);
    assertEquals(0, picker.pick(pick));
  }

  /** Rank r of n has probability 2 (n - r) / (n (n - 1)), and the last is never chosen. */
  @Test
  void twoDistinctWorkersAreCompared() {
    FakeWorkers workers = FakeWorkers.sized(20);
    for (int i = 0; i < 20; i++) {
      workers.latency(i, 1_000 + i).load(i, 3);
    }
    Picker picker = create().picker(workers);
    int[] counts = new int[20];
    for (int k = 0; k < 200_000; k++) {
      counts[picker.pick(pick)]++;
    }
    double[] shares = new double[19];
    for (int rank = 1; rank < 20; rank++) {
      shares[rank - 1] = 2.0 * (20 - rank) / (20 * 19);
    }
    Chance.assertShares(shares, Arrays.copyOf(counts, 19));
    assertEquals(0, counts[19]);
  }

  @Test
  void hugeTimesAndLoads() {
    FakeWorkers workers =
        FakeWorkers.of("a", "b")
            .latency(0, Long.MAX_VALUE)
            .load(0, Long.MAX_VALUE)
            .latency(1, Long.MAX_VALUE - (1L << 60))
            .load(1, Long.MAX_VALUE);
    assertEquals(1, create().picker(workers).pick(pick));
  }
}
