package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a node leaves off on purpose: it takes nothing in and starts nothing, what runs ends or
 * yields, what it owns is handed over. It stays a member until it is closed. Thread-safe.
 */
final class Drain {

  static final String ELSEWHERE = "draining: submit through another node";

  /** Past its time: for what was stopped to be given back and handed over. */
  private static final long GRACE = 2_000_000_000L;

  private static final Drained NOTHING = new Drained(0, 0);

  private final Loop loop;
  private final Gate gate;
  private final Supplier<@Nullable Front> front;
  private final @Nullable Worker worker;
  private final CompletableFuture<Drained> done = new CompletableFuture<>();

  // Confined to the loop.
  private boolean begun;
  private boolean frontIsDone;
  private boolean workerLeaves;
  private boolean workerIsEmpty;
  private boolean timeIsUp;

  /**
   * @param loop the front's
   * @param front that of the peer that this node is now
   */
  Drain(Loop loop, Gate gate, Supplier<@Nullable Front> front, @Nullable Worker worker) {
    this.loop = loop;
    this.gate = gate;
    this.front = front;
    this.worker = worker;
  }

  /**
   * Begins, unless it has begun. Completes on the loop, a little after this time at the latest.
   *
   * @param nanos how long what runs may go on
   */
  CompletableFuture<Drained> within(long nanos) {
    gate.leave(ELSEWHERE);
    loop.execute(
        () -> {
          beginNow();
          loop.after(nanos, this::stopAll);
        });
    return done;
  }

  /** As {@link #within}, but what runs may go on, and what nobody else can run too. */
  void begin() {
    loop.execute(this::beginNow);
  }

  /**
   * As {@link #within}, but this node is to stay: nobody waits for it to leave, so it starts
   * nothing more, not even what nobody else could run. One that is leaving already goes on as it
   * began.
   */
  void toStay(long nanos) {
    loop.execute(
        () -> {
          if (!begun) {
            beginNow();
            letWorkerGo();
          }
        });
    within(nanos);
  }

  private void beginNow() {
    if (begun) {
      return;
    }
    begun = true;
    if (worker != null) {
      worker.drain();
    }
    leave();
  }

  /** This node is another peer now, with another front. On the loop. */
  void rejoined() {
    if (begun) {
      leave();
    }
  }

  private void leave() {
    Front mine = front.get();
    if (mine == null) {
      frontIsDone = true;
      letWorkerGo();
      return;
    }
    mine.leave(
        this::letWorkerGo,
        () -> {
          frontIsDone = true;
          // Nobody was there to go on with its work: it was needed until now.
          letWorkerGo();
          next();
        });
    if (timeIsUp) {
      mine.departure().hurry();
    }
  }

  private void letWorkerGo() {
    if (workerLeaves) {
      return;
    }
    workerLeaves = true;
    if (worker == null) {
      workerIsEmpty = true;
      next();
    } else {
      worker.leave(
          () ->
              loop.execute(
                  () -> {
                    workerIsEmpty = true;
                    next();
                  }));
    }
  }

  private void next() {
    if (frontIsDone && workerIsEmpty) {
      finish();
    }
  }

  private void stopAll() {
    if (timeIsUp || done.isDone()) {
      return;
    }
    timeIsUp = true;
    Front mine = front.get();
    if (mine != null) {
      mine.departure().hurry();
    }
    letWorkerGo();
    if (worker != null) {
      worker.stopAll();
    }
    loop.after(GRACE, this::finish);
  }

  /** The node has ended by itself. On any thread. */
  void abandon() {
    done.complete(NOTHING);
  }

  private void finish() {
    Front mine = front.get();
    done.complete(mine == null ? NOTHING : mine.departure().drained());
  }
}
