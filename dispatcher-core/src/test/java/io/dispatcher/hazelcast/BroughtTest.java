package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node brings back to a cluster that went on without it, on one member. */
class BroughtTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long GONE = 77;

  private Nodes nodes;
  private HazelcastNode node;
  private Marks marks;

  @BeforeEach
  void start() {
    nodes = new Nodes(1, 1);
    node = nodes.start("a", 0);
    marks = new Marks(node.instance(), LedgerHost.of(node.instance()));
    await().atMost(PATIENCE).until(() -> marked(LedgerHost.SHARDS));
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  private boolean marked(int number) {
    return map().containsKey(EntryKey.mark(number));
  }

  private IMap<EntryKey, Held> map() {
    HazelcastInstance instance = node.instance();
    return instance.getMap(LedgerHost.MAP);
  }

  private BlockId write() {
    Peer owner = node.membership().self().peer();
    BlockId id = node.ledger().newBlockId();
    assertEquals(
        Status.RECORDED,
        nodes.clean(node, id, new Change.Create(1, block(id, owner, 1, 1))).status());
    return id;
  }

  private int partition(BlockId id) {
    return LedgerHost.of(node.instance()).partitionId(id.shard());
  }

  private void comesBackToALaterEra(Brought brought) throws Exception {
    Peer self = node.membership().self().peer();
    map()
        .submitToKey(
            EntryKey.ERA, LedgerProcessor.raiseEra(brought.era(), new long[] {self.incarnation()}))
        .toCompletableFuture()
        .get();
    brought.restore(node.instance(), node.membership());
  }

  @Test
  void what_was_lost_comes_back_and_what_was_forgotten_does_not() throws Exception {
    BlockId lost = write();
    BlockId forgotten = write();
    while (partition(forgotten) == partition(lost)) {
      forgotten = write();
    }
    Brought brought = Brought.of(node.instance(), GONE, null);

    // Nobody has a copy of the one partition any more; in the other one a task came to its end.
    LedgerHost host = LedgerHost.of(node.instance());
    map().delete(new EntryKey(lost));
    map().delete(EntryKey.mark(host.shardIn(partition(lost))));
    map().delete(new EntryKey(forgotten));
    comesBackToALaterEra(brought);

    assertEquals(Status.RECORDED, nodes.clean(node, lost, new Change.Confirm(2)).status());
    assertEquals(Status.GONE, nodes.clean(node, forgotten, new Change.Confirm(3)).status());
    assertEquals(0, marks.missing().size(), "the mark came back with what it marks");
  }

  @Test
  void without_the_mark_of_all_nothing_counts_as_lost() throws Exception {
    BlockId id = write();
    Brought brought = Brought.of(node.instance(), GONE, null);
    map().delete(new EntryKey(id));
    map().delete(EntryKey.mark(LedgerHost.of(node.instance()).shardIn(partition(id))));
    map().delete(EntryKey.mark(LedgerHost.SHARDS));
    comesBackToALaterEra(brought);

    assertEquals(Status.GONE, nodes.clean(node, id, new Change.Confirm(2)).status());
  }
}
