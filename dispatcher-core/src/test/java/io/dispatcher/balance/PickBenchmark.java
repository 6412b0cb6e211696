package io.dispatcher.balance;

import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Param;

/** One pick, among workers whose loads cost nothing to read. */
public class PickBenchmark extends AnyPickBenchmark {

  /** Idle: all tie. Busy: loads from 0 to 9. Weighted: busy, and weights from 1 to 4. */
  @Param({"idle", "busy", "weighted"})
  public String state;

  @Override
  protected Workers fill(RandomGenerator random) {
    FakeWorkers fake = FakeWorkers.sized(workers);
    for (int i = 0; i < workers; i++) {
      if (!state.equals("idle")) {
        fake.load(i, random.nextInt(10))
            .sessions(i, random.nextInt(10))
            .latency(i, random.nextLong(1_000_000, 10_000_000));
      }
      if (state.equals("weighted")) {
        fake.weight(i, random.nextInt(1, 5));
      }
    }
    return fake;
  }
}
