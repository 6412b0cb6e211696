package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.ledger.Archive;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.Handler;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.HandlerProvider;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A node of the dispatcher inside this JVM: takes tasks in, runs handlers, holds its share of the
 * ledger, according to its roles in its cluster. Without a cluster it is alone, with the same
 * engine, and its tasks end with the JVM.
 *
 * <p>The life of a task, each stage in a class of its own: <em>admit</em> ({@link Intake}),
 * <em>record</em> ({@link Recorder}), <em>route</em> and <em>deliver</em> ({@link Router}),
 * <em>execute</em> ({@link Worker}, {@link Pool}), <em>settle</em> ({@link Settler}),
 * <em>notify</em> ({@link Owned}), <em>retain</em> ({@link Retention}).
 *
 * <p>Thread-safe. Handles complete on the callback executor, handlers run in pools; user code never
 * runs on a loop.
 */
public final class Dispatcher implements TaskClient {

  private final Engine engine;
  private final LibraryDoor door;

  /** Whose the tasks are that nobody else's are. */
  private final Submitter local;

  private Dispatcher(Engine engine) {
    this.engine = engine;
    this.door = new LibraryDoor(engine);
    this.local = door.submitter();
  }

  /** A new builder, with nothing set. */
  public static Builder builder() {
    return new Builder();
  }

  /** The name of this node. */
  public String node() {
    return engine.node();
  }

  /** What this node counted and holds now. */
  public Stats stats() {
    return engine.stats();
  }

  /** More of that: distributions, and counters of rarer things. */
  public Figures figures() {
    return engine.figures();
  }

  /**
   * The cluster as this front sees it, with what the other fronts answer within 500 ms; at most a
   * quarter of a second old. Completes on the callback executor.
   */
  public CompletionStage<ClusterView> view() {
    return door.ask((through, future) -> through.views().view(future));
  }

  /** Whether this node takes tasks in now. Cheap; any thread. */
  public Readiness readiness() {
    return engine.readiness();
  }

