package io.dispatcher;

import io.dispatcher.balance.AnyPickBenchmark;
import io.dispatcher.balance.Workers;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.Arrays;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * One pick as a front makes it: among busy workers of its own view, with what the others have and
 * with their breakers.
 */
public class SnapshotPickBenchmark extends AnyPickBenchmark {

  private static final long NOW = 1_000_000_000_000L;

  /** Loads from 0 to 18, half of each other fronts'. */
  @Override
  protected Workers fill(RandomGenerator random) {
    WorkerView[] views = new WorkerView[workers];
    for (int i = 0; i < workers; i++) {
      Peer peer = new Peer(String.format("w%04d", i), 1);
      views[i] = new WorkerView(new Member(peer, Set.of(Role.WORKER), null, Set.of()), null, 0);
      views[i].pool("work").slots = 8;
      int others = random.nextInt(10);
      views[i].inFlight(random.nextInt(10));
      views[i].pool("work").inFlight(views[i].inFlight());
      views[i].room(new Message.Room(100, others, 0), NOW);
      views[i].sessions = random.nextInt(10);
    }
    Breaker.Alarm alarm = new Breaker.Alarm();
    double[] weights = new double[workers];
    Arrays.fill(weights, 1);
    WorkersSnapshot snapshot =
        new WorkersSnapshot(
            WorkersSnapshot.ordered(Arrays.asList(views)),
            view -> new Track(view.pool("work"), new Breaker(alarm, random, length -> {})),
            weights,
            20_000_000);
    for (int i = 0; i < workers; i++) {
      snapshot.track(i).times.began(NOW, 0);
      snapshot.track(i).times.succeeded(NOW, NOW + random.nextLong(1_000_000, 10_000_000));
    }
    snapshot.at(NOW);
    return balancer.equals("consistent-hash") ? snapshot.configured() : snapshot;
  }
}
