package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One start of one task on this worker, and what its handler sees of it.
 *
 * <p>The loop and the pool's thread meet here: whoever changes {@link #phase} first decides whether
 * the attempt runs, ends by itself, or is stopped. The lock is held for field changes only, and
 * keeps an interrupt from reaching the next task on the same thread.
 */
final class Start implements TaskContext {

  /** What became of the slot after a run. */
  enum Slot {
    FREE,
    KEPT,
    LEAKED
  }

  private enum Phase {
    PENDING,
    RUNNING,
    ENDED
  }

  /** How an attempt ended: exactly one of both is set. */
  record End(byte @Nullable [] result, @Nullable Failure failure, boolean retryAllowed) {}

  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final Delivery delivery;
  private Peer owner;
  private final Registration<?, ?> registration;
  private final Worker worker;
  private final Loop loop;

  /** Wall-clock milliseconds; 0 = none. What came with the delivery is a time from then on. */
  private final long deadlineAt;

  /** Loop time from which it does not start and does not run; 0 = none. */
  private final long tooLateAt;

  private Phase phase = Phase.PENDING;
  private @Nullable Thread thread;
  private boolean leaked;

  /** The handler's stage has the slot. */
  private boolean awaiting;

  private volatile boolean stopped;
  private volatile boolean yields;
  private volatile long startedAt;
  private volatile long endedAt;
  private volatile @Nullable End end;
  private @Nullable CompletableFuture<Void> cancellation;

  /** The newest note on its way to the loop; null if none is. */
  private @Nullable String progress;

  /** On the worker's loop. */
  private Checkpoints.@Nullable Of checkpoints;

  /** On the worker's loop: the ledger write that settles this attempt is under way or done. */
  boolean settling;

  Start(Delivery delivery, Peer owner, Registration<?, ?> registration, Worker worker, Loop loop) {
    this.delivery = delivery;
    this.owner = owner;
    this.registration = registration;
    this.worker = worker;
    this.loop = loop;
    long left = delivery.deadlineInMillis();
    this.deadlineAt = left == 0 ? 0 : loop.wallMillis() + left;
    this.tooLateAt = left == 0 ? 0 : loop.now() + left * 1_000_000L;
  }

  /** Whether its deadline has passed. */
  boolean tooLate(long now) {
    return tooLateAt != 0 && now - tooLateAt >= 0;
  }

  /** Nanoseconds; a long time if it has no deadline. */
  long untilDeadline(long now) {
    return tooLateAt == 0 ? Long.MAX_VALUE : Math.max(0, tooLateAt - now);
  }

  Delivery delivery() {
    return delivery;
  }

  /** Whom to tell of it. On the worker's loop. */
  Peer owner() {
    return owner;
  }

  /** Another front drives the task now. On the worker's loop. */
  void owner(Peer next) {
    owner = next;
  }

  /** On the worker's loop. */
  Checkpoints.Of checkpoints() {
    Checkpoints.Of mine = checkpoints;
    if (mine == null) {
      mine = new Checkpoints.Of();
      checkpoints = mine;
    }
    return mine;
  }

  /** Whether it ended, by itself or because it was stopped. */
  synchronized boolean over() {
    return phase == Phase.ENDED;
  }

  Registration<?, ?> registration() {
    return registration;
  }

  @Nullable End end() {
    return end;
  }

  /** Loop time of the start; 0 while it waits for a slot. */
  long startedAt() {
    return startedAt;
  }

  long ranNanos() {
    return endedAt - startedAt;
  }

  /** Loop time. */
  long now() {
    return loop.now();
  }

  /** Loop time at which its handler ended; 0 if it was stopped. */
  long endedItselfAt() {
    return stopped ? 0 : endedAt;
  }

  /** Loop time at which it ended or was stopped. */
  long stoppedAt() {
    return endedAt;
  }

  /**
   * Runs the handler; on a thread of the pool.
   *
   * @param now loop time
   */
  Slot run(Pool pool, long now) {
    synchronized (this) {
      // What waited while this process was frozen is somebody else's by now: it is given back.
      if (phase != Phase.PENDING || worker.late(now)) {
        return Slot.FREE;
      }
      if (tooLate(now)) {
        phase = Phase.ENDED;
        stopped = true;
        endedAt = now;
        worker.tooLate(this);
        return Slot.FREE;
      }
      phase = Phase.RUNNING;
      thread = Thread.currentThread();
      startedAt = now;
    }
    worker.starting(this);
    try {
      AttemptScope scope = worker.scope();
      CompletionStage<byte[]> later =
          scope == null ? registration.call(delivery.payload(), this) : callIn(scope);
      // What follows from a minimal stage, as this context's, is of a subclass that cannot be
      // asked.
      if (later.getClass() == CompletableFuture.class
          && later instanceof CompletableFuture<byte[]> done
          && done.isDone()
          && !done.isCompletedExceptionally()) {
        ended(done.join());
      } else {
        boolean gaveUp = handOver();
        later.whenComplete(
            (result, error) -> {
              if (error == null) {
                ended(result);
              } else {
                failed(
                    error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error);
              }
              if (stageEnded()) {
                pool.resume();
              }
            });
        return gaveUp ? Slot.LEAKED : Slot.KEPT;
      }
    } catch (Throwable thrown) { // an Error of a handler is its failure, not the node's
      failed(thrown);
    }
    return release() ? Slot.LEAKED : Slot.FREE;
  }

