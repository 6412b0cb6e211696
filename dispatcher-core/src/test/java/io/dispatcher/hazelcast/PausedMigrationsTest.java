package io.dispatcher.hazelcast;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.impl.MigrationManager;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PausedMigrationsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static MigrationManager migrations(HazelcastNode node) {
    return ((InternalPartitionService)
            LedgerHost.of(node.instance()).engine().getPartitionService())
        .getMigrationManager();
  }

  /** As Hazelcast does where one has failed, and which nobody ends here. */
  @Test
  void a_pause_of_the_oldest_member_ends_soon_and_others_are_left_alone() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start(nodes.settings("a", 0).build());
      HazelcastNode b = nodes.start(nodes.settings("b", 1).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 2);
      migrations(b).pauseMigration();
      for (int round = 0; round < 2; round++) {
        migrations(a).pauseMigration();
        await().atMost(PATIENCE).until(() -> migrations(a).areMigrationTasksAllowed());
      }
      assertFalse(migrations(b).areMigrationTasksAllowed());
    }
  }
}
