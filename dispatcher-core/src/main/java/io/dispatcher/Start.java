package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskLimits;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One start of one task on this worker, and what its handler sees of it.
 *
 * <p>The loop and the pool's thread meet here: whoever changes {@link #phase} first decides whether
 * the attempt runs, ends by itself, or is stopped. The lock is held for field changes only, and
 * keeps an interrupt from reaching the next task on the same thread.
 */
final class Start extends AttemptFacts {

  private enum Phase {
    PENDING,
    RUNNING,
    ENDED
  }

  private Peer owner;
  private Phase phase = Phase.PENDING;
  private @Nullable Thread thread;
  private boolean leaked;

  /** The handler's stage has the slot. */
  private boolean awaiting;

  private volatile boolean stopped;
  private volatile boolean yields;
  private volatile long startedAt;
  private volatile long endedAt;
  private volatile @Nullable AttemptEnd end;
  private @Nullable CompletableFuture<Void> cancellation;

  /** The newest note on its way to the loop; null if none is. */
  private @Nullable String progress;

  /** On the worker's loop. */
  private Checkpoints.@Nullable Of checkpoints;

  /** On the worker's loop: as whom this worker has written ahead that it starts it, if it has. */
  @Nullable Peer begunBy;

  /** On the worker's loop: the ledger write that settles this attempt is under way or done. */
  boolean settling;

  Start(Delivery delivery, Peer owner, Registration<?, ?> registration, Worker worker, Loop loop) {
    super(delivery, registration, worker, loop);
    this.owner = owner;
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

  @Nullable AttemptEnd end() {
    return end;
  }

  /** Loop time of the start; 0 while it waits for a slot. */
  long startedAt() {
    return startedAt;
  }

  long ranNanos() {
    return endedAt - startedAt;
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
  Pool.Slot run(Pool pool, long now) {
    synchronized (this) {
      // What waited while this process was frozen is somebody else's by now: it is given back.
      if (phase != Phase.PENDING || worker.late(now)) {
        return Pool.Slot.FREE;
      }
      if (tooLate(now) || cannotEnd(now)) {
        phase = Phase.ENDED;
        stopped = true;
        endedAt = now;
        worker.tooLate(this);
        return Pool.Slot.FREE;
      }
      phase = Phase.RUNNING;
      thread = Thread.currentThread();
      startedAt = now;
    }
    worker.starting(this);
    try {
      AttemptScope scope = worker.scope();
      CompletionStage<byte[]> later =
          scope == null
              ? registration.call(delivery().payload(), this)
              : registration.callIn(scope, delivery().payload(), this);
      // What follows from a minimal stage, as this context's, is of a subclass that cannot be
      // asked.
      if (later.getClass() == CompletableFuture.class
          && later instanceof CompletableFuture<byte[]> done
          && done.isDone()
          && !done.isCompletedExceptionally()) {
        finish(AttemptEnd.returned(done.join(), this));
      } else {
        boolean gaveUp = handOver();
        later.whenComplete(
            (result, error) -> {
              finish(AttemptEnd.completed(result, error, this));
              if (stageEnded()) {
                pool.resume();
              }
            });
        return gaveUp ? Pool.Slot.LEAKED : Pool.Slot.KEPT;
      }
    } catch (Throwable thrown) { // an Error of a handler is its failure, not the node's
      finish(AttemptEnd.threw(thrown, this));
    }
    return release() ? Pool.Slot.LEAKED : Pool.Slot.FREE;
  }

  /** Whether less is left than any attempt like it has taken lately. */
  private boolean cannotEnd(long now) {
    long left = untilDeadline(now);
    return left != Long.MAX_VALUE && left < registration().shortest().of(this, now);
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

  private void finish(AttemptEnd how) {
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
  boolean stop(@Nullable AttemptEnd how) {
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

  private boolean stop(@Nullable AttemptEnd how, boolean interrupt, boolean evenRunning) {
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
    registration().shortest().saves();
    worker.checkpoints().save(this, codec, value);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<@Nullable Void> saveAsync(
      Codec<T> codec, T value) {
    registration().shortest().saves();
    return worker.checkpoints().saveAsync(this, codec, value);
  }

  @Override
  public <T> Optional<T> last(Codec<T> codec) {
    return worker.checkpoints().last(this, codec);
  }

  @Override
  public <T> CompletionStage<Optional<T>> lastAsync(Codec<T> codec) {
    return worker.checkpoints().lastAsync(this, codec);
  }
}