  private CompletionStage<byte[]> callIn(AttemptScope scope) throws Exception {
    AutoCloseable open = null;
    try {
      open = scope.open(id(), type(), attempt());
    } catch (RuntimeException thrown) {
      LOG.log(Level.WARNING, "the scope around attempts threw as it opened", thrown);
    }
    try {
      return registration.call(delivery.payload(), this);
    } finally {
      close(open);
    }
  }

  private static void close(@Nullable AutoCloseable open) {
    if (open != null) {
      try {
        open.close();
      } catch (Exception thrown) {
        LOG.log(Level.WARNING, "the scope around attempts threw as it closed", thrown);
      }
    }
  }

  /** The thread goes, the stage keeps the slot; true if the slot was given up before. */
  private synchronized boolean handOver() {
    boolean gaveUp = release();
    awaiting = !gaveUp;
    return gaveUp;
  }

  /** Whether the slot is still this attempt's to give on. */
  private synchronized boolean stageEnded() {
    boolean mine = awaiting && !leaked;
    if (awaiting && leaked) {
      registration.pool().recovered(false);
    }
    awaiting = false;
    return mine;
  }

  /** The thread is no longer ours; true if it had been given up. */
  private synchronized boolean release() {
    thread = null;
    // An interrupt meant for this attempt must not reach the next one.
    boolean interrupted = Thread.interrupted();
    if (interrupted && !stopped) {
      Thread.currentThread().interrupt();
    }
    if (leaked) {
      registration.pool().recovered(true);
    }
    return leaked;
  }

  private void ended(byte @Nullable [] result) {
    if (result == null) {
      failed(new NullPointerException("the codec of the result returned null"));
    } else if (result.length > TaskLimits.MAX_VALUE_BYTES) {
      failed(
          new TaskRefused(
              TaskRefused.Reason.TOO_LARGE,
              "the result has "
                  + result.length
                  + " bytes, at most "
                  + TaskLimits.MAX_VALUE_BYTES
                  + " are allowed; return a reference to it instead",
              null));
    } else {
      finish(new End(result, null, false));
    }
  }

  private void failed(Throwable thrown) {
    boolean retry = !(thrown instanceof TaskRefused) && registration.options().retryable(thrown);
    finish(new End(null, Failure.of(thrown, worker.node(), delivery.attempt()), retry));
  }

  private void finish(End how) {
    synchronized (this) {
      if (phase == Phase.ENDED) {
        return;
      }
      phase = Phase.ENDED;
      endedAt = loop.now();
      end = how;
    }
    worker.ended(this);
  }

  /**
   * Ends the attempt from outside: it does not start, or its thread is interrupted and what it
   * still returns is ignored.
   *
   * @param how settles it; null if nothing is to be settled
   * @return false if it had ended by itself
   */
  boolean stop(@Nullable End how) {
    return stop(how, true, true);
  }

  /**
   * Keeps the attempt from starting.
   *
   * @return false if it had started
   */
  boolean stopPending() {
    return stop(null, true, false);
  }

  /** It is to end at its next checkpoint. */
  void letYield() {
    yields = true;
  }

  /**
   * Ends the attempt at a checkpoint of which its handler is about to hear.
   *
   * @return false if it had ended by itself
   */
  boolean endAtCheckpoint() {
    return stop(null, false, true);
  }

  private boolean stop(@Nullable End how, boolean interrupt, boolean evenRunning) {
    CompletableFuture<Void> told;
    synchronized (this) {
      if (phase == Phase.ENDED || !(evenRunning || phase == Phase.PENDING)) {
        return false;
      }
      phase = Phase.ENDED;
      stopped = true;
      end = how;
      endedAt = loop.now();
      if (thread != null && interrupt) {
        thread.interrupt();
      }
      told = cancellation;
    }
    if (told != null) {
      worker.callback(() -> told.complete(null));
    }
    return true;
  }

