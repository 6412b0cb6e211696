package io.dispatcher.balance;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One pick, in nanoseconds and bytes. Each thread is a front of its own. To be run by {@code
 * src/test/scripts/picks.sh}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public abstract class AnyPickBenchmark {

  @Param({
    "random",
    "round-robin",
    "weighted",
    "least-requests",
    "least-connections",
    "power-of-two",
    "latency",
    "consistent-hash"
  })
  public String balancer;

  @Param({"10", "100", "1000"})
  public int workers;

  private Picker picker;
  private Pick pick;
  private long key;

  /** The workers to choose among. */
  protected abstract Workers fill(RandomGenerator random);

  /** Makes the picker. */
  @Setup
  public void prepare() {
    RandomGenerator random = new SplittableRandom(1);
    picker = Balancers.named(balancer).picker(fill(random));
    pick = new Pick(random);
  }

  /** Chooses once; keys differ. */
  @Benchmark
  public int pick() {
    return picker.pick(pick.key(key += 0x9E3779B97F4A7C15L));
  }
}
