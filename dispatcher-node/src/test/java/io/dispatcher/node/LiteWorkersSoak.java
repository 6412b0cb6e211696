package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.ReplicaMigrationEvent;
import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Ten workers without store join a cluster of three stores that is under load; five of them are
 * killed or frozen at the same moment, {@code -Dsoak.rounds} times, and start again in between. No
 * partition may move.
 */
class LiteWorkersSoak {
  private static final int ROUNDS = Integer.getInteger("soak.rounds", 10);
  private static final int STORES = 3;
  private static final int WORKERS = 10;
  private static final int KILLED = 5;
  private static final int SLOTS = 2;
  private static final int OUTSTANDING = 100;

  /** So that what is measured is not how fast sixteen processes compile. */
  private static final int WARM_UP = 10_000;

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final KillTally tally = new KillTally();
  private final AtomicInteger moves = new AtomicInteger();

  /** What happens to them, and within how many milliseconds all but 1 % has to start again. */
  private enum Strike {
    KILL(2_000),
    FREEZE(4_000);

    private final long most;

    Strike(long most) {
      this.most = most;
    }
  }

  /** What came of it; times in milliseconds from the strike to a start of what had run there. */
  record Report(
      KillTally.Totals totals,
      int rounds,
      int restarted,
      long p50,
      long p99,
      long max,
      int moves,
      List<KillTally.KillFigures> kills) {}

  @Test
  void half_of_the_workers_die_at_once() throws Exception {
    strike(Strike.KILL);
  }

  /** Until all they had runs elsewhere: what they still do then must count for nothing. */
  @Test
  void half_of_the_workers_freeze_at_once() throws Exception {
    strike(Strike.FREEZE);
  }

  private void strike(Strike strike) throws Exception {
    try (SoakNodes nodes =
        new SoakNodes(STORES, tally::started, TestJvm.options("-Xmx256m")).lites("-Xmx96m")) {
      nodes.startStore(0, Set.of(Role.STORE));
      nodes.startStore(1, Set.of(Role.STORE));
      nodes.awaitReady();
      ClusterOptions options = nodes.front().build();
      try (Dispatcher front =
          Dispatcher.builder().cluster(VertxCluster.join(options)).listener(tally).start()) {
        nodes.member().getPartitionService().addMigrationListener(new Moves());
        nodes.startStore(2, Set.of(Role.STORE));
        nodes.awaitReady("node-3");
        nodes.awaitSafe(PATIENCE);
        assertTrue(moves.get() > 0, "the third store was given no partition, or nobody told");
        run(nodes, front, strike);
      }
      nodes.done();
    }
  }

  private void run(SoakNodes nodes, Dispatcher front, Strike strike) throws Exception {
    long seed = Long.getLong("soak.seed", System.nanoTime());
    SoakReport.say("%d rounds, -Dsoak.seed=%d", ROUNDS, seed);
    Random random = new Random(seed);
    moves.set(0);
    List<String> workers = IntStream.rangeClosed(1, WORKERS).mapToObj(i -> "worker-" + i).toList();
    workers.forEach(name -> nodes.startOther(name, Set.of(Role.WORKER), "--slots=" + SLOTS));
    await("the first worker")
        .atMost(PATIENCE)
        .until(() -> workers.stream().anyMatch(name -> tally.joins(name) > 0));
    // The others join under load.
    SlowLoad load = SlowLoad.start(front, tally, OUTSTANDING);
    await("warm-up").atMost(PATIENCE).until(() -> tally.totals().done() >= WARM_UP);
    for (int round = 1; round <= ROUNDS; round++) {
      await("every worker is busy")
          .atMost(PATIENCE)
          .until(() -> workers.stream().allMatch(tally::busy));
      List<String> victims = new ArrayList<>(workers);
      Collections.shuffle(victims, random);
      victims = List.copyOf(victims.subList(0, KILLED));
      List<Integer> joins = victims.stream().map(tally::joins).toList();
      long at = System.currentTimeMillis();
      victims.forEach(name -> tally.killed(name, at));
      if (strike == Strike.KILL) {
        nodes.killAll(victims);
      } else {
        nodes.signalAll("-STOP", victims);
      }
      await("what ran on " + victims).atMost(PATIENCE).until(() -> tally.recovered(KILLED));
      List<KillTally.KillFigures> kills = tally.kills();
      SoakReport.say("round %d: %s", round, kills.subList(kills.size() - KILLED, kills.size()));
      if (strike == Strike.KILL) {
        restart(nodes, victims, joins);
      } else {
        nodes.signalAll("-CONT", victims);
      }
    }
    load.end(PATIENCE);
    nodes.awaitSafe(PATIENCE);
    check(front, strike);
  }

  private void restart(SoakNodes nodes, List<String> victims, List<Integer> joins) {
    for (String name : victims) {
      nodes.startOther(name, Set.of(Role.WORKER), "--slots=" + SLOTS);
    }
    for (int i = 0; i < KILLED; i++) {
      String name = victims.get(i);
      int before = joins.get(i);
      nodes.awaitReady(name);
      await(name + " is back").atMost(PATIENCE).until(() -> tally.joins(name) > before);
    }
  }

  private void check(Dispatcher front, Strike strike) throws Exception {
    KillTally.Totals totals = tally.totals();
    List<Long> restarts = tally.restarts();
    Report report =
        new Report(
            totals,
            ROUNDS,
            restarts.size(),
            SoakReport.percentile(restarts, 50),
            SoakReport.percentile(restarts, 99),
            SoakReport.percentile(restarts, 100),
            moves.get(),
            tally.kills());
    SoakReport.say(
        "%s%n%d tasks started again, ms from the strike: p50 %d, p99 %d, max %d; %d partitions moved",
        totals, report.restarted(), report.p50(), report.p99(), report.max(), report.moves());
    SoakReport.write("lite-workers-soak-" + strike.name().toLowerCase(Locale.ROOT), report);
    assertEquals(0, totals.lost(), totals::toString);
    assertEquals(0, totals.wrong(), totals::toString);
    assertEquals(0, totals.refused(), totals::toString);
    assertEquals(0, totals.recordedTwice(), totals::toString);
    assertEquals(0, front.stats().lost());
    assertEquals(0, report.moves(), "partitions moved");
    assertTrue(report.restarted() > 0, "no running task was hit");
    assertTrue(report.p99() <= strike.most, report::toString);
  }

  /** Counts the partitions, and copies of partitions, that move. */
  private final class Moves implements MigrationListener {
    @Override
    public void migrationStarted(MigrationState state) {}

    @Override
    public void migrationFinished(MigrationState state) {}

    @Override
    public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
      moves.incrementAndGet();
    }

    @Override
    public void replicaMigrationFailed(ReplicaMigrationEvent event) {
      moves.incrementAndGet();
    }
  }
}
