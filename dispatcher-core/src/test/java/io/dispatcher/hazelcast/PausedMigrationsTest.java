package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.PausedMigrations.GAP_NANOS;
import static io.dispatcher.hazelcast.PausedMigrations.PAUSE_NANOS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.impl.MigrationManager;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PausedMigrationsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static MigrationManager migrations(HazelcastInstance instance) {
    NodeEngineImpl engine = (NodeEngineImpl) LedgerHost.engine(instance);
    return ((InternalPartitionService) engine.getPartitionService()).getMigrationManager();
  }

  /** As Hazelcast stops them where one has failed; here nobody else would let them go on. */
  @Test
  void the_oldest_member_lets_them_go_on_and_others_are_left_alone() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start(nodes.settings("a", 0).build());
      HazelcastNode b = nodes.start(nodes.settings("b", 1).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 2);
      migrations(b.instance()).pauseMigration();
      for (int round = 0; round < 2; round++) {
        migrations(a.instance()).pauseMigration();
        await().atMost(PATIENCE).until(migrations(a.instance())::areMigrationTasksAllowed);
      }
      assertFalse(migrations(b.instance()).areMigrationTasksAllowed());
    }
  }

  @Test
  void short_pauses_are_not_cut_short_nor_those_between_two_looks() {
    Config config = new Config(UUID.randomUUID().toString());
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
    config.setProperty("hazelcast.phone.home.enabled", "false");
    HazelcastInstance alone = Hazelcast.newHazelcastInstance(config);
    try {
      MigrationManager migrations = migrations(alone);
      PausedMigrations looks = new PausedMigrations(alone);
      long now = Long.MAX_VALUE - PAUSE_NANOS;
      migrations.pauseMigration();
      looks.resume(now);
      now += GAP_NANOS + 1;
      looks.resume(now);
      for (long end = now + PAUSE_NANOS; now - end < 0; now += GAP_NANOS / 4) {
        looks.resume(now);
        assertFalse(migrations.areMigrationTasksAllowed());
      }
      looks.resume(now);
      assertTrue(migrations.areMigrationTasksAllowed());

      migrations.pauseMigration();
      looks.resume(now + 1);
      assertFalse(migrations.areMigrationTasksAllowed(), "it has just begun");
    } finally {
      alone.getLifecycleService().terminate();
    }
  }
}