  /** Null on a node without the role. */
  @Nullable Front front() {
    return engine.front();
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submit(
      Task<P, R> task) {
    return submit(task, local);
  }

  /**
   * As {@link #submit(Task)}, for a door.
   *
   * @param submitter whose task it is, mostly that of a connection; null if that cannot be told
   */
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submit(
      Task<P, R> task, @Nullable Submitter submitter) {
    Objects.requireNonNull(task, "task");
    return door.submit(task, submitter, door.handle(task.type()));
  }

  /**
   * A new submitter, for a door: one for each connection, which closes it when it ends. Tasks of
   * {@link #submit(Task)} belong to the dispatcher's own.
   */
  public Submitter submitter() {
    return door.submitter();
  }

  /**
   * A submitter that has no connection, by a name of its own, for a door: the same one as long as
   * it has tasks, or had one on some worker within the last minute. It need not be closed.
   */
  public Submitter submitter(String name) {
    return door.submitter(Objects.requireNonNull(name, "name"));
  }

  /**
   * As {@link #submit(Task)}, for a door: whoever submitted the task may come for its outcome later
   * and elsewhere, so that it stays for its whole retention although this handle has it.
   */
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submitDetached(
      Task<P, R> task) {
    return submitDetached(task, local);
  }

  /**
   * As {@link #submitDetached(Task)}.
   *
   * @param submitter whose task it is, mostly that of a connection; null if that cannot be told
   */
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submitDetached(
      Task<P, R> task, @Nullable Submitter submitter) {
    Objects.requireNonNull(task, "task");
    Handle<R> handle = door.handle(task.type());
    handle.detach();
    return door.submit(task, submitter, handle);
  }

  /**
   * Whoever waited for this outcome waits no longer, and may come for it later and elsewhere: it
   * stays for its whole retention. Completes with false if the task has ended: then the handle has
   * the outcome or is about to, and it stays as long as if it had not been detached.
   *
   * @param handle of a task that was submitted here
   */
  public CompletionStage<Boolean> detach(TaskHandle<?> handle) {
    Handle<?> own = own(handle);
    return door.ask((through, future) -> through.watches().detach(own, future));
  }

  /**
   * Whether the submit may have named a task that was there before, by its idempotency key; false
   * until it is accepted. A task that is new has not ended as long as its handle shows no outcome.
   *
   * @param handle of a task that was submitted here
   */
  public boolean isRepeat(TaskHandle<?> handle) {
    return own(handle).isRepeat();
  }

  private static Handle<?> own(TaskHandle<?> handle) {
    if (handle instanceof Handle<?> own) {
      return own;
    }
    throw new IllegalArgumentException("the handle is not of a task submitted to this dispatcher");
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> List<TaskHandle<R>> submitAll(
      Collection<Task<P, R>> tasks) {
    Objects.requireNonNull(tasks, "tasks");
    // All or none: the handles of those before a null would be lost with the exception.
    tasks.forEach(task -> Objects.requireNonNull(task, "task"));
    List<TaskHandle<R>> handles = new ArrayList<>(tasks.size());
    for (Task<P, R> task : tasks) {
      handles.add(submit(task));
    }
    return handles;
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> attach(
      TaskId id, TaskType<P, R> type) {
    Objects.requireNonNull(type, "type");
    Handle<R> handle = door.handle(type);
    handle.attached(true);
    return door.attach(id, handle);
  }

  /**
   * As {@link #attach}, for a door: whoever asks wants to know when the task ends, or to cancel it.
   * An outcome of retention 0 stays for the one who comes for it.
   */
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> look(
      TaskId id, TaskType<P, R> type) {
    Objects.requireNonNull(type, "type");
    Handle<R> handle = door.handle(type);
    handle.attached(false);
    return door.attach(id, handle);
  }

  @Override
  public CompletionStage<Optional<TaskStatus>> find(TaskId id) {
    Objects.requireNonNull(id, "id");
    return door.ask((through, future) -> through.watches().find(id, future));
  }

  /** The failed tasks of the cluster whose payloads are kept. */
  public DeadLetters deadLetters() {
    return new DeadLetterDoor(door);
  }

  /**
   * Asks a node to leave on purpose, as SIGTERM does: this one or another. Completes with false if
   * no node of this name is in the cluster.
   *
   * @param stay it takes and starts nothing any more, but stays a member with its part of the
   *     ledger
   */
  public CompletionStage<Boolean> drainNode(String name, boolean stay) {
    return door.ask((through, future) -> future.complete(through.drains().ask(name, stay)));
  }

  /**
   * A part of all that the cluster's ledger holds: tasks without an outcome, with their
   * checkpoints, and outcomes that are kept. Completes on the callback executor; fails with {@link
   * IllegalArgumentException} if no page told where to begin.
   *
   * @param from {@link LedgerPage#next} of the page before; empty for the first one
   */
  public CompletionStage<LedgerPage> exportPage(String from) {
    Objects.requireNonNull(from, "from");
    return door.ask((through, future) -> through.exporting().page(from, future));
  }

  /**
   * Brings the records of an export into this cluster: what is not here is accepted under its old
   * id, and of what is here the higher attempt counts. To repeat it changes nothing. Completes on
   * the callback executor, when all of it is on every replica.
   *
   * @throws IllegalArgumentException if these are no records, or they are cut or damaged; then
   *     nothing was brought in
   */
  public CompletionStage<Imported> importRecords(byte[] records) {
    List<Archive.Item> items;
    try {
      items = Archive.read(records);
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    return door.ask((through, future) -> through.importing().bring(items, future));
  }

  /** As {@link #drain(Duration)}, within 25 s. */
  public CompletionStage<Drained> drain() {
    return drain(Closing.WAIT);
  }

  /**
   * Leaves off on purpose: this node takes nothing in and starts nothing any more, what runs here
   * ends, or yields at its next checkpoint if another node can go on with it, and what this node
   * owns is handed over to other store nodes. It uses no budget of a task and starts none twice.
   * What runs when the time is over is stopped and runs again elsewhere. Open handles go on.
   *
   * <p>If no other store node lives, it goes on until what it accepted has its outcome. The stage
   * completes a little after the time at the latest; the node stays a member until {@link #close}.
   * A further call may shorten the time.
   */
  public CompletionStage<Drained> drain(Duration wait) {
    return engine.drain(wait);
  }

  /**
   * {@linkplain #drain() Drains} and leaves the cluster: stops the intake, waits up to 25 s for
   * what is running, gives back what this node has not started, and hands over what it owns.
   * Blocks; not for a loop or a callback. A second call does nothing.
   */
  @Override
  public void close() {
    close(Closing.WAIT);
  }

  /** As {@link #close()}, with another wait; zero ends at once. */
  public void close(Duration wait) {
    engine.close(wait);
  }

  /** Collects what a node is made of. Not thread-safe; {@link #start} may be called once. */
  public static final class Builder implements Handlers {

    private final Setup setup = new Setup();

    private Builder() {}

    /**
     * Runs tasks of this type here; the handler may block. Refuses a second handler of one type.
     */
    @Override
    public <P extends @Nullable Object, R extends @Nullable Object> Builder handle(
        TaskType<P, R> type, Handler<P, R> handler) {
      return handle(type, handler, HandlerOptions.DEFAULT);
    }

    @Override
    public <P extends @Nullable Object, R extends @Nullable Object> Builder handle(
        TaskType<P, R> type, Handler<P, R> handler, HandlerOptions options) {
      setup.handle(type, handler, options);
      return this;
    }

    /**
     * Runs tasks of this type here; an attempt holds a slot, not a thread, until its stage
     * completes.
     */
    @Override
    public <P extends @Nullable Object, R extends @Nullable Object> Builder handleAsync(
        TaskType<P, R> type, AsyncHandler<P, R> handler) {
      return handleAsync(type, handler, HandlerOptions.DEFAULT);
    }

    @Override
    public <P extends @Nullable Object, R extends @Nullable Object> Builder handleAsync(
        TaskType<P, R> type, AsyncHandler<P, R> handler, HandlerOptions options) {
      setup.handleAsync(type, handler, options);
      return this;
    }

    /** Registers what a provider brings. */
    public Builder handlers(HandlerProvider provider) {
      provider.register(this);
      return this;
    }

    /** The cluster to join; without one this JVM is alone. Closed with the dispatcher. */
    public Builder cluster(Cluster joined) {
      setup.cluster = Objects.requireNonNull(joined, "cluster");
      return this;
    }

    /** Where handles complete and the listener is called; by default two threads. */
    public Builder callbacks(Executor executor) {
      setup.callbacks = Objects.requireNonNull(executor, "callbacks");
      return this;
    }

    /** Hears what this node does. */
    public Builder listener(DispatchListener heard) {
      setup.listener = Objects.requireNonNull(heard, "listener");
      return this;
    }

    /** Goes around every attempt that runs here, on the handler's thread; by default nothing. */
    public Builder around(AttemptScope attempts) {
      setup.scope = Objects.requireNonNull(attempts, "around");
      return this;
    }

    /**
     * What to do when somebody in the cluster asks this node to leave on purpose ({@link
     * Dispatcher#drainNode}); must not block. Default: it drains, and stays a member until it is
     * closed.
     */
    public Builder onDrainAsked(Runnable leave) {
      setup.drainAsked = Objects.requireNonNull(leave, "onDrainAsked");
      return this;
    }

    /**
     * A pool for handlers that name it, on platform threads. The name {@code default} changes the
     * default pool.
     *
     * @param slots tasks running at once, 1 to 100,000
     */
    public Builder pool(String name, int slots) {
      setup.pools.addPlatform(name, Setup.slotsInRange(name, slots));
      return this;
    }

    /** As {@link #pool(String, int)}, on virtual threads if the runtime has them. */
    public Builder virtualPool(String name, int slots) {
      setup.pools.addVirtual(name, Setup.slotsInRange(name, slots));
      return this;
    }

    /**
     * As {@link #pool(String, int)}, on the caller's threads, which the dispatcher does not end.
     */
    public Builder pool(String name, int slots, Executor executor) {
      setup.pools.add(
          name, Setup.slotsInRange(name, slots), Objects.requireNonNull(executor, "executor"));
      return this;
    }

    /** The bounds of this node; by default {@link Limits#ofHeap} of this JVM. */
    public Builder limits(Limits bounds) {
      setup.limits = Objects.requireNonNull(bounds, "limits");
      return this;
    }

    /** The balancer of types that have none of their own, by name. */
    public Builder balancer(String name) {
      setup.balancer(name);
      return this;
    }

    /** The balancer of one type, by name. */
    public Builder balancer(String type, String name) {
      setup.balancer(type, name);
      return this;
    }

    /**
     * Declares a type: it is known although no node handles it yet, and its tasks have these
     * options where neither they nor their {@link TaskType} set any. Declared again, it has the new
     * options.
     *
     * @throws IllegalArgumentException if the name cannot be that of a type, or an option is set
     *     that belongs to a single task: key, idempotencyKey, notBefore
     */
    public Builder declare(String type, TaskOptions options) {
      setup.declare(type, options);
      return this;
    }

    /**
     * This worker's share of the work, relative to the others; by default, of each type, the slots
     * of the pool that runs it. 0: it gets no new tasks, and what it has goes on.
     */
    public Builder weight(double share) {
      setup.weight(share);
      return this;
    }

    /**
     * Whether weights follow how fast tasks of a type run on each worker: this worker measures and
     * tells it, this front goes by what the workers tell. To be the same on all nodes; by default
     * not.
     */
    public Builder measuredWeights(boolean follow) {
      setup.measured = follow;
      return this;
    }

    /**
     * In which time a worker that has joined the others gets its whole share, beginning with a
     * tenth; by default 30 s, 0 at once. Tasks with a key are not held back, and nobody is while
     * most workers are new.
     */
    public Builder slowStart(Duration time) {
      setup.slowStart(time);
      return this;
    }

    /**
     * Starts the node.
     *
     * @throws IllegalArgumentException if a handler names a pool that is not configured
     */
    public Dispatcher start() {
      return new Dispatcher(Engine.start(setup));
    }

    /** As {@link #start}, for callers that must not block, such as an event loop. */
    public CompletionStage<Dispatcher> startAsync() {
      try {
        return CompletableFuture.completedStage(start());
      } catch (RuntimeException e) {
        return CompletableFuture.failedStage(new CompletionException(e));
      }
    }
  }
}
