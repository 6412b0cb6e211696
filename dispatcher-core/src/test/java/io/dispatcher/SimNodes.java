package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.sim.Sabotage;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Dispatchers on a simulated cluster, in virtual time, for tests of one case each. */
final class SimNodes {

  private static final long PATIENCE = 60_000_000_000L;

  private final Simulation simulation = new Simulation(7);
  private final SimWorld world = new SimWorld(simulation, 2, Sabotage.NONE);
  private final RandomGenerator random = simulation.random("writes of a test");
  private final Map<String, SimCluster> clusters = new LinkedHashMap<>();
  private final Map<String, Dispatcher> dispatchers = new LinkedHashMap<>();

  SimWorld world() {
    return world;
  }

  /** A node that is there from the start. */
  SimNodes founder(String name, Role... roles) {
    clusters.put(name, world.node(name, Set.of(roles)));
    return this;
  }

  /** A node in a zone, with labels. */
  SimNodes placed(String name, @Nullable String zone, Set<String> labels, Role... roles) {
    clusters.put(name, world.node(name, Set.of(roles), zone, labels));
    return this;
  }

  /** Nobody more founds the cluster. */
  SimNodes founded() {
    world.start();
    return this;
  }

  /** A node that joins. */
  SimNodes joiner(String name, Role... roles) {
    return founder(name, roles);
  }

  /** Starts a dispatcher on a node, with two slots. */
  Dispatcher start(String name, UnaryOperator<Dispatcher.Builder> how) {
    SimCluster cluster = clusters.get(name);
    CompletableFuture<Dispatcher> started = new CompletableFuture<>();
    cluster.whenEntered(() -> cluster.after(0, () -> start(cluster, how, started)));
    Dispatcher dispatcher = get(started);
    dispatchers.put(name, dispatcher);
    return dispatcher;
  }

  private static void start(
      SimCluster cluster,
      UnaryOperator<Dispatcher.Builder> how,
      CompletableFuture<Dispatcher> started) {
    how.apply(
            Dispatcher.builder()
                .cluster(cluster)
                .callbacks(cluster.thread())
                .pool("default", 2, cluster.threads()))
        .startAsync()
        .whenComplete(
            (dispatcher, error) -> {
              if (error == null) {
                started.complete(dispatcher);
              } else {
                started.completeExceptionally(error);
              }
            });
  }

  /** To start a dispatcher on another view of it. */
  Cluster cluster(String name) {
    return clusters.get(name);
  }

  /** For a pool of a node with another number of slots: simulated, as the rest of it. */
  Executor threads(String name) {
    return clusters.get(name).threads();
  }

  Dispatcher dispatcher(String name) {
    return dispatchers.get(name);
  }

  /** Whether a task's outcome is known. */
  boolean done(TaskHandle<?> handle) {
    return handle.outcome().toCompletableFuture().isDone();
  }

  /** Lets time go on until every front knows every worker. */
  SimNodes met() {
    until(
        () ->
            dispatchers.values().stream()
                .allMatch(
                    each ->
                        each.readiness().ready() || each.readiness().reason().contains("no role")));
    return this;
  }

  Peer peer(String name) {
    return clusters.get(name).peer();
  }

  /** Makes another node the owner of a task's block, unknown to both, as if one had been frozen. */
  void handOver(TaskId id, String from, String to) {
    write(to, id, new Change.Adopt(random.nextLong(), peer(to), peer(from), 1));
  }

  /** Makes another node keep the dead letter of a task, as that: unknown to both. */
  void handOverLetter(TaskId id, String from, String to) {
    TaskRef task = TaskRef.of(id).orElseThrow();
    Block block = block(id, to);
    TaskEntry failed = block.entry(task.index());
    BlockId letter = Block.letter(task, block.nonce(), block.owner(), 0, failed).id();
    write(to, letter, new Change.Adopt(random.nextLong(), peer(to), peer(from), 1));
  }

  /** The block of a task, as a node finds it in the ledger. */
  Block block(TaskId id, String at) {
    return Objects.requireNonNull(
        write(at, id, new Change.Confirm(random.nextLong())).block(), "there is no such block");
  }

  /** Puts a block back that was lost, as a node does that was cut off when it was like this. */
  void putBack(TaskId id, Block block, String at) {
    write(at, id, new Change.Create(random.nextLong(), block));
  }

  /** Writes ahead that a node starts the present attempt of a task. */
  void begin(TaskId id, String starter, String at) {
    Block block = block(id, at);
    int index = TaskRef.of(id).orElseThrow().index();
    Change.Item item = new Change.Item(index, block.entry(index).attempt());
    write(
        at,
        id,
        new Change.Begin(
            random.nextLong(), block.nonce(), peer(starter), wallMillis(), List.of(item)));
  }

  /** Records that the present attempt of a task succeeded, of which its owner does not hear. */
  void settle(TaskId id, String at) {
    settle(id, at, Value.inline(new byte[] {'y'}));
  }

