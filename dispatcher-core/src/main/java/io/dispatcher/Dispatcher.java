package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Archive;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.DispatcherException;
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
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
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

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(25);

  /** A drain ends this much after its time at the latest. */
  private static final long PAST = TimeUnit.SECONDS.toNanos(4);

  /** For what takes a turn of a loop. */
  private static final long END_WAIT = TimeUnit.SECONDS.toNanos(5);

  private final Cluster cluster;
  private final Member self;
  private final Loop frontLoop;
  private volatile @Nullable Front front;
  private final @Nullable Worker worker;
  private final Supplier<Front> fronts;
  private final Pools pools;
  private final Meters meters;
  private final Gate gate;
  private final Types types;
  private final Executor callbacks;
  private final Drain drain;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Submitter local = submitter();
  private final @Nullable Runnable drainAsked;
  private volatile @Nullable Resolved lastOptions;

  private Dispatcher(Builder builder, Cluster cluster) {
    this.cluster = cluster;
    this.self = cluster.membership().self();
    this.pools = builder.pools;
    this.meters = new Meters();
    this.frontLoop = cluster.loop("front");
    this.gate = new Gate(cluster::membership, frontLoop);
    this.types = builder.types();
    this.callbacks = builder.callbacks == null ? pools.callbacks() : builder.callbacks;
    this.fronts =
        () ->
            new Front(
                cluster,
                frontLoop,
                builder.limits,
                types,
                gate,
                callbacks,
                builder.listener,
                meters,
                this::askedToDrain);
    this.front = Front.drives(self) ? fronts.get() : null;
    Map<String, Registration<?, ?>> registered = Map.copyOf(builder.registrations());
    if (!self.is(Role.WORKER) && !registered.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "node {0} has no role worker and will not run its handlers of {1}: add the role, or leave"
              + " the handlers out",
          node(),
          new TreeSet<>(registered.keySet()));
    }
    Map<String, Registration<?, ?>> handlers = self.is(Role.WORKER) ? registered : Map.of();
    this.worker =
        self.is(Role.WORKER) || self.is(Role.STORE)
            ? new Worker(
                cluster,
                cluster.loop("worker"),
                handlers,
                callbacks,
                builder.listener,
                builder.scope,
                meters,
                this::askedToDrain,
                this::leaking,
                builder.weight,
                builder.measured)
            : null;
    this.drain = new Drain(frontLoop, gate, () -> front, worker);
    this.drainAsked = builder.drainAsked;
  }

  /** Handlers keep threads for good: this node starts nothing any more. On the worker's loop. */
  private void leaking() {
    gate.leave("draining: handlers keep threads and ignore that they are stopped; restart it");
    if (worker != null) {
      worker.drain();
    }
  }

  /** The node has ended by itself: whoever waits for it is told, and submits are refused. */
  private void ended(Throwable error) {
    if (closed.compareAndSet(false, true)) {
      gate.leave("it has ended: " + error.getMessage());
      Front last = front;
      if (last != null) {
        last.ended(
            new io.dispatcher.task.DispatcherClosed(
                "dispatcher "
                    + node()
                    + " has ended: "
                    + error.getMessage()
                    + "; attach to the task elsewhere"));
      }
      drain.abandon();
      pools.close();
    }
  }

  /** The node is another peer from now on: so are its front and its worker. */
  private void rejoined(Runnable done) {
    meters.rejoined.increment();
    gate.listen(frontLoop);
    frontLoop.execute(
        () -> {
          Front old = front;
          if (old != null && !closed.get()) {
            Front heir = fronts.get();
            front = heir;
            heir.start();
            old.handOver(heir);
            drain.rejoined();
          }
          if (worker != null) {
            worker.rejoined(done);
          } else {
            done.run();
          }
        });
  }

  private void run() {
    cluster.onEnd(this::ended);
    cluster.onRejoin(this::rejoined);
    Front first = front;
    // The front first: what the worker offers it must find somebody who listens.
    if (first != null) {
      first.start();
    }
    if (worker != null) {
      worker.start();
    }
  }

  /** A new builder, with nothing set. */
  public static Builder builder() {
    return new Builder();
  }

  /** The name of this node. */
  public String node() {
    return self.peer().node();
  }

  /** What this node counted and holds now. */
  public Stats stats() {
    Map<String, Loop.Load> loops = new TreeMap<>();
    loops.put("front", frontLoop.load());
    if (worker != null) {
      loops.put("worker", worker.load());
    }
    return meters.snapshot(frontLoop.now(), Collections.unmodifiableMap(loops));
  }

  /** More of that: distributions, and counters of rarer things. */
  public Figures figures() {
    return meters.figures(worker == null ? 0 : worker.leaks());
  }

  /**
   * The cluster as this front sees it, with what the other fronts answer within 500 ms; at most a
   * quarter of a second old. Completes on the callback executor.
   */
  public CompletionStage<ClusterView> view() {
    return ask((through, future) -> through.views().view(future));
  }

  /** Whether this node takes tasks in now. Cheap; any thread. */
  public Readiness readiness() {
    return gate.readiness();
  }

  /** Null on a node without the role. */
  @Nullable Front front() {
    return self.is(Role.FRONT) ? front : null;
  }

  private DispatcherException noFront() {
    return new DispatcherException(
        "node " + node() + " has no role front: use another node, or add the role");
  }

  /** A question to the front, in a turn of its loop; fails if there is none. */
  private <T> CompletionStage<T> ask(BiConsumer<Front, CompletableFuture<T>> question) {
    Front through = front();
    CompletableFuture<T> future = new CompletableFuture<>();
    if (through == null) {
      future.completeExceptionally(noFront());
    } else if (closed.get()) {
      future.completeExceptionally(closedError());
    } else {
      through.turn(now -> question.accept(now, future));
    }
    return future.minimalCompletionStage();
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
    return submit(task, submitter, new Handle<>(task.type(), this::cancel));
  }

  /**
   * A new submitter, for a door: one for each connection, which closes it when it ends. Tasks of
   * {@link #submit(Task)} belong to the dispatcher's own.
   */
  public Submitter submitter() {
    return new Submitter(
        gone -> {
          Front through = front;
          if (through != null && !closed.get()) {
            through.turn(now -> now.sessions().closed(gone));
          }
        });
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
    Handle<R> handle = new Handle<>(task.type(), this::cancel);
    handle.detach();
    return submit(task, submitter, handle);
  }

  /**
   * Whoever waited for this outcome waits no longer, and may come for it later and elsewhere: it
   * stays for its whole retention. Completes with false if the task has ended: then the handle has
   * the outcome or is about to, and it stays as long as if it had not been detached.
   *
   * @param handle of a task that was submitted here
   */
  public CompletionStage<Boolean> detach(TaskHandle<?> handle) {
    if (!(handle instanceof Handle<?> own)) {
      throw new IllegalArgumentException(
          "the handle is not of a task submitted to this dispatcher");
    }
    return ask((through, future) -> through.watches().detach(own, future));
  }

  private <R extends @Nullable Object> TaskHandle<R> submit(
      Task<?, R> task, @Nullable Submitter submitter, Handle<R> handle) {
    Front through = front();
    if (through == null) {
      handle.refuse(noFront());
      return handle;
    }
    TaskOptions options = resolved(task.type().name(), task.options());
    long now = frontLoop.now();
    long patience = Objects.requireNonNull(options.admission()).toNanos();
    RuntimeException refusal =
        through
            .intake()
            .submit(
                new Submission(
                    handle,
                    task.type().name(),
                    task.payload(),
                    options,
                    null,
                    now,
                    now + patience,
                    submitter));
    if (refusal instanceof DispatcherException why) {
      handle.refuse(why);
    }
    return handle;
  }

  /** Tasks submitted one after the other mostly have the same options. */
  @SuppressWarnings(
      "ReferenceEquality") // mostly it is the type's own object; comparing would cost more
  private TaskOptions resolved(String type, TaskOptions own) {
    Resolved last = lastOptions;
    if (last != null && last.own() == own && last.type().equals(type)) {
      return last.full();
    }
    TaskOptions full = own.over(types.options(type));
    lastOptions = new Resolved(type, own, full);
    return full;
  }

  private record Resolved(String type, TaskOptions own, TaskOptions full) {}

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
    Handle<R> handle = new Handle<>(type, this::cancel);
    handle.attached(true);
    return attach(id, handle);
  }

  /**
   * As {@link #attach}, for a door: whoever asks wants to know when the task ends, or to cancel it.
   * An outcome of retention 0 stays for the one who comes for it.
   */
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> look(
      TaskId id, TaskType<P, R> type) {
    Objects.requireNonNull(type, "type");
    Handle<R> handle = new Handle<>(type, this::cancel);
    handle.attached(false);
    return attach(id, handle);
  }

  private <R extends @Nullable Object> TaskHandle<R> attach(TaskId id, Handle<R> handle) {
    Objects.requireNonNull(id, "id");
    Front through = front();
    if (through == null) {
      handle.refuse(noFront());
    } else if (closed.get()) {
      handle.refuse(closedError());
    } else {
      through.turn(now -> now.watches().attach(handle, id));
    }
    return handle;
  }

  @Override
  public CompletionStage<Optional<TaskStatus>> find(TaskId id) {
    Objects.requireNonNull(id, "id");
    return ask((through, future) -> through.watches().find(id, future));
  }

  /** The failed tasks of the cluster whose payloads are kept. */
  public DeadLetters deadLetters() {
    return new DeadLetterDoor(
        new DeadLetterDoor.Front() {
          @Override
          public <T> CompletionStage<T> call(BiConsumer<LetterCalls, CompletableFuture<T>> call) {
            return letterCall(call);
          }
        });
  }

  private <T> CompletionStage<T> letterCall(BiConsumer<LetterCalls, CompletableFuture<T>> call) {
    return ask((through, future) -> call.accept(through.letters(), future));
  }

  private CompletionStage<Boolean> cancel(Handle<?> handle) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    handle.wantCancel();
    handle
        .accepted()
        .whenComplete(
            (id, refused) -> {
              Front through = front();
              if (refused != null || through == null) {
                future.complete(false);
              } else if (closed.get()) {
                future.completeExceptionally(closedError());
              } else {
                through.turn(now -> now.watches().cancel(id, future));
              }
            });
    return future.minimalCompletionStage();
  }

  private io.dispatcher.task.DispatcherClosed closedError() {
    return new io.dispatcher.task.DispatcherClosed(
        "dispatcher " + node() + " is closed; use another node");
  }

  private void askedToDrain(boolean stay) {
    Runnable own = drainAsked;
    if (own == null || stay) {
      drain();
    } else {
      own.run();
    }
  }

  /**
   * Asks a node to leave on purpose, as SIGTERM does: this one or another. Completes with false if
   * no node of this name is in the cluster.
   *
   * @param stay it takes and starts nothing any more, but stays a member with its part of the
   *     ledger
   */
  public CompletionStage<Boolean> drainNode(String name, boolean stay) {
    return ask((through, future) -> future.complete(through.askToDrain(name, stay)));
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
    return ask((through, future) -> through.exporting().page(from, future));
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
    return ask((through, future) -> through.bring(items, future));
  }

  /** As {@link #drain(Duration)}, within 25 s. */
  public CompletionStage<Drained> drain() {
    return drain(CLOSE_WAIT);
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
    return drain.within(wait.toNanos()).thenApplyAsync(drained -> drained, callbacks);
  }

  /**
   * {@linkplain #drain() Drains} and leaves the cluster: stops the intake, waits up to 25 s for
   * what is running, gives back what this node has not started, and hands over what it owns.
   * Blocks; not for a loop or a callback. A second call does nothing.
   */
  @Override
  public void close() {
    close(CLOSE_WAIT);
  }

  /** As {@link #close()}, with another wait; zero ends at once. */
  public void close(Duration wait) {
    if (closed.get() || !closing.compareAndSet(false, true)) {
      return;
    }
    gate.leave("draining: submit through another node");
    // An interrupt ends the wait, not the end itself: open handles have to hear of it.
    boolean interrupted = Thread.interrupted();
    long nanos = interrupted ? 0 : wait.toNanos();
    if (nanos > 0) {
      long begun = frontLoop.now();
      interrupted |=
          await(
              then -> drain.within(nanos).thenAccept(drained -> left(drained, then)), nanos + PAST);
      long left = interrupted ? 0 : nanos - (frontLoop.now() - begun);
      Front leaving = front;
      if (leaving != null && left > 0) {
        interrupted |= await(leaving::awaitTurn, left);
      }
    }
    gate.leave("closed: submit through another node");
    if (closed.compareAndSet(false, true)) {
      interrupted |= end();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread was interrupted. */
  private boolean end() {
    boolean interrupted = false;
    Front last = front;
    if (last != null) {
      interrupted = await(last::close, END_WAIT);
    }
    if (worker != null) {
      interrupted |= await(worker::close, END_WAIT);
    }
    pools.close();
    cluster.close();
    return interrupted;
  }

  private void left(Drained drained, Runnable then) {
    if (drained.handedOver() > 0) {
      LOG.log(
          Level.INFO,
          "node {0} leaves; other nodes took over {1} tasks",
          node(),
          drained.handedOver());
    }
    if (drained.left() > 0) {
      LOG.log(
          Level.WARNING,
          "node {0} leaves, and no store node takes over the {1} accepted tasks without an outcome"
              + " that it owns; they end with the last node of the cluster",
          node(),
          drained.left());
    }
    then.run();
  }

  /** Whether the thread was interrupted; its flag is clear then. */
  private static boolean await(java.util.function.Consumer<Runnable> call, long nanos) {
    CountDownLatch done = new CountDownLatch(1);
    call.accept(done::countDown);
    try {
      boolean inTime = done.await(nanos, TimeUnit.NANOSECONDS);
      if (!inTime) {
        LOG.log(Level.INFO, "closing: work is left over after the wait");
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  /** Collects what a node is made of. Not thread-safe; {@link #start} may be called once. */
  public static final class Builder implements Handlers {

    private record Wanted<P extends @Nullable Object, R extends @Nullable Object>(
        TaskType<P, R> type,
        @Nullable Handler<P, R> handler,
        @Nullable AsyncHandler<P, R> async,
        HandlerOptions options) {
      Registration<P, R> in(Pools pools) {
        String pool = options.pool();
        return new Registration<>(
            type, handler, async, options, pools.get(pool == null ? Pools.DEFAULT : pool));
      }
    }

    private final Map<String, Wanted<?, ?>> handlers = new LinkedHashMap<>();
    private final Map<String, String> balancerOfType = new LinkedHashMap<>();
    private final Map<String, TaskOptions> declared = new LinkedHashMap<>();
    private final Pools pools = new Pools();
    private @Nullable Cluster cluster;
    private @Nullable Executor callbacks;
    private @Nullable DispatchListener listener;
    private @Nullable AttemptScope scope;
    private @Nullable Runnable drainAsked;
    private Limits limits = Limits.ofHeap(Runtime.getRuntime().maxMemory());
    private String balancer = Balancers.DEFAULT;
    private @Nullable Double weight;
    private boolean measured;
    private Duration slowStart = Duration.ofNanos(Weights.Rule.DEFAULT.slowStart());
    private boolean started;

    private Builder() {
      pools.addPlatform(
          Pools.DEFAULT, Pools.defaultSlots(Runtime.getRuntime().availableProcessors()));
    }

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
      Objects.requireNonNull(handler, "handler");
      return add(new Wanted<>(type, handler, null, options));
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
      Objects.requireNonNull(handler, "handler");
      return add(new Wanted<>(type, null, handler, options));
    }

    private Builder add(Wanted<?, ?> wanted) {
      String name = Objects.requireNonNull(wanted.type(), "type").name();
      if (handlers.putIfAbsent(name, wanted) != null) {
        throw new IllegalArgumentException(
            "type " + name + " has a handler on this node already; register it once");
      }
      return this;
    }

    /** Registers what a provider brings. */
    public Builder handlers(HandlerProvider provider) {
      provider.register(this);
      return this;
    }

    /** The cluster to join; without one this JVM is alone. Closed with the dispatcher. */
    public Builder cluster(Cluster joined) {
      this.cluster = Objects.requireNonNull(joined, "cluster");
      return this;
    }

    /** Where handles complete and the listener is called; by default two threads. */
    public Builder callbacks(Executor executor) {
      this.callbacks = Objects.requireNonNull(executor, "callbacks");
      return this;
    }

    /** Hears what this node does. */
    public Builder listener(DispatchListener heard) {
      this.listener = Objects.requireNonNull(heard, "listener");
      return this;
    }

    /** Goes around every attempt that runs here, on the handler's thread; by default nothing. */
    public Builder around(AttemptScope attempts) {
      this.scope = Objects.requireNonNull(attempts, "around");
      return this;
    }

    /**
     * What to do when somebody in the cluster asks this node to leave on purpose ({@link
     * Dispatcher#drainNode}); must not block. Default: it drains, and stays a member until it is
     * closed.
     */
    public Builder onDrainAsked(Runnable leave) {
      this.drainAsked = Objects.requireNonNull(leave, "onDrainAsked");
      return this;
    }

    /**
     * A pool for handlers that name it, on platform threads. The name {@code default} changes the
     * default pool.
     *
     * @param slots tasks running at once, 1 to 100,000
     */
    public Builder pool(String name, int slots) {
      pools.addPlatform(name, slotsInRange(name, slots));
      return this;
    }

    /** As {@link #pool(String, int)}, on virtual threads if the runtime has them. */
    public Builder virtualPool(String name, int slots) {
      pools.addVirtual(name, slotsInRange(name, slots));
      return this;
    }

    /**
     * As {@link #pool(String, int)}, on the caller's threads, which the dispatcher does not end.
     */
    public Builder pool(String name, int slots, Executor executor) {
      pools.add(name, slotsInRange(name, slots), Objects.requireNonNull(executor, "executor"));
      return this;
    }

    private static int slotsInRange(String name, int slots) {
      if (slots < 1 || slots > 100_000) {
        throw new IllegalArgumentException(
            "pool " + name + " has " + slots + " slots; 1 to 100000 are allowed");
      }
      return slots;
    }

    /** The bounds of this node; by default {@link Limits#ofHeap} of this JVM. */
    public Builder limits(Limits bounds) {
      this.limits = Objects.requireNonNull(bounds, "limits");
      return this;
    }

    /** The balancer of types that have none of their own, by name. */
    public Builder balancer(String name) {
      Balancers.named(name);
      this.balancer = name;
      return this;
    }

    /** The balancer of one type, by name. */
    public Builder balancer(String type, String name) {
      Balancers.named(name);
      balancerOfType.put(type, name);
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
      declared.put(type, Types.checked(type, options));
      return this;
    }

    /**
     * This worker's share of the work, relative to the others; by default its slots. 0: it gets no
     * new tasks, and what it has goes on.
     */
    public Builder weight(double share) {
      if (!(share >= 0 && share <= 1_000_000)) {
        throw new IllegalArgumentException(
            "weight is " + share + ", but must be 0 to 1000000; leave it out for as many as slots");
      }
      this.weight = share;
      return this;
    }

    /**
     * Whether weights follow how fast tasks of a type run on each worker: this worker measures and
     * tells it, this front goes by what the workers tell. To be the same on all nodes; by default
     * not.
     */
    public Builder measuredWeights(boolean follow) {
      this.measured = follow;
      return this;
    }

    /**
     * In which time a worker that has joined the others gets its whole share, beginning with a
     * tenth; by default 30 s, 0 at once. Tasks with a key are not held back, and nobody is while
     * most workers are new.
     */
    public Builder slowStart(Duration time) {
      if (time.isNegative() || time.compareTo(Duration.ofHours(1)) > 0) {
        throw new IllegalArgumentException("slowStart is " + time + ", but must be 0 to 1 h");
      }
      this.slowStart = time;
      return this;
    }

    private Types types() {
      return new Types(
          declared, balancerOfType, balancer, new Weights.Rule(measured, slowStart.toNanos()));
    }

    private Map<String, Registration<?, ?>> registrations() {
      Map<String, Registration<?, ?>> all = new LinkedHashMap<>();
      handlers.forEach((name, wanted) -> all.put(name, wanted.in(pools)));
      return all;
    }

    /**
     * Starts the node.
     *
     * @throws IllegalArgumentException if a handler names a pool that is not configured
     */
    public Dispatcher start() {
      if (started) {
        throw new IllegalStateException("this builder has started a dispatcher already");
      }
      started = true;
      Cluster joined = cluster == null ? LocalCluster.start() : cluster;
      try {
        Dispatcher dispatcher = new Dispatcher(this, joined);
        dispatcher.run();
        return dispatcher;
      } catch (RuntimeException e) {
        joined.close();
        throw e;
      }
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
