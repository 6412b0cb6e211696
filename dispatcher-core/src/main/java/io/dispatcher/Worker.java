package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Message.Returned.Why;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The role that runs handlers: takes {@link Deliveries}, {@linkplain HeldStarts holds} them until
 * they are {@linkplain Settler settled} in the ledger, {@linkplain Notifier tells} the owner. Its
 * state is confined to its loop; what attempts call from the threads of the {@linkplain Pool pools}
 * goes over to it.
 */
final class Worker {

  private static final long HEARD_WITHIN = 1_000_000_000L;
  private static final long LOOK_WHETHER_HEARD = 5_000_000L;

  private final Loop loop;
  private final Registrations registrations;
  private final Meters meters;
  private final @Nullable AttemptScope scope;
  private final Consumer<Boolean> drainAsked;
  private final Callbacks callbacks;
  private final LedgerWriter writer;
  private final FrontChannels channels;
  private final HeldStarts held;
  private final Window window;
  private final Notifier notifier;
  private final EndedStarts ended;
  private final Stopping stopping;
  private final Deliveries deliveries;
  private final CheckpointCalls checkpoints;
  private final LoadReports reports;
  private @Nullable Runnable whenEmpty;

  /**
   * @param leaking called once, on the loop, when handlers have kept so many threads for good that
   *     the node should go
   * @param weight its share of the work; null: as many as its slots
   * @param measures whether it tells how fast tasks run here
   */
  Worker(
      Cluster cluster,
      Loop loop,
      Map<String, Registration<?, ?>> handlers,
      Executor callbackExecutor,
      @Nullable DispatchListener listener,
      @Nullable AttemptScope scope,
      Meters meters,
      Consumer<Boolean> drainAsked,
      Runnable leaking,
      @Nullable Double weight,
      boolean measures) {
    this.loop = loop;
    this.registrations = new Registrations(handlers);
    this.meters = meters;
    this.scope = scope;
    this.drainAsked = drainAsked;
    this.callbacks = new Callbacks(loop, callbackExecutor, listener);
    this.writer = new LedgerWriter(loop, cluster.ledger(), meters);
    this.channels = new FrontChannels(cluster, loop, this::receive, this::met);
    this.held = new HeldStarts(this::released);
    Credit credit = new Credit(registrations.slots());
    this.window = new Window(channels, held, credit);
    Speeds speeds = new Speeds(loop, registrations, measures);
    this.notifier = new Notifier(channels, window, meters, callbacks);
    Settler settler = new Settler(loop, writer, this::settled, credit::settleTook);
    this.ended = new EndedStarts(loop, registrations, held, credit, speeds, settler, meters);
    this.stopping = new Stopping(loop, registrations, held, ended, channels, leaking);
    this.deliveries =
        new Deliveries(
            loop,
            writer,
            registrations,
            held,
            window,
            credit,
            ended,
            stopping,
            channels,
            notifier,
            (delivery, owner, registration) ->
                new Start(delivery, owner, registration, this, loop));
    this.checkpoints =
        new CheckpointCalls(
            loop,
            new Checkpoints(writer, meters, deliveries::refused, deliveries::yielded),
            this::callback);
    this.reports =
        new LoadReports(
            loop,
            cluster.ledger(),
            channels,
            registrations,
            held,
            window,
            speeds,
            meters,
            weight,
            this::thawed);
  }

  Loop.Load load() {
    return loop.load();
  }

  /** Starts to hear fronts and to report. On any thread. */
  void start() {
    channels.start();
    loop.execute(reports::report);
  }

  /**
   * This node has become another peer. What runs goes on: its outcome is recorded, or refused if
   * somebody else has it by now. What waits is not started: whoever drives it gives it to others.
   * On any thread.
   *
   * @param done to be run once this is so
   */
  void rejoined(Runnable done) {
    loop.execute(
        () -> {
          channels.rejoined();
          for (Start start : List.copyOf(held.all())) {
            if (start.pending()) {
              stopping.drop(start);
            }
          }
          channels.listen();
          done.run();
        });
  }

  // ---------------------------------------------------------------- fronts

  private void met(Peer front) {
    reports.offer(front);
  }