  /** As {@link #settle(TaskId, String)}, with this result. */
  void settle(TaskId id, String at, Value result) {
    Block block = block(id, at);
    int index = TaskRef.of(id).orElseThrow().index();
    Change.Settlement success =
        new Change.Settlement(index, block.entry(index).attempt(), result, null, false, 0);
    write(at, id, new Change.Settle(random.nextLong(), block.nonce(), List.of(success)));
  }

  /** Removes a task that ended, as its owner does it once its outcome was fetched for good. */
  void remove(TaskId id, String at) {
    Block block = block(id, at);
    int index = TaskRef.of(id).orElseThrow().index();
    write(
        at,
        id,
        new Change.Forget(random.nextLong(), block.owner(), block.ownerEpoch(), List.of(index)));
  }

  /** Raises the attempt of a task, of which neither its owner nor its worker hears. */
  void raise(TaskId id, String at) {
    Block block = block(id, at);
    int index = TaskRef.of(id).orElseThrow().index();
    Change.Item item = new Change.Item(index, block.entry(index).attempt());
    write(
        at,
        id,
        new Change.Reissue(
            random.nextLong(),
            block.owner(),
            block.ownerEpoch(),
            List.of(item),
            Change.Cause.LAPSE,
            "",
            wallMillis()));
  }

  /** Deletes the block of a task that has ended, of which its owner does not hear. */
  void delete(TaskId id, String at) {
    Block block = block(id, at);
    write(
        at,
        id,
        new Change.Delete(random.nextLong(), block.owner(), block.ownerEpoch(), block.nonce()));
  }

  /** Deletes the large payload of a task, though its block still refers to it. */
  void losePayload(TaskId id, String at) {
    lose(Objects.requireNonNull(entry(id, at).payload(), "payload"), at);
  }

  /** Deletes the large result of a task, as an owner does that dies before it forgets the task. */
  void loseResult(TaskId id, String at) {
    lose(Objects.requireNonNull(entry(id, at).result(), "result"), at);
  }

  private TaskEntry entry(TaskId id, String at) {
    return block(id, at).entry(TaskRef.of(id).orElseThrow().index());
  }

  private void lose(Value value, String at) {
    SimCluster cluster = clusters.get(at);
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    cluster
        .ledger()
        .deleteValue(
            Objects.requireNonNull(value.stored(), "a value beside its block"),
            cluster.thread(),
            reply::complete);
    assertInstanceOf(Reply.Clean.class, get(reply));
  }

  private Answer write(String at, TaskId id, Change change) {
    return write(at, TaskRef.of(id).orElseThrow().block(), change);
  }

  /** Repeats it until the answer is clean. */
  private Answer write(String at, BlockId id, Change change) {
    SimCluster cluster = clusters.get(at);
    for (int tries = 0; tries < 100; tries++) {
      CompletableFuture<Reply> reply = new CompletableFuture<>();
      cluster.ledger().write(id, change, cluster.thread(), reply::complete);
      if (get(reply) instanceof Reply.Clean clean) {
        assertEquals(Answer.Status.RECORDED, clean.answer().status());
        return clean.answer();
      }
      pass(50);
    }
    throw new AssertionError("the ledger has no clean answer to " + change);
  }

  /** Lets time go on until this holds. */
  void until(BooleanSupplier condition) {
    assertTrue(
        simulation.runUntil(condition, simulation.now() + PATIENCE),
        () -> "not within " + PATIENCE / 1_000_000_000L + " virtual seconds");
    assertEquals(List.of(), simulation.errors());
  }

  /** Lets time go on until this is complete. */
  <T> T get(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    until(future::isDone);
    return future.join();
  }

  /** On a node, after this much time. */
  void after(String name, long nanos, Runnable action) {
    clusters.get(name).after(nanos, action);
  }

  /** Lets this much time pass. */
  void pass(long millis) {
    simulation.run(millis * 1_000_000L);
    assertEquals(List.of(), simulation.errors());
  }

  /** Puts all wall clocks forward; nobody's timers notice. */
  void putForward(long millis) {
    simulation.putForward(millis);
  }

  /** A turn of this loop throws: the node ends itself, and its callers have not heard of it yet. */
  void breakLoop(String name, String loop) {
    boolean[] ended = new boolean[1];
    world.breakLoop(peer(name), loop, () -> true, () -> ended[0] = true);
    until(() -> ended[0]);
  }

  /** Ends its process, as one does that has left off, once its data has moved to others. */
  void leave(String name) {
    until(world.ledger()::whole);
    clusters.get(name).close();
    dispatchers.remove(name);
  }

  /** Wall-clock milliseconds. */
  long wallMillis() {
    return simulation.wallMillis();
  }

  /** Virtual milliseconds since the start. */
  long millis() {
    return simulation.now() / 1_000_000L;
  }
}
