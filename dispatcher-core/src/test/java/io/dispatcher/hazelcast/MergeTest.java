package io.dispatcher.hazelcast;

import static com.hazelcast.core.LifecycleEvent.LifecycleState.MERGED;
import static com.hazelcast.core.LifecycleEvent.LifecycleState.MERGING;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.LifecycleEvent;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Two parts of a cluster meet: who was removed must go, who only started apart stays. */
class MergeTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @Test
  void onlyANodeThatHadLostSomebodyBeforeTheMergeIsTakenForExpelled() {
    try (Nodes nodes = new Nodes(2, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      HazelcastMembership membership = a.membership();
      await().atMost(SOON).until(() -> membership.byName().size() == 2);
      AtomicBoolean expelled = new AtomicBoolean();
      a.onExpelled(() -> expelled.set(true));

      membership.onLifecycle(new LifecycleEvent(MERGING));
      b.terminate();
      await().atMost(SOON).until(() -> a.instance().getCluster().getMembers().size() == 1);
      assertEquals(2, membership.byName().size(), "the list of a node on its way means nothing");
      membership.onLifecycle(new LifecycleEvent(MERGED));
      await().atMost(SOON).until(() -> membership.byName().size() == 1);
      assertFalse(expelled.get());

      membership.onLifecycle(new LifecycleEvent(MERGING));
      assertTrue(expelled.get());
    }
  }
}