  private void receive(Address from, Message message) {
    Peer front = from.peer();
    if (message instanceof Message.Deliver deliver) {
      deliveries.deliver(front, deliver.items());
    } else if (message instanceof Message.Stop stop) {
      stop.items().forEach(attempt -> deliveries.stop(front, attempt));
    } else if (message instanceof Message.Inventory inventory) {
      deliveries.inventory(front, inventory);
    } else if (message instanceof Message.Yield yield) {
      yield.items().forEach(deliveries::letYield);
    } else if (message instanceof Message.Drain drain) {
      callbacks.add(() -> drainAsked.accept(drain.stay()));
      callbacks.flush();
    } else {
      throw new IllegalStateException("a worker was sent " + message.getClass().getSimpleName());
    }
  }

  private void settled(Settler.Batch batch) {
    for (Start start : batch.starts()) {
      held.release(start);
    }
    notifier.settled(batch);
  }

  private void released(Start start) {
    deliveries.released(start);
    leftIfEmpty();
  }

  /** It was frozen for longer than its lease: what has not started here is started elsewhere. */
  private void thawed() {
    meters.thawed.increment();
    deliveries.giveBack(Start::stopPending, Why.NOT_STARTED);
  }

  // ---------------------------------------------------------------- what attempts call

  /** From any thread. */
  String node() {
    return channels.node();
  }

  @Nullable AttemptScope scope() {
    return scope;
  }

  /** Whether no owner counts on this worker any more. From any thread. */
  boolean late(long now) {
    return reports.late(now);
  }

  /** On the pool's thread: a handler is about to run. */
  void starting(Start start) {
    meters.started.increment();
    if (callbacks.heard()) {
      loop.execute(
          () -> {
            callbacks.tell(l -> l.started(start.id(), start.delivery().attempt(), node()));
            callbacks.flush();
          });
    }
  }

  /** On the thread that ended it: an attempt has its result. */
  void ended(Start start) {
    ended.add(start);
  }

  /** On the pool's thread: it could not end before its deadline, or that has passed. */
  void tooLate(Start start) {
    loop.execute(
        () -> {
          if (held.has(start) && !start.tooLate(loop.now())) {
            notifier.returned(start.owner(), List.of(Notifier.attempt(start)), Why.TOO_LATE);
          }
          held.release(start);
        });
  }

  /** From any thread. */
  CheckpointCalls checkpoints() {
    return checkpoints;
  }

  /** On the loop. */
  void progress(Start start, String note) {
    if (held.has(start)) {
      notifier.progress(start, note);
    }
  }

  /** From any thread. */
  void callback(Runnable callback) {
    loop.execute(
        () -> {
          callbacks.add(callback);
          callbacks.flush();
        });
  }

  /** Attempts that ignore that they were stopped. On any thread. */
  int leaks() {
    return registrations.leaks();
  }

  // ---------------------------------------------------------------- end

  /**
   * Takes nothing new from other nodes, and gives back what it has of theirs and has not started.
   * On any thread.
   */
  void drain() {
    loop.execute(
        () -> {
          window.leave();
          reports.offerAll();
          deliveries.giveBack(
              start -> window.refuses(start.owner()) && start.stopPending(), Why.NOT_STARTED);
        });
  }

  /**
   * Takes nothing new, gives back what has not started, and calls back once nothing runs. On any
   * thread.
   */
  void leave(Runnable empty) {
    loop.execute(
        () -> {
          window.close();
          reports.offerAll();
          whenEmpty = empty;
          deliveries.giveBack(Start::stopPending, Why.NOT_STARTED);
          leftIfEmpty();
        });
  }

  /** Stops what still runs, for others to run it again. After {@link #leave}; on any thread. */
  void stopAll() {
    loop.execute(
        () -> {
          deliveries.giveBack(Start::stopPending, Why.NOT_STARTED);
          deliveries.giveBack(start -> !start.settling && start.stop(null), Why.STOPPED);
        });
  }

  private void leftIfEmpty() {
    Runnable then = whenEmpty;
    if (then != null && held.isEmpty()) {
      whenEmpty = null;
      onceHeard(then, HEARD_WITHIN / LOOK_WHETHER_HEARD);
    }
  }

  /** Calls back once the owners have heard how its attempts ended, and the ledger what did not. */
  private void onceHeard(Runnable then, long looks) {
    if (looks == 0 || (channels.settled() && deliveries.toldLedger())) {
      then.run();
    } else {
      loop.after(LOOK_WHETHER_HEARD, () -> onceHeard(then, looks - 1));
    }
  }

  /** Ends everything at once. On any thread. */
  void close(Runnable closed) {
    loop.execute(
        () -> {
          window.close();
          writer.close();
          List.copyOf(held.all()).forEach(stopping::drop);
          channels.close();
          // Behind what the stopped attempts are still to be told.
          loop.execute(closed);
        });
  }
}
