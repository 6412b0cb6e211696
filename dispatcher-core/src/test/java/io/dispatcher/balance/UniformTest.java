package io.dispatcher.balance;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class UniformTest extends BalancerContract {

  private final Pick pick = new Pick(Chance.random());

  @Override
  protected Balancer create() {
    return Balancers.random();
  }

  @Test
  void allWorkersAreEquallyLikely() {
    FakeWorkers workers = FakeWorkers.sized(10);
    for (int i = 0; i < 10; i++) {
      workers.load(i, i).weight(i, 1 + i);
    }
    Chance.assertUniform(counts(workers, 100_000));
  }

  @Test
  void halfOfThemClosed() {
    FakeWorkers workers = FakeWorkers.sized(20).onlyOpen(0, 3, 4, 5, 6, 9, 11, 15, 18, 19);
    Chance.assertUniform(chosenOf(workers, counts(workers, 100_000)));
  }

  /** So few that drawing misses most of the time. */
  @Test
  void nearlyAllClosedOrExcluded() {
    FakeWorkers workers = FakeWorkers.sized(500).onlyOpen(0, 17, 250, 251, 499);
    pick.exclude(250);
    int[] counts = counts(workers, 20_000);
    workers.open(250, false);
    Chance.assertUniform(chosenOf(workers, counts));
  }

  private int[] counts(FakeWorkers workers, int picks) {
    Picker picker = create().picker(workers);
    int[] counts = new int[workers.size()];
    for (int k = 0; k < picks; k++) {
      counts[picker.pick(pick)]++;
    }
    return counts;
  }

  private static int[] chosenOf(FakeWorkers workers, int[] counts) {
    int[] open = new int[counts.length];
    int size = 0;
    for (int i = 0; i < counts.length; i++) {
      if (workers.open(i)) {
        open[size++] = counts[i];
      }
    }
    return Arrays.copyOf(open, size);
  }
}
