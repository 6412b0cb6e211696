package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static io.dispatcher.hazelcast.Nodes.settle;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.map.impl.MapService;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.PartitionSpecificRunnable;
import com.hazelcast.spi.impl.operationservice.impl.OperationServiceImpl;
import com.hazelcast.wan.impl.CallerProvenance;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Ledger.Usage;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The ledger over three store members and a lite one, in one JVM. */
class HazelcastLedgerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static Nodes nodes;
  private static HazelcastNode a;
  private static HazelcastNode b;
  private static HazelcastNode c;
  private static HazelcastNode lite;

  @BeforeAll
  static void start() {
    nodes = new Nodes(3, 4);
    a = nodes.start("a", 0);
    b = nodes.start("b", 1);
    c = nodes.start("c", 2);
    lite = nodes.start(nodes.settings("d", 3).roles(Set.of(Role.FRONT, Role.WORKER)).build());
    for (HazelcastNode node : List.of(a, b, c, lite)) {
      await().atMost(PATIENCE).until(() -> node.membership().byName().size() == 4);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> IntStream.range(0, 1000).allMatch(s -> a.ledger().liveBackups(s) == 1));
  }

  @AfterAll
  static void stop() {
    nodes.close();
  }

  private static Peer peer(HazelcastNode node) {
    return node.membership().self().peer();
  }

  @Test
  void taskIsCreatedSettledForgottenAndDeletedFromAnyNode() {
    for (HazelcastNode writer : List.of(a, lite)) {
      for (HazelcastNode names : List.of(a, b, c, lite)) {
        BlockId id = names.ledger().newBlockId();
        Block block = block(id, peer(writer), 11, 3);
        assertEquals(
            Status.RECORDED, nodes.clean(writer, id, new Change.Create(11, block)).status());

        Answer settled = nodes.clean(b, id, settle(block, 12, 1));
        assertEquals(Status.RECORDED, settled.status());
        assertEquals(peer(writer), settled.owner());

        Block held = nodes.clean(c, id, new Change.Confirm(13)).block();
        assertEquals(TaskState.SUCCEEDED, held.entry(2).state());
        assertNull(held.entry(2).payload());
        assertEquals(64, held.entry(2).result().size());

        nodes.clean(a, id, new Change.Forget(14, peer(writer), 1, List.of(0, 1, 2)));
        assertEquals(
            Status.RECORDED,
            nodes.clean(b, id, new Change.Delete(15, peer(writer), 1, block.nonce())).status());
        assertEquals(Status.GONE, nodes.clean(c, id, new Change.Confirm(16)).status());
      }
    }
  }

  @Test
  void staleAttemptsAndStrangersAreFenced() {
    BlockId id = a.ledger().newBlockId();
    Block block = block(id, peer(a), 21, 1);
    nodes.clean(a, id, new Change.Create(21, block));
    List<Change.Item> first = List.of(new Change.Item(0, 1));

    Change.Reissue foreign = new Change.Reissue(22, peer(b), 1, first, Change.Cause.DEATH);
    assertEquals(Status.FENCED, nodes.clean(b, id, foreign).status());

    nodes.clean(a, id, new Change.Reissue(23, peer(a), 1, first, Change.Cause.DEATH));
    Answer stale = nodes.clean(c, id, settle(block, 24, 1));
    assertEquals(false, stale.items().get(0).recorded());
    assertEquals(2, stale.items().get(0).entry().attempt());
    assertEquals(List.of(), nodes.clean(c, id, settle(block, 25, 2)).items());
  }

  @Test
  void repeatOfAWriteIsAnsweredAsRecorded() {
    BlockId id = b.ledger().newBlockId();
    Block block = block(id, peer(a), 31, 2);
    Change.Create create = new Change.Create(31, block);
    nodes.clean(a, id, create);
    assertEquals(Status.RECORDED, nodes.clean(a, id, create).status());

    Change.Settle settle = settle(block, 32, 1);
    assertEquals(List.of(), nodes.clean(c, id, settle).items());
    assertEquals(List.of(), nodes.clean(c, id, settle).items());
    Answer other = nodes.clean(b, id, settle(block, 33, 1));
    assertTrue(other.items().stream().noneMatch(Answer.Item::recorded));

    Block otherContent = block(id, peer(b), 34, 1);
    Block conflicting =
        Block.fresh(
            id,
            99,
            peer(b),
            1,
            "hash",
            new io.dispatcher.ledger.TaskEntry[] {otherContent.entry(0)});
    Answer conflict = nodes.clean(b, id, new Change.Create(34, conflicting));
    assertEquals(Status.CONFLICT, conflict.status());
    assertEquals(block.nonce(), conflict.block().nonce());
  }

  @Test
  void blocksOfThoseWhoAreGoneAreToldApartFromThoseOfStrangers() {
    Peer gone = new Peer("gone", 9);
    Peer stranger = new Peer("stranger", 9);
    for (Peer owner : List.of(gone, stranger, peer(a))) {
      BlockId id = a.ledger().newBlockId();
      nodes.clean(a, id, new Change.Create(61, block(id, owner, 61, 1)));
    }

    List<Peer> ready = new ArrayList<>();
    List<Peer> others = new ArrayList<>();
    for (HazelcastNode node : List.of(a, b, c)) {
      CompletableFuture<Ledger.Found> found = new CompletableFuture<>();
      Set<Peer> live = Set.of(peer(a), peer(b), peer(c), peer(lite));
      node.ledger().orphans(live, Set.of(gone), 10, nodes.executor(), found::complete);
      found.join().ready().forEach(each -> ready.add(each.owner()));
      found.join().others().forEach(each -> others.add(each.owner()));
    }

    assertEquals(List.of(gone), ready);
    assertEquals(List.of(stranger), others);
  }

  /** As a primary that was thrown out, or that lags, would tell it. */
  @Test
  void whatABackupHoldsIsNotToldAsGone() throws Exception {
    BlockId id = idThatLiesOn(a);
    Block block = block(id, peer(a), 51, 1);
    nodes.clean(a, id, new Change.Create(51, block));
    dropAtThePrimary(a, id);

    CompletableFuture<Reply> settled = nodes.send(b, id, settle(block, 52, 1));
    assertInstanceOf(Reply.Unclean.class, nodes.write(c, id, new Change.Confirm(53)));
    assertInstanceOf(Reply.Unclean.class, settled.get(20, TimeUnit.SECONDS));

    nodes.clean(a, id, new Change.Delete(54, peer(a), 1, block.nonce()));
    assertEquals(Status.GONE, nodes.clean(c, id, new Change.Confirm(55)).status());
  }

  /** Mostly the first one. */
  private static BlockId idThatLiesOn(HazelcastNode node) {
    return Stream.generate(() -> node.ledger().newBlockId())
        .limit(100)
        .filter(id -> node.ledger().isPrimary(id))
        .findFirst()
        .orElseThrow();
  }

  private static void dropAtThePrimary(HazelcastNode primary, BlockId id) throws Exception {
    NodeEngine engine = LedgerHost.engine(primary.instance());
    int partition = LedgerHost.of(primary.instance()).partitionId(id.shard());
    MapService maps = engine.getService(MapService.SERVICE_NAME);
    CompletableFuture<@Nullable Void> dropped = new CompletableFuture<>();
    ((OperationServiceImpl) engine.getOperationService())
        .execute(
            new PartitionSpecificRunnable() {
              @Override
              public int getPartitionId() {
                return partition;
              }

              @Override
              public void run() {
                maps.getMapServiceContext()
                    .getExistingRecordStore(partition, LedgerHost.MAP)
                    .removeBackup(engine.toData(new EntryKey(id)), CallerProvenance.NOT_WAN);
                dropped.complete(null);
              }
            });
    dropped.get(20, TimeUnit.SECONDS);
  }

  @Test
  void largeValuesAreKeptBesideTheirBlock() throws Exception {
    ValueId id = new ValueId(a.ledger().newBlockId(), 0, 5, 0, 0);
    byte[] bytes = new byte[1 << 20];
    bytes[77] = 7;
    assertNull(value(b, id));
    nodes.clean(reply -> a.ledger().putValue(id, bytes, nodes.executor(), reply));
    assertArrayEquals(bytes, value(c, id));
    await().atMost(PATIENCE).until(() -> a.ledger().usage().bytes() >= 1 << 20);
    nodes.clean(reply -> lite.ledger().deleteValue(id, nodes.executor(), reply));
    assertNull(value(a, id));
    assertEquals(Usage.NONE, lite.ledger().usage());
  }

  private static byte[] value(HazelcastNode node, ValueId id) throws Exception {
    CompletableFuture<byte[]> value = new CompletableFuture<>();
    node.ledger().getValue(id, nodes.executor(), value::complete);
    return value.get(20, TimeUnit.SECONDS);
  }

  @Test
  void newBlocksMostlyLieOnTheNodeThatNamesThem() {
    long there =
        Stream.generate(() -> b.ledger().newBlockId())
            .limit(100)
            .filter(id -> b.ledger().isPrimary(id))
            .count();
    // A bounded number of draws may find none; by chance a third would.
    assertTrue(there >= 90, () -> there + " of 100");
  }

  @Test
  void eraIsTheSameEverywhereAndGrowsWithTheMembership() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                a.membership().era() > 0
                    && a.membership().era() == b.membership().era()
                    && b.membership().era() == c.membership().era());
    BlockId id = c.ledger().newBlockId();
    Block block = block(id, peer(c), 41, 1);
    nodes.clean(c, id, new Change.Create(41, block));
    Block held = nodes.clean(a, id, new Change.Confirm(42)).block();
    assertTrue(held.version().era() > 0);
  }
}
