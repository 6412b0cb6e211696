package io.dispatcher.hazelcast;

import static io.dispatcher.hazelcast.Nodes.block;
import static io.dispatcher.hazelcast.Nodes.save;
import static io.dispatcher.hazelcast.Nodes.settle;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.cluster.Member;
import com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp;
import com.hazelcast.internal.util.Clock;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.impl.Invocation;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A frozen member holds back every answer of which it keeps a copy, until the others remove it
 * together.
 */
class FrozenMemberTest {

  private static final int DETECTION_SECONDS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @Test
  void nothingIsCleanBeforeTheFrozenBackupIsRemoved() throws Exception {
    List<Process> processes = new ArrayList<>();
    try (Nodes nodes = new Nodes(3, 3)) {
      for (int i = 1; i < 3; i++) {
        processes.add(process(nodes, i, DETECTION_SECONDS));
      }
      HazelcastNode a =
          nodes.start(
              nodes.settings("a", 0).detection(Duration.ofSeconds(DETECTION_SECONDS)).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 3);
      // Accepted is not enough: the data must have moved, or the frozen one holds nothing.
      LedgerHost host = LedgerHost.of(a.instance());
      Member third =
          a.instance().getCluster().getMembers().stream()
              .filter(member -> "p2".equals(member.getAttribute(Roster.NODE)))
              .findFirst()
              .orElseThrow();
      UUID p2 = third.getUuid();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  settled(a)
                      && IntStream.range(0, 2000)
                              .filter(shard -> host.isPrimary(shard))
                              .filter(shard -> host.backupHolders(shard).equals(Set.of(p2)))
                              .count()
                          > 100);
      Peer peer = a.membership().self().peer();
      List<Block> blocks = new ArrayList<>();
      for (long write = 1; blocks.size() < 20; write++) {
        assertTrue(write < 100_000, "p2 has no copies any more");
        Block block = block(a.ledger().newBlockId(), peer, write, 2);
        if (host.backupHolders(block.id().shard()).equals(Set.of(p2))) {
          blocks.add(block);
        }
      }
      List<Change> changes = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Block block = blocks.get(i);
        Change create = new Change.Create(block.entry(0).lastWrite(), block);
        if (i < 10) {
          nodes.clean(a, block.id(), create);
          changes.add(i < 5 ? settle(block, 1000 + i, 1) : save(block, 1000 + i, 1));
        } else {
          changes.add(create);
        }
      }
      for (Block block : blocks) {
        assertEquals(Set.of(p2), host.backupHolders(block.id().shard()), "the data moved");
      }
      List<Block> itsOwn = new ArrayList<>();
      for (int shard : shardsOf(host, third).limit(5).toArray()) {
        BlockId id = BlockId.issued(a.ledger().realm(), shard, shard, shard);
        Block block = block(id, peer, 2000 + shard, 2);
        nodes.clean(a, id, new Change.Create(block.entry(0).lastWrite(), block));
        itsOwn.add(block);
      }

