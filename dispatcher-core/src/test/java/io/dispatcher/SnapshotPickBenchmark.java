package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
 * One pick as a front makes it: among busy workers of its own view, with what the others have and
 * with their breakers. To be run by {@code src/test/scripts/picks.sh}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SnapshotPickBenchmark {

  private static final long NOW = 1_000_000_000_000L;

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

  /** Makes the view: loads from 0 to 18, half of each other fronts'. */
  @Setup
  public void view() {
    SplittableRandom random = new SplittableRandom(1);
    WorkerView[] views = new WorkerView[workers];
    for (int i = 0; i < workers; i++) {
      Peer peer = new Peer(String.format("w%04d", i), 1);
      views[i] = new WorkerView(new Member(peer, Set.of(Role.WORKER), null, Set.of()), null, 0);
      views[i].slots = 8;
      int others = random.nextInt(10);
      views[i].inFlight = random.nextInt(10);
      views[i].room(new Message.Room(100, others, 0), NOW);
      views[i].sessions = random.nextInt(10);
    }
    Breaker.Alarm alarm = new Breaker.Alarm();
    double[] weights = new double[workers];
    Arrays.fill(weights, 1);
    WorkersSnapshot snapshot =
        new WorkersSnapshot(
            WorkersSnapshot.ordered(Arrays.asList(views)),
            view -> new Track(new Breaker(alarm, random, length -> {})),
            weights,
            20_000_000);
    for (int i = 0; i < workers; i++) {
      snapshot.track(i).times.began(NOW, 0);
      snapshot.track(i).times.succeeded(NOW, NOW + random.nextLong(1_000_000, 10_000_000));
    }
    snapshot.at(NOW);
    picker = Balancers.named(balancer).picker(snapshot);
    pick = new Pick(random);
  }

  /** Chooses once; keys differ. */
  @Benchmark
  public int pick() {
    return picker.pick(pick.key(key += 0x9E3779B97F4A7C15L));
  }
}
