package io.dispatcher.hazelcast;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Starts members on free loopback ports, and talks to their ledgers. */
final class Nodes implements AutoCloseable {

  static final Profile PROFILE = new Profile("t", 3, Backoff.DEFAULT, 60_000, 0, 0, 5, 300_000);

  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  final List<String> members;
  final List<HazelcastNode> started = new ArrayList<>();
  private final String cluster = "test-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
  private final int size;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "test-loop");
            thread.setDaemon(true);
            return thread;
          });

  Nodes(int size, int ports) {
    this.size = size;
    this.members = LoopbackPorts.free(ports).stream().map(port -> "127.0.0.1:" + port).toList();
  }

  String cluster() {
    return cluster;
  }

  HazelcastSettings.Builder settings(String name, int place) {
    return HazelcastSettings.builder(cluster, name)
        .members(members)
        .port(Integer.parseInt(members.get(place).substring("127.0.0.1:".length())))
        .size(size)
        .detection(Duration.ofSeconds(3))
        .patience(Duration.ZERO);
  }

  HazelcastNode start(HazelcastSettings settings) {
    HazelcastNode node = HazelcastNode.start(settings);
    synchronized (started) {
      started.add(node);
    }
    return node;
  }

  HazelcastNode start(String name, int place) {
    return start(settings(name, place).build());
  }

  Reply write(HazelcastNode node, BlockId id, Change change) {
    return send(node, id, change).orTimeout(40, TimeUnit.SECONDS).join();
  }

  CompletableFuture<Reply> send(HazelcastNode node, BlockId id, Change change) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    node.ledger().write(id, change, executor, reply::complete);
    return reply;
  }

  /** As an owner does it: the same write again until it is clean. */
  Answer clean(HazelcastNode node, BlockId id, Change change) {
    return clean(reply -> node.ledger().write(id, change, executor, reply));
  }

  /**
   * Any call again until its reply is clean.
   *
   * @param call is given where its reply goes
   */
  Answer clean(Consumer<Consumer<Reply>> call) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    Reply reply = reply(call);
    while (!(reply instanceof Reply.Clean)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still not clean: " + reply);
      }
      LockSupport.parkNanos(AGAIN_NANOS);
      reply = reply(call);
    }
    return ((Reply.Clean) reply).answer();
  }

  private static Reply reply(Consumer<Consumer<Reply>> call) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    call.accept(reply::complete);
    return reply.orTimeout(40, TimeUnit.SECONDS).join();
  }

  ExecutorService executor() {
    return executor;
  }

  static Block block(BlockId id, Peer owner, long write, int tasks) {
    TaskEntry[] entries = new TaskEntry[tasks];
    for (int i = 0; i < tasks; i++) {
      entries[i] = TaskEntry.accepted(PROFILE, null, Value.inline(new byte[256]), write);
    }
    return Block.fresh(id, id.low() ^ 77, owner, 1, null, entries);
  }

  /** The first checkpoint of an attempt of the first task. */
  static Change.Save save(Block block, long write, int attempt) {
    return new Change.Save(
        write, block.nonce(), 0, attempt, 1, Value.inline(new byte[] {(byte) write}));
  }

  static Change.Settle settle(Block block, long write, int attempt) {
    List<Change.Settlement> items = new ArrayList<>();
    for (int i = 0; i < block.size(); i++) {
      items.add(new Change.Settlement(i, attempt, Value.inline(new byte[64]), null, true, 0));
    }
    return new Change.Settle(write, block.nonce(), items);
  }

  @Override
  public void close() {
    for (HazelcastNode node : started) {
      node.terminate();
    }
    executor.shutdownNow();
  }
}