      freeze(processes.get(1));
      List<CompletableFuture<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        replies.add(nodes.send(a, blocks.get(i).id(), changes.get(i)));
      }
      List<CompletableFuture<Boolean>> kept = new ArrayList<>();
      for (Block block : itsOwn) {
        kept.add(
            nodes
                .send(a, block.id(), save(block, 5000, 1))
                .thenApply(reply -> !(reply instanceof Reply.Clean) || !isMember(a, p2)));
      }
      for (int i = 0; i < 20; i++) {
        Reply first = replies.get(i).get(30, TimeUnit.SECONDS);
        assertFalse(first instanceof Reply.Clean, "acknowledged without its frozen copy: " + i);
      }
      for (int i = 0; i < 20; i++) {
        Answer repeated = nodes.clean(a, blocks.get(i).id(), changes.get(i));
        assertEquals(Status.RECORDED, repeated.status());
        assertFalse(isMember(a, p2), "clean while its copy was frozen: " + i);
      }
      for (int i = 0; i < itsOwn.size(); i++) {
        Block block = itsOwn.get(i);
        assertTrue(kept.get(i).get(30, TimeUnit.SECONDS), "clean while its primary was frozen");
        assertEquals(Status.RECORDED, nodes.clean(a, block.id(), save(block, 5000, 1)).status());
        Answer confirmed = nodes.clean(a, block.id(), new Change.Confirm(6000));
        assertNotNull(confirmed.block().entry(0).checkpoint());
      }
    } finally {
      for (Process process : processes) {
        end(process);
      }
    }
  }

  /** The one next to it misses it first, and has to wait for the third one to miss it too. */
  @Test
  void theOthersStayTogetherThoughTheyMissTheFrozenOldestAtDifferentTimes() throws Exception {
    Process oldest = null;
    Process slow = null;
    try (Nodes nodes = new Nodes(3, 3)) {
      oldest = process(nodes, 1, DETECTION_SECONDS);
      Process frozen = oldest;
      MemberProcess.awaitReady(oldest);
      HazelcastNode a =
          nodes.start(
              nodes.settings("a", 0).detection(Duration.ofSeconds(DETECTION_SECONDS)).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 2);
      slow = process(nodes, 2, DETECTION_SECONDS + 2);
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 3);
      assertEquals(
          "p1", a.instance().getCluster().getMembers().iterator().next().getAttribute(Roster.NODE));
      AtomicBoolean superseded = new AtomicBoolean();
      a.onSuperseded(() -> superseded.set(true));
      await().atMost(PATIENCE).until(() -> a.membership().closed() == null);
      Set<Integer> sizes = ConcurrentHashMap.newKeySet();
      a.membership().listen(Runnable::run, members -> sizes.add(members.size()));

      freeze(frozen);
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() < 3);
      await().atMost(PATIENCE).until(() -> a.membership().closed() == null);
      assertEquals(Set.of(3, 2), sizes);
      assertFalse(superseded.get());
    } finally {
      end(oldest);
      end(slow);
    }
  }

  /** Hazelcast would wait five seconds for the other one, once the oldest is missed. */
  @Test
  void theOthersDoNotWaitForASilentMemberWhenTheOldestIsSilentToo() throws Exception {
    Process oldest = null;
    Process other = null;
    try (Nodes nodes = new Nodes(5, 5)) {
      oldest = process(nodes, 0, 5, DETECTION_SECONDS);
      MemberProcess.awaitReady(oldest);
      other = process(nodes, 1, 5, DETECTION_SECONDS);
      Duration detection = Duration.ofSeconds(DETECTION_SECONDS);
      HazelcastNode a = nodes.start(nodes.settings("a", 2).detection(detection).build());
      nodes.start(nodes.settings("b", 3).detection(detection).build());
      nodes.start(nodes.settings("c", 4).detection(detection).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 5);
      List<Member> members = List.copyOf(a.instance().getCluster().getMembers());
      Member first = members.get(0);
      assertEquals("p0", first.getAttribute(Roster.NODE));

      freeze(oldest);
      await().atMost(PATIENCE).until(() -> silence(a, first) > 1_500);
      freeze(other);
      await().atMost(PATIENCE).until(() -> silence(a, first) > detection.toMillis());
      assertWithin(4_500, () -> a.instance().getCluster().getMembers().size() == 3);
    } finally {
      end(oldest);
      end(other);
    }
  }

  /** It is asked because the oldest is dead; Hazelcast would wait five seconds for it too. */
  @Test
  void theOthersDoNotWaitForAMemberThatDiesWhileItIsAsked() throws Exception {
    Process oldest = null;
    Process other = null;
    try (Nodes nodes = new Nodes(5, 5)) {
      Duration never = Duration.ofSeconds(60);
      oldest = process(nodes, 0, 5, 60);
      MemberProcess.awaitReady(oldest);
      other = process(nodes, 1, 5, 60);
      HazelcastNode a = nodes.start(nodes.settings("a", 2).detection(never).build());
      HazelcastNode b = nodes.start(nodes.settings("b", 3).detection(never).build());
      HazelcastNode c = nodes.start(nodes.settings("c", 4).detection(never).build());
      await().atMost(PATIENCE).until(() -> a.membership().byName().size() == 5);
      List<Member> members = List.copyOf(a.instance().getCluster().getMembers());
      assertEquals("p0", members.get(0).getAttribute(Roster.NODE));
      Member asked =
          members.stream()
              .filter(member -> "p1".equals(member.getAttribute(Roster.NODE)))
              .findFirst()
              .orElseThrow();

      freeze(other);
      oldest.destroyForcibly();
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> Stream.of(a, b, c).anyMatch(node -> asks(node, asked)));
      other.destroyForcibly();
      assertWithin(3_500, () -> a.instance().getCluster().getMembers().size() == 3);
    } finally {
      end(oldest);
      end(other);
    }
  }

  /** While all threads of this process stand still, the members in it cannot do anything either. */
  private static void assertWithin(long millis, Callable<Boolean> condition) {
    try (StallMeter stall = new StallMeter()) {
      long begun = System.nanoTime();
      await().atMost(PATIENCE).until(condition);
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      long stood = stall.millis();
      assertTrue(took - stood <= millis, () -> took + " ms, stood still for " + stood + " ms");
    }
  }

  private static boolean asks(HazelcastNode node, Member asked) {
    NodeEngineImpl engine = (NodeEngineImpl) LedgerHost.engine(node.instance());
    for (Invocation<?> call : engine.getOperationService().getInvocationRegistry()) {
      if (call.op instanceof FetchMembersViewOp
          && asked.getAddress().equals(call.getTargetAddress())) {
        return true;
      }
    }
    return false;
  }

  /** For how many milliseconds nothing was heard of a member. */
  private static long silence(HazelcastNode node, Member member) {
    return Clock.currentTimeMillis()
        - ((NodeEngineImpl) LedgerHost.engine(node.instance()))
            .getNode()
            .getClusterService()
            .getClusterHeartbeatManager()
            .getLastHeartbeatTime(member);
  }

  private static IntStream shardsOf(LedgerHost host, Member primary) {
    return IntStream.range(0, LedgerHost.SHARDS)
        .filter(
            shard ->
                primary
                    .getAddress()
                    .equals(
                        host.engine()
                            .getPartitionService()
                            .getPartition(host.partitionId(shard), false)
                            .getOwnerOrNull()));
  }

  private static boolean isMember(HazelcastNode node, UUID uuid) {
    return node.instance().getCluster().getMembers().stream()
        .anyMatch(member -> member.getUuid().equals(uuid));
  }

  /** Nothing moves any more. */
  private static boolean settled(HazelcastNode node) {
    return node.instance().getCluster().getMembers().stream().noneMatch(Member::isLiteMember)
        && node.instance().getPartitionService().isClusterSafe();
  }

  private static Process process(Nodes nodes, int place, int detection) throws IOException {
    return process(nodes, place, 3, detection);
  }

  private static Process process(Nodes nodes, int place, int size, int detection)
      throws IOException {
    int port = port(nodes.members.get(place));
    return MemberProcess.start(nodes.cluster(), "p" + place, port, size, detection, nodes.members);
  }

  private static int port(String member) {
    return Integer.parseInt(member.split(":")[1]);
  }

  private static void end(@Nullable Process process) throws InterruptedException {
    if (process != null) {
      process.destroyForcibly();
      process.waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Its threads go on for a moment, as long as one of them has not got to run. */
  private static void freeze(Process process) throws Exception {
    String pid = Long.toString(process.pid());
    assertEquals(0, new ProcessBuilder("kill", "-STOP", pid).start().waitFor());
    Path threads = Path.of("/proc", pid, "task");
    if (Files.isDirectory(threads)) {
      await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> allStopped(threads));
    }
  }

  private static boolean allStopped(Path threads) throws IOException {
    try (Stream<Path> all = Files.list(threads)) {
      return all.allMatch(FrozenMemberTest::isStopped);
    }
  }

  private static boolean isStopped(Path thread) {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      // The state follows the name, which is in brackets and may have any in it.
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
    } catch (IOException ended) {
      return false;
    }
  }
}
