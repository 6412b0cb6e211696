package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Worker processes are killed one after the other, each restarted before the next one dies, while
 * this process submits, as a front without store. {@code -Dsoak.kills} says how many, half of them
 * of each kind.
 *
 * <p>The ordinary build has a short form of it, with one kill: {@link DemoIT}.
 */
class KillSoak {
  private static final int KILLS = Integer.getInteger("soak.kills", 1_000) / 2;
  private static final int STORES = 3;

  /** Many times what the slots hold, so that every node always runs something. */
  private static final int OUTSTANDING = 200;

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final KillTally tally = new KillTally();

  @Test
  void nodes_with_a_share_of_the_ledger() throws Exception {
    try (SoakNodes nodes = new SoakNodes(STORES, tally::started, "-Xmx512m")) {
      for (int i = 0; i < STORES; i++) {
        nodes.startStore(i, SoakNodes.ALL_ROLES);
      }
      nodes.awaitReady();
      run(
          "kill-soak-stores",
          nodes,
          List.of("node-1", "node-2", "node-3"),
          victim -> nodes.startStore(victim, SoakNodes.ALL_ROLES));
    }
  }

  @Test
  void workers_without_a_store() throws Exception {
    try (SoakNodes nodes = new SoakNodes(STORES, tally::started, "-Xmx512m")) {
      for (int i = 0; i < STORES; i++) {
        nodes.startStore(i, Set.of(Role.STORE));
      }
      nodes.awaitReady();
      List<String> workers = List.of("worker-1", "worker-2", "worker-3");
      workers.forEach(name -> nodes.startOther(name, Set.of(Role.WORKER)));
      workers.forEach(nodes::awaitReady);
      run(
          "kill-soak-workers",
          nodes,
          workers,
          victim -> nodes.startOther(workers.get(victim), Set.of(Role.WORKER)));
    }
  }

  private interface Restart {
    void start(int victim);
  }

  private void run(String report, SoakNodes nodes, List<String> workers, Restart restart)
      throws Exception {
    long seed = Long.getLong("soak.seed", System.nanoTime());
    SoakReport.say("%s: %d kills, -Dsoak.seed=%d", report, KILLS, seed);
    Random random = new Random(seed);
    ClusterOptions options = nodes.front().build();
    try (Dispatcher front =
        Dispatcher.builder().cluster(VertxCluster.join(options)).listener(tally).start()) {
      awaitWhole(options.clusterName(), workers);
      SlowLoad load = SlowLoad.start(front, tally, OUTSTANDING);
      for (int i = 0; i < KILLS; i++) {
        await("every worker is busy")
            .atMost(PATIENCE)
            .until(() -> workers.stream().allMatch(tally::busy));
        int victim = random.nextInt(workers.size());
        String name = workers.get(victim);
        int joins = tally.joins(name);
        tally.killed(name, System.currentTimeMillis());
        nodes.kill(name);
        await("what ran on " + name).atMost(PATIENCE).until(tally::recovered);
        SoakReport.say("kill %2d: %s", i + 1, tally.last());
        restart.start(victim);
        nodes.awaitReady(name);
        await(name + " is back").atMost(PATIENCE).until(() -> tally.joins(name) > joins);
        awaitWhole(options.clusterName(), workers);
      }
      load.end(PATIENCE);
      check(report, front);
    }
    nodes.done();
  }

  /**
   * All are here, and the ledger has all its copies: now one more death is promised to harm
   * nothing.
   */
  private void awaitWhole(String cluster, List<String> workers) {
    HazelcastInstance member =
        Hazelcast.getAllHazelcastInstances().stream()
            .filter(instance -> instance.getConfig().getClusterName().equals(cluster))
            .findFirst()
            .orElseThrow();
    await("the cluster is whole")
        .atMost(PATIENCE)
        .until(
            () ->
                workers.stream().allMatch(name -> tally.joins(name) > 0)
                    && member.getCluster().getMembers().stream()
                            .filter(other -> !other.isLiteMember())
                            .count()
                        == STORES
                    && member.getPartitionService().isClusterSafe());
  }

  private void check(String name, Dispatcher front) throws Exception {
    List<KillTally.KillFigures> kills = tally.kills();
    List<Long> firsts = new ArrayList<>();
    List<Long> lasts = new ArrayList<>();
    for (KillTally.KillFigures kill : kills) {
      if (kill.first() >= 0) {
        firsts.add(kill.first());
        lasts.add(kill.last());
      }
    }
    Spread first = Spread.of(firsts);
    Spread last = Spread.of(lasts);
    KillTally.Totals totals = tally.totals();
    SoakReport.say("%s%nfirst re-start, ms: %s%nlast re-start, ms:  %s", totals, first, last);
    SoakReport.write(name, new Report(totals, first, last, kills));
    assertEquals(0, totals.lost(), totals::toString);
    assertEquals(0, totals.wrong(), totals::toString);
    assertEquals(0, totals.refused(), totals::toString);
    assertEquals(0, totals.recordedTwice(), totals::toString);
    assertEquals(0, front.stats().lost());
    assertEquals(totals.accepted(), front.stats().succeeded());
    assertTrue(!firsts.isEmpty(), "no kill hit a running task");
  }

  record Spread(long p50, long p99, long max) {
    static Spread of(List<Long> values) {
      return new Spread(
          SoakReport.percentile(values, 50),
          SoakReport.percentile(values, 99),
          SoakReport.percentile(values, 100));
    }
  }

  record Report(
      KillTally.Totals totals, Spread first, Spread last, List<KillTally.KillFigures> kills) {}
}
