package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
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
    marks = new Marks(LedgerHost.of(node.instance()));
    await().atMost(PATIENCE).until(() -> marks(true).stream().allMatch(map()::containsKey));
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  /** Of all partitions. */
  private List<EntryKey> marks(boolean ofAll) {
    LedgerHost host = LedgerHost.of(node.instance());
    return IntStream.range(0, node.instance().getPartitionService().getPartitions().size())
        .mapToObj(partition -> Marks.key(host, partition, ofAll))
        .toList();
  }

  /** Nobody has a copy of it any more. */
  private void lose(BlockId id) {
    LedgerHost host = LedgerHost.of(node.instance());
    map().delete(new EntryKey(id));
    map().delete(Marks.key(host, partition(id), false));
    map().delete(Marks.key(host, partition(id), true));
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

  /**
   * @param more besides this node
   */
  private void raiseEra(Brought above, long... more) throws Exception {
    long self = node.membership().self().peer().incarnation();
    LedgerResult raised =
        (LedgerResult)
            map()
                .submitToKey(
                    EntryKey.ERA,
                    LedgerProcessor.raiseEra(
                        above.era(),
                        LongStream.concat(LongStream.of(self), LongStream.of(more)).toArray()))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    LedgerHost.of(node.instance()).sawEra(raised.era());
  }

  private void comesBackToALaterEra(Brought brought) throws Exception {
    raiseEra(brought);
    restoreInTime(brought);
  }

  @Test
  void what_was_lost_comes_back_and_what_was_forgotten_does_not() throws Exception {
    BlockId lost = write();
    BlockId forgotten = write();
    while (partition(forgotten) == partition(lost)) {
      forgotten = write();
    }
    Brought brought = Brought.of(node.instance(), GONE, null);

    lose(lost);
    // In the other partition a task came to its end.
    map().delete(new EntryKey(forgotten));
    comesBackToALaterEra(brought);

    assertEquals(Status.RECORDED, nodes.clean(node, lost, new Change.Confirm(2)).status());
    assertEquals(Status.GONE, nodes.clean(node, forgotten, new Change.Confirm(3)).status());
    assertEquals(0, marks.missing().size(), "the mark came back with what it marks");
  }

  /** It left again before it had put back what it brought, into a part that had gone on. */
  @Test
  void what_was_not_put_back_yet_is_brought_once_more() throws Exception {
    BlockId lost = write();
    Brought unfinished = Brought.of(node.instance(), GONE, null);
    lose(lost);
    raiseEra(unfinished);
    Brought brought = Brought.of(node.instance(), GONE + 1, unfinished);
    restoreInTime(brought);

    assertEquals(Status.RECORDED, nodes.clean(node, lost, new Change.Confirm(2)).status());
  }

  /** A copy that comes back later must not find gone what has ended meanwhile. */
  @Test
  void where_copies_may_come_back_no_block_is_deleted() throws Exception {
    BlockId id = write();
    Peer owner = node.membership().self().peer();
    EntryKey mark = Marks.key(LedgerHost.of(node.instance()), partition(id), false);
    Change.Delete delete = new Change.Delete(7, owner, 1, block(id, owner, 1, 1).nonce());
    Change.End end =
        new Change.End(6, owner, 1, List.of(new Change.Item(0, 1)), TaskState.CANCELLED);
    assertEquals(Status.RECORDED, nodes.clean(node, id, end).status());
    map().delete(mark);

    assertInstanceOf(Reply.Missing.class, nodes.write(node, id, delete));
    assertTrue(map().containsKey(new EntryKey(id)));

    marks.set().get(20, TimeUnit.SECONDS);
    assertEquals(Status.RECORDED, nodes.clean(node, id, delete).status());
    assertFalse(map().containsKey(new EntryKey(id)));
  }

  /** Or a task would be told gone that comes back, or a repeated submit would be another task. */
  @Test
  void where_copies_may_come_back_nothing_counts_as_gone() throws Exception {
    BlockId id = write();
    Peer owner = node.membership().self().peer();
    lose(id);
    Block named =
        Block.fresh(id, 5, owner, 0, "content", new TaskEntry[] {block(id, owner, 1, 1).entry(0)});

    assertInstanceOf(Reply.Missing.class, nodes.write(node, id, new Change.Confirm(2)));
    assertInstanceOf(Reply.Missing.class, nodes.write(node, id, new Change.Create(3, named)));
    assertFalse(map().containsKey(new EntryKey(id)));

    marks.set().get(20, TimeUnit.SECONDS);
    assertEquals(Status.GONE, nodes.clean(node, id, new Change.Confirm(4)).status());
    assertEquals(Status.RECORDED, nodes.clean(node, id, new Change.Create(5, named)).status());
  }

  /** What a node brings that left two parts one after the other: the newer knows what has ended. */
  @Test
  void what_was_brought_before_comes_after_what_is_newer() throws Exception {
    BlockId ended = write();
    Brought unfinished = Brought.of(node.instance(), GONE, null);
    raiseEra(unfinished);
    map().delete(new EntryKey(ended));
    BlockId lost = write();
    while (partition(lost) != partition(ended)) {
      lost = write();
    }
    Brought brought = Brought.of(node.instance(), GONE + 1, unfinished);
    lose(lost);
    comesBackToALaterEra(brought);

    assertEquals(Status.RECORDED, nodes.clean(node, lost, new Change.Confirm(2)).status());
    assertEquals(Status.GONE, nodes.clean(node, ended, new Change.Confirm(3)).status());
  }

  /** Those who went on remember which era it was, though nobody has a copy of its entry. */
  @Test
  void what_has_ended_stays_so_where_the_era_itself_was_lost() throws Exception {
    BlockId ended = write();
    Brought brought = Brought.of(node.instance(), GONE, null);
    map().delete(new EntryKey(ended));
    raiseEra(brought);
    map().delete(EntryKey.ERA);
    restoreInTime(brought);

    assertEquals(Status.GONE, nodes.clean(node, ended, new Change.Confirm(2)).status());
  }

  @Test
  void nothing_is_put_back_before_what_is_of_a_later_era() throws Exception {
    Brought brought = Brought.of(node.instance(), GONE, null);
    try (Nodes others = new Nodes(1, 1)) {
      HazelcastNode later = others.start(others.settings("b", 0).build().with(Roster.BRINGS, "9"));
      HazelcastMembership membership = later.membership();
      assertNull(brought.theirs(membership));

      await().atMost(PATIENCE).until(membership.eras()::restored);
      await().atMost(PATIENCE).until(() -> brought.theirs(membership) != null);
      LedgerResult theirs = brought.theirs(membership);
      assertTrue(theirs != null && theirs.era() >= 9, "it says so though nobody had a copy");
    }
  }

  @Test
  void without_the_mark_of_all_nothing_counts_as_lost() throws Exception {
    BlockId id = write();
    Brought brought = Brought.of(node.instance(), GONE, null);
    lose(id);
    marks(true).forEach(map()::delete);
    comesBackToALaterEra(brought);
    marks.set().get(20, TimeUnit.SECONDS);

    assertEquals(Status.GONE, nodes.clean(node, id, new Change.Confirm(2)).status());
  }

  /** Who is not here yet may have a copy in which the task has ended. */
  @Test
  void what_is_missing_is_put_back_once_all_are_here() throws Exception {
    try (Nodes three = new Nodes(3, 3)) {
      HazelcastNode first = three.start("a", 0);
      HazelcastNode second = three.start("b", 1);
      await().atMost(PATIENCE).until(() -> first.membership().roster().missing() == 0);
      node = first;
      nodes.close();
      nodes = three;
      marks = new Marks(LedgerHost.of(first.instance()));
      await().atMost(PATIENCE).until(() -> marks(true).stream().allMatch(map()::containsKey));
      BlockId lost = write();
      Brought brought = Brought.of(first.instance(), GONE, null);
      lose(lost);
      raiseEra(brought);

      Thread bringing = new Thread(() -> restore(brought, first), "bringing");
      bringing.start();
      await().atMost(PATIENCE).until(() -> isAt(bringing, "waitForAll"));
      assertFalse(map().containsKey(new EntryKey(lost)));
      three.start("c", 2);

      bringing.join(PATIENCE.toMillis());
      assertFalse(bringing.isAlive());
      assertTrue(map().containsKey(new EntryKey(lost)));
      assertTrue(second.membership().roster().isWhole());
    }
  }

  /** It was cut off once more, before it had read which era it had come to. */
  @Test
  void what_was_not_put_back_is_not_of_the_era_of_those_it_had_joined() throws Exception {
    BlockId ended = write();
    Brought unfinished = Brought.of(node.instance(), GONE, null);
    map().delete(new EntryKey(ended));
    try (Nodes three = new Nodes(3, 1)) {
      HazelcastNode alone = three.start("a", 0);
      assertEquals(0, LedgerHost.of(alone.instance()).era());
      Brought brought = Brought.of(alone.instance(), GONE + 1, unfinished);
      raiseEra(unfinished, GONE + 1);
      restoreInTime(brought);
    }

    assertEquals(Status.GONE, nodes.clean(node, ended, new Change.Confirm(2)).status());
  }

  /** Or one that leaves meanwhile would come back as if nothing had ended since. */
  @Test
  void in_an_open_ledger_eras_go_on_while_somebody_brings_something() throws Exception {
    try (Nodes three = new Nodes(3, 3)) {
      HazelcastNode first = three.start("a", 0);
      three.start("b", 1);
      await().atMost(PATIENCE).until(() -> first.membership().closed() == null);
      LedgerHost host = LedgerHost.of(first.instance());
      long before = host.era();

      three.start(three.settings("c", 2).build().with(Roster.BRINGS, "1"));
      await().atMost(PATIENCE).until(() -> first.membership().roster().isWhole());

      await().atMost(PATIENCE).until(() -> host.era() > before);
      assertFalse(first.membership().roster().bringers().isEmpty());
      assertEquals(Set.of(), host.restored());
    }
  }

  /** It left again: nobody is there any more whom it could wait for. */
  @Test
  void a_member_that_has_stopped_puts_nothing_back() throws Exception {
    Brought brought = Brought.of(node.instance(), GONE, null);
    try (Nodes three = new Nodes(3, 1)) {
      HazelcastNode alone = three.start("a", 0);
      Thread bringing = new Thread(() -> restore(brought, alone), "bringing");
      bringing.start();
      await().atMost(PATIENCE).until(() -> isAt(bringing, "await"));
      alone.terminate();

      bringing.join(PATIENCE.toMillis());
      assertFalse(bringing.isAlive());
    }
  }

  private void restoreInTime(Brought brought) {
    assertTimeoutPreemptively(PATIENCE, () -> brought.restore(node.instance(), node.membership()));
  }

  private static void restore(Brought brought, HazelcastNode to) {
    try {
      brought.restore(to.instance(), to.membership());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isAt(Thread thread, String method) {
    return Stream.of(thread.getStackTrace()).anyMatch(f -> f.getMethodName().equals(method));
  }
}
