package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.cluster.Cluster;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.operationservice.Operation;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.dispatcher.cluster.Standing;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Transition;
import java.time.Duration;
import java.util.AbstractMap.SimpleEntry;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A majority is lost, and some hear of it late: the calls that are under way, or this node itself.
 */
class MinorityTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Hazelcast tells of a loss on a thread that others block; it may be over by then. */
  @Test
  void a_loss_that_was_noticed_does_not_close_the_ledger_again() {
    try (Nodes nodes = new Nodes(3, 3)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      EraKeeper eras = a.membership().eras();
      await().atMost(PATIENCE).until(eras::open);
      Member gone = b.instance().getCluster().getLocalMember();
      b.terminate();
      await().atMost(PATIENCE).until(() -> a.membership().roster().missing() > 0);
      nodes.start("c", 2);
      await().atMost(PATIENCE).until(eras::open);

      Cluster cluster = a.instance().getCluster();
      MembershipEvent late =
          new MembershipEvent(
              cluster, gone, MembershipEvent.MEMBER_REMOVED, Set.of(cluster.getLocalMember()));
      a.membership().removed(late);
      await().during(Duration.ofMillis(500)).atMost(PATIENCE).until(eras::open);
    }
  }

  /** Who was cut off and joins the others again is another peer, but the same node. */
  @Test
  void what_befell_a_node_counts_on_when_it_is_another_peer() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      assertEquals(0, a.membership().standing().lostMajorities(), "there was none yet");
      HazelcastNode b = nodes.start("b", 1);
      opened(a);
      long era = a.membership().standing().era();
      assertTrue(era > 0);

      b.terminate();
      await().atMost(PATIENCE).until(() -> a.membership().standing().lostMajorities() == 1);
      HazelcastNode.Left left = a.leave();
      HazelcastNode again = HazelcastNode.start(nodes.settings("a", 0).build(), left);
      nodes.started.add(again);
      assertEquals(new Standing(era, 1, 0), again.membership().standing());

      nodes.start("b", 1);
      await().atMost(PATIENCE).until(() -> again.membership().standing().era() > era);
      assertEquals(1, again.membership().standing().lostMajorities());
    }
  }

  @Test
  void a_member_without_a_majority_carries_out_no_write() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      LedgerHost host = opened(a);
      BlockId id = a.ledger().newBlockId();
      LedgerProcessor write =
          LedgerProcessor.write(
              new Change.Create(1, block(id, a.membership().self().peer(), 1, 1)));
      write.setHazelcastInstance(a.instance());
      SimpleEntry<EntryKey, Held> entry = new SimpleEntry<>(new EntryKey(id), null);
      write.process(entry);
      assertNotNull(entry.getValue());

      // As before all is put together that the members have brought.
      host.open(() -> false);
      SimpleEntry<EntryKey, Held> early = new SimpleEntry<>(new EntryKey(id), null);
      assertThrows(SplitBrainProtectionException.class, () -> write.process(early));
      LedgerProcessor restore = LedgerProcessor.restore(entry.getValue());
      restore.setHazelcastInstance(a.instance());
      restore.process(early);
      assertNotNull(early.getValue(), "this is how it is put together");
      host.open(() -> true);

      b.terminate();
      await().atMost(PATIENCE).until(() -> a.instance().getCluster().getMembers().size() == 1);
      SimpleEntry<EntryKey, Held> alone = new SimpleEntry<>(new EntryKey(id), null);
      assertThrows(SplitBrainProtectionException.class, () -> write.process(alone));
      assertThrows(SplitBrainProtectionException.class, () -> restore.process(alone));
      assertNull(alone.getValue(), "it would be taken for newer than what others have");
      LedgerProcessor read = LedgerProcessor.readEra(0, new long[0]);
      read.setHazelcastInstance(a.instance());
      assertEquals(0, read.process(new SimpleEntry<>(EntryKey.ERA, null)).era());
    }
  }

  /** A primary that was thrown out, and has not heard of it, may have raised it alone. */
  @Test
  void the_era_is_read_with_its_copies() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      LedgerHost host = opened(a);
      LedgerProcessor read = LedgerProcessor.readEra(0, new long[0]);
      read.setHazelcastInstance(a.instance());
      Held era = Held.ofEra(5, new long[0], new long[0]);
      read.process(new SimpleEntry<>(EntryKey.ERA, era));
      assertNotNull(read.getBackupProcessor(), "the backups have to hold it too");

      b.terminate();
      await().atMost(PATIENCE).until(() -> a.instance().getCluster().getMembers().size() == 1);
      await().atMost(PATIENCE).until(() -> host.isPrimary(EntryKey.ERA.shard()));
      assertEquals(0, read.process(new SimpleEntry<>(EntryKey.ERA, era)).backups());
      assertTrue(host.backups() > 0, "so that nobody believes it");
    }
  }

  /** It may have been shown; before it is open, the newest of what is brought is the truth. */
  @Test
  void what_stands_in_an_open_ledger_stays() {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      nodes.start("b", 1);
      LedgerHost host = opened(a);
      BlockId id = a.ledger().newBlockId();
      Block block = block(id, a.membership().self().peer(), 1, 1);
      Held stands = Held.of(block);
      Change.Adopt adopt = new Change.Adopt(2, new Peer("c", 7), block.owner(), block.ownerEpoch());
      Held newer = Held.of(Transition.of(block, adopt, block.version().era() + 1, 1).next());
      LedgerProcessor restore = LedgerProcessor.restore(newer);
      restore.setHazelcastInstance(a.instance());

      SimpleEntry<EntryKey, Held> open = new SimpleEntry<>(new EntryKey(id), stands);
      restore.process(open);
      assertSame(stands, open.getValue());

      host.open(() -> false);
      SimpleEntry<EntryKey, Held> closed = new SimpleEntry<>(new EntryKey(id), stands);
      restore.process(closed);
      assertSame(newer, closed.getValue());
    }
  }

  /** Hazelcast sends nothing to a member that has just left, and waits for nobody then. */
  @Test
  void what_was_sent_to_nobody_is_not_clean() throws Exception {
    try (Nodes nodes = new Nodes(3, 2)) {
      HazelcastNode a = nodes.start("a", 0);
      HazelcastNode b = nodes.start("b", 1);
      LedgerHost host = opened(a);
      BlockId id = a.ledger().newBlockId();
      await()
          .atMost(PATIENCE)
          .until(() -> host.isPrimary(id.shard()) && host.liveBackups(id.shard()) == 1);
      NodeEngine engine = host.engine();
      Change create = new Change.Create(1, block(id, a.membership().self().peer(), 1, 1));
      LedgerOperation write =
          new LedgerOperation(engine.toData(new EntryKey(id)), LedgerProcessor.write(create)) {
            @Override
            public Operation getBackupOperation() {
              new Thread(b::terminate).start();
              await()
                  .atMost(PATIENCE)
                  .until(() -> a.instance().getCluster().getMembers().size() == 1);
              return super.getBackupOperation();
            }
          };
      CompletableFuture<Data> call =
          engine
              .getOperationService()
              .createInvocationBuilder(MapService.SERVICE_NAME, write, host.partitionId(id.shard()))
              .setResultDeserialized(false)
              .invoke();
      LedgerResult result = engine.toObject(call.get(30, TimeUnit.SECONDS));
      assertEquals(0, result.backups());
    }
  }

  private static LedgerHost opened(HazelcastNode node) {
    LedgerHost host = LedgerHost.of(node.instance());
    await().atMost(PATIENCE).until(host::open);
    return host;
  }
}
