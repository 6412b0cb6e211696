package io.dispatcher;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A number of slots, each a place for one running task, over the threads of an executor. A thread
 * that has a slot takes the next task itself, without a turn of the loop between two tasks. An
 * async handler keeps its slot and gives the thread back.
 *
 * <p>Thread-safe. What waits is bounded by the credit that the worker grants.
 */
final class Pool {

  /** What became of a slot after a run. */
  enum Slot {
    FREE,
    KEPT,
    LEAKED
  }

  private static final int DROPPED_AT_MOST = 64;

  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final String name;
  private final int slots;
  private final Executor executor;
  private final ConcurrentLinkedQueue<Start> pending = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Runnable> claims = new ConcurrentLinkedQueue<>();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger dropped = new AtomicInteger();
  private final AtomicInteger leaked = new AtomicInteger();
  private final AtomicInteger leakedThreads = new AtomicInteger();

  Pool(String name, int slots, Executor executor) {
    this.name = name;
    this.slots = slots;
    this.executor = executor;
  }

  String name() {
    return name;
  }

  int slots() {
    return slots;
  }

  /** Slots with a task. */
  int busy() {
    return busy.get();
  }

  /**
   * @param later {@link #nudge} follows, once for several
   */
  void submit(Start start, boolean later) {
    pending.add(start);
    if (!later) {
      fill();
    }
  }

  /** One that waits here is not to run any more. */
  void dropped() {
    // While all slots run something long nobody else takes them out, and more come for them.
    if (dropped.incrementAndGet() >= slots + DROPPED_AT_MOST) {
      dropped.set(0);
      pending.removeIf(start -> !start.pending());
    }
  }

  /**
   * Asks for a slot, before all that waits. Whoever has it gives it on: {@link #run} or {@link
   * #release}.
   *
   * @param granted called once, on any thread; must not block
   */
  void claim(Runnable granted) {
    claims.add(granted);
    grant();
  }

  private void grant() {
    while (!claims.isEmpty()) {
      int taken = busy.get();
      if (taken >= slots) {
        return;
      }
      if (busy.compareAndSet(taken, taken + 1) && !grantMine()) {
        busy.decrementAndGet();
      }
    }
  }

  /** Whether somebody took the slot that this thread has. */
  private boolean grantMine() {
    Runnable claim = claims.isEmpty() ? null : claims.poll();
    if (claim != null) {
      claim.run();
    }
    return claim != null;
  }

  /** Runs it on a slot that was claimed. */
  void run(Start start) {
    if (!started(() -> drain(start))) {
      pending.add(start);
      busy.decrementAndGet();
    }
  }

  /** A slot that was claimed is not needed. */
  void release() {
    free();
  }

  /** Takes one more slot if something waits. */
  void nudge() {
    fill();
  }

  /** Takes as many slots as something may wait for. */
  void nudgeAll() {
    for (int taken = busy.get(); taken < slots && goesOn(); taken++) {
      fill();
    }
  }

  /** Whether a thread that ends a task here goes on with another one. */
  boolean goesOn() {
    return !pending.isEmpty();
  }

  private void fill() {
    while (goesOn()) {
      int taken = busy.get();
      if (taken >= slots) {
        return;
      }
      if (busy.compareAndSet(taken, taken + 1)) {
        if (!started(() -> drain(null))) {
          busy.decrementAndGet();
        }
        return;
      }
    }
  }

  /** Runs on a thread that has a slot. */
  private void drain(@Nullable Start first) {
    long now = 0;
    boolean interrupted = false;
    Slot slot = Slot.FREE;
    Start next = first == null ? pending.poll() : first;
    while (slot == Slot.FREE && next != null) {
      slot = next.run(this, now == 0 ? next.now() : now);
      // What a handler leaves behind is for the thread's owner, not for the next handler.
      interrupted |= Thread.interrupted();
      // The end of one is the start of the next: the clock is read once for each.
      now = next.endedItselfAt();
      next = slot == Slot.FREE && claims.isEmpty() ? pending.poll() : null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (slot == Slot.FREE) {
      free();
    }
  }

  private void free() {
    if (!grantMine()) {
      busy.decrementAndGet();
      grant();
      fill();
    }
  }

  /** An async attempt ended: its slot goes on with the next task. */
  void resume() {
    if (!goesOn() || !claims.isEmpty()) {
      free();
    } else if (!started(() -> drain(null))) {
      busy.decrementAndGet();
    }
  }

  /**
   * A pool whose executor refuses, because it was shut down or is full, tries again with the next
   * task.
   */
  private boolean started(Runnable run) {
    try {
      executor.execute(run);
      return true;
    } catch (RejectedExecutionException refused) {
      LOG.log(Level.WARNING, "the executor of pool {0} refused to run: {1}", name, refused);
      return false;
    } catch (RuntimeException | Error thrown) { // such as no memory for a further thread
      LOG.log(Level.ERROR, "the executor of pool " + name + " threw", thrown);
      return false;
    }
  }

  /** A handler ignores its interrupt: its slot is free, its thread is not. */
  void leak(boolean thread) {
    leaked.incrementAndGet();
    if (thread) {
      leakedThreads.incrementAndGet();
    }
    free();
  }

  /** A leaked thread or stage came back. */
  void recovered(boolean thread) {
    leaked.decrementAndGet();
    if (thread) {
      leakedThreads.decrementAndGet();
    }
  }

  /** Threads that handlers have not given back. */
  int leakedThreads() {
    return leakedThreads.get();
  }

  int leaks() {
    return leaked.get();
  }
}
