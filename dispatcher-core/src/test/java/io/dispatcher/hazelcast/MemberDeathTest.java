package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static io.dispatcher.hazelcast.Nodes.settle;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.cluster.ClusterState;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is clean survives the death of a member; without a majority nothing is accepted. */
class MemberDeathTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void cleanWritesSurviveAndTheLastOneRefuses() {
    try (Nodes nodes = new Nodes(3, 3)) {
      HazelcastNode a = nodes.start("a", 0);
      BlockId early = a.ledger().newBlockId();
      Peer peer = a.membership().self().peer();
      Reply alone = nodes.write(a, early, new Change.Create(1, block(early, peer, 1, 1)));
      assertEquals(new Reply.Unavailable("store 1 of 3: waiting for 1 more"), alone);

      HazelcastNode b = nodes.start("b", 1);
      HazelcastNode c = nodes.start("c", 2);
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 3);
      Peer dead = c.membership().self().peer();

      List<Block> blocks = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        HazelcastNode namer = List.of(a, b, c).get(i % 3);
        Block block = block(namer.ledger().newBlockId(), peer, 100 + i, 4);
        nodes.clean(a, block.id(), new Change.Create(100 + i, block));
        blocks.add(block);
      }
      long era = a.membership().era();
      c.terminate();
      for (Block block : blocks) {
        assertEquals(Status.RECORDED, nodes.clean(b, block.id(), settle(block, 500, 1)).status());
        assertEquals(Status.RECORDED, nodes.clean(b, block.id(), settle(block, 500, 1)).status());
        Block held = nodes.clean(a, block.id(), new Change.Confirm(501)).block();
        assertEquals(TaskState.SUCCEEDED, held.entry(3).state());
      }
      await().atMost(PATIENCE).until(() -> a.membership().era() > era);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  a.membership().byName().values().stream().noneMatch(m -> m.peer().equals(dead)));

      b.terminate();
      BlockId late = a.ledger().newBlockId();
      Change.Create create = new Change.Create(900, block(late, peer, 900, 1));
      await()
          .atMost(PATIENCE)
          .until(() -> nodes.write(a, late, create) instanceof Reply.Unavailable);
      Reply read = nodes.write(a, blocks.get(0).id(), new Change.Confirm(901));
      assertInstanceOf(Reply.Unavailable.class, read);
    }
  }

  @Test
  void thinPartitionIsNotClean() {
    try (Nodes nodes = new Nodes(5, 5)) {
      HazelcastNode a = nodes.start("a", 0);
      nodes.start("b", 1);
      HazelcastNode c = nodes.start("c", 2);
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 3);
      Peer peer = a.membership().self().peer();
      Block first = block(a.ledger().newBlockId(), peer, 1, 1);
      nodes.clean(a, first.id(), new Change.Create(1, first));

      // Three of five are a majority with three copies of each block. Frozen repartitioning keeps
      // what a death leaves thin thin; a fourth node keeps the majority.
      nodes.start("d", 3);
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 4);
      nodes.clean(a, first.id(), new Change.Confirm(2));
      state(a, ClusterState.NO_MIGRATION);
      c.terminate();
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 3);
      int thin = 0;
      for (int i = 0; i < 50; i++) {
        Block block = block(a.ledger().newBlockId(), peer, 10 + i, 1);
        Reply reply = nodes.write(a, block.id(), new Change.Create(10 + i, block));
        // Others may still miss an answer of the one that died.
        thin +=
            reply instanceof Reply.Unclean unclean && unclean.why().startsWith("thin: ") ? 1 : 0;
      }
      assertTrue(thin > 0, "no write was thin");

      state(a, ClusterState.ACTIVE);
      Block last = block(a.ledger().newBlockId(), peer, 3, 1);
      assertEquals(Status.RECORDED, nodes.clean(a, last.id(), new Change.Create(3, last)).status());
    }
  }

  /** Refused while partitions move. */
  private static void state(HazelcastNode node, ClusterState state) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(() -> node.instance().getCluster().changeClusterState(state));
  }
}
