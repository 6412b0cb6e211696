package io.dispatcher.hazelcast;

import static org.awaitility.Awaitility.await;

import com.hazelcast.map.IMap;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who sets the marks of partitions again that have lost them, and when. */
class MarksTest {

  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int LOST = 3;

  /** Word of the loss came to the oldest node only, and that has gone. */
  @Test
  void a_new_oldest_node_waits_for_those_who_may_have_copies() {
    try (Nodes nodes = new Nodes(3, 4)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      HazelcastNode c = nodes.start("c", 2);
      LedgerHost host = LedgerHost.of(b.instance());
      Marks marks = new Marks(host);
      IMap<EntryKey, Held> map = b.instance().getMap(LedgerHost.MAP);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  c.membership().roster().stores() == 3
                      && b.instance().getPartitionService().isClusterSafe()
                      && map.keySet().stream().filter(EntryKey::isMark).count()
                          == 2L * b.instance().getPartitionService().getPartitions().size());

      // It looks no more, and stays a member.
      a.membership().close();
      map.delete(Marks.key(host, LOST, false));
      map.delete(Marks.key(host, LOST, true));
      a.terminate();
      await().atMost(PATIENCE).until(() -> b.membership().roster().stores() == 2);
      await()
          .during(Duration.ofSeconds(2))
          .atMost(PATIENCE)
          .until(() -> marks.missing().equals(Set.of(LOST)));

      // With all store nodes here nobody else can come.
      nodes.start("d", 3);
      await().atMost(PATIENCE).until(() -> marks.missing().isEmpty());
    }
  }
}