  /** Gives up the slot of a thread or a stage that did not come back. */
  void giveUp() {
    boolean kept;
    synchronized (this) {
      if ((thread == null && !awaiting) || leaked) {
        return;
      }
      leaked = true;
      kept = thread != null;
    }
    registration.pool().leak(kept);
  }

  synchronized boolean pending() {
    return phase == Phase.PENDING;
  }

  @Override
  public TaskId id() {
    return delivery.block().task(delivery.index());
  }

  @Override
  public String type() {
    return delivery.profile().type();
  }

  @Override
  public Optional<String> key() {
    return Optional.ofNullable(delivery.key());
  }

  @Override
  public int attempt() {
    return delivery.attempt();
  }

  @Override
  public long fence() {
    return delivery.attempt();
  }

  @Override
  public String node() {
    return worker.node();
  }

  @Override
  public Optional<Instant> deadline() {
    return deadlineAt == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(deadlineAt));
  }

  @Override
  public boolean cancelled() {
    return stopped;
  }

  @Override
  public boolean draining() {
    return yields;
  }

  @Override
  public CompletionStage<Void> cancellation() {
    synchronized (this) {
      if (cancellation == null) {
        cancellation = new CompletableFuture<>();
        if (stopped) {
          cancellation.complete(null);
        }
      }
      return cancellation.minimalCompletionStage();
    }
  }

  @Override
  public void progress(String note) {
    String cut = TaskLimits.cutProgress(note);
    boolean under;
    synchronized (this) {
      under = progress != null;
      progress = cut;
    }
    // Only the newest counts: a handler that says more than the loop passes on must not fill it.
    if (!under) {
      loop.execute(this::tellProgress);
    }
  }

  private void tellProgress() {
    String newest;
    synchronized (this) {
      newest = Objects.requireNonNull(progress);
      progress = null;
    }
    worker.progress(this, newest);
  }

  @Override
  public <T extends @Nullable Object> void save(Codec<T> codec, T value) {
    await(worker.save(this, encoded(codec, value)));
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<@Nullable Void> saveAsync(
      Codec<T> codec, T value) {
    return told(worker.save(this, encoded(codec, value)), nothing -> null);
  }

  /** What completes on the loop, for others to hear of. */
  private <T extends @Nullable Object, R extends @Nullable Object> CompletionStage<R> told(
      CompletableFuture<T> done, Function<T, R> map) {
    CompletableFuture<R> told = new CompletableFuture<>();
    done.whenComplete(
        (value, error) ->
            worker.callback(
                () -> {
                  if (error != null) {
                    told.completeExceptionally(error);
                    return;
                  }
                  try {
                    told.complete(map.apply(value));
                  } catch (RuntimeException | Error malformed) {
                    told.completeExceptionally(malformed);
                  }
                }));
    return told.minimalCompletionStage();
  }

  private <T extends @Nullable Object> byte[] encoded(Codec<T> codec, T value) {
    byte[] bytes;
    try {
      bytes = codec.encode(value);
    } catch (Exception e) {
      throw new DispatcherException(
          "the checkpoint of task " + id().text() + " cannot be encoded: " + e, e);
    }
    if (bytes.length > TaskLimits.MAX_VALUE_BYTES) {
      throw new TaskRefused(
          TaskRefused.Reason.TOO_LARGE,
          "the checkpoint of task "
              + id().text()
              + " has "
              + bytes.length
              + " bytes, at most "
              + TaskLimits.MAX_VALUE_BYTES
              + " are allowed; save a reference to it instead",
          null);
    }
    return bytes;
  }

  @Override
  public <T> Optional<T> last(Codec<T> codec) {
    return decoded(codec, await(worker.last(this)));
  }

  @Override
  public <T> CompletionStage<Optional<T>> lastAsync(Codec<T> codec) {
    return told(worker.last(this), bytes -> decoded(codec, bytes));
  }

  private <T> Optional<T> decoded(Codec<T> codec, byte @Nullable [] bytes) {
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(codec.decode(bytes));
    } catch (Exception e) {
      throw new DispatcherException(
          "the checkpoint of task " + id().text() + " cannot be decoded: " + e, e);
    }
  }

  private <T extends @Nullable Object> T await(CompletableFuture<T> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StaleAttempt) {
        throw new StaleAttempt(id(), node(), attempt());
      }
      throw new DispatcherException(
          "the checkpoint of task " + id().text() + " was not recorded", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (stopped) {
        throw new StaleAttempt(id(), node(), attempt());
      }
      throw new DispatcherException(
          "interrupted while a checkpoint of task " + id().text() + " was recorded", e);
    }
  }
}
