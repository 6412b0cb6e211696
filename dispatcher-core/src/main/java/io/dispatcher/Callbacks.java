package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries user code off a loop. What one turn completes goes over in one hop; two runners share
 * what is there, so that a callback that blocks holds up one of them, not the others' completions.
 *
 * <p>Confined to its loop but for the runners. Bounded by what is unfinished: a task completes
 * once.
 */
final class Callbacks {

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final int RUNNERS = 2;
  private static final long SLOW = 1_000_000_000L;

  private static final String WAY_OUT =
      "use the ...Async methods of the stage with an executor of your own for work that takes time";

  /** Callbacks that a runner takes from the queue at once. */
  private static final int CHUNK = 64;

  /** Some callbacks, each taken once, mostly all by one runner. */
  private static final class Chunk {
    private final List<Runnable> callbacks;
    private final int end;
    private final AtomicInteger next;

    /** Loop time at which the first runner came to it. */
    private volatile long begunAt;

    /** It was told that this one takes long. On the loop. */
    private boolean told;

    Chunk(List<Runnable> callbacks, int from, int end) {
      this.callbacks = callbacks;
      this.end = end;
      this.next = new AtomicInteger(from);
    }

    boolean isEmpty() {
      return next.get() >= end;
    }

    @Nullable Runnable poll() {
      int mine = isEmpty() ? end : next.getAndIncrement();
      return mine < end ? callbacks.get(mine) : null;
    }
  }

  private final Loop loop;
  private final Executor executor;
  private final @Nullable DispatchListener listener;
  private final ConcurrentLinkedQueue<Chunk> ready = new ConcurrentLinkedQueue<>();
  private final AtomicInteger runners = new AtomicInteger();

  /** Chunks that some runner is at. */
  private final ConcurrentLinkedQueue<Chunk> begun = new ConcurrentLinkedQueue<>();

  private List<Runnable> collected = new ArrayList<>();

  Callbacks(Loop loop, Executor executor, @Nullable DispatchListener listener) {
    this.loop = loop;
    this.executor = executor;
    this.listener = listener;
  }

  /** Adds to the next hop. */
  void add(Runnable callback) {
    collected.add(callback);
  }

  /** Tells the listener, if there is one, with the next hop. */
  void tell(Consumer<DispatchListener> event) {
    DispatchListener heard = listener;
    if (heard != null) {
      collected.add(() -> event.accept(heard));
    }
  }

  /** Whether telling would reach anybody. */
  boolean heard() {
    return listener != null;
  }

  /** Sends what was collected. */
  void flush() {
    if (!collected.isEmpty()) {
      for (int from = 0; from < collected.size(); from += CHUNK) {
        ready.add(new Chunk(collected, from, Math.min(collected.size(), from + CHUNK)));
      }
      // A new list each turn: storing into one that has grown old costs the collector a barrier
      // each.
      collected = new ArrayList<>();
      run();
    }
  }

  /** Sets a further runner to what is left, should the first be held up, and tells of that. */
  void nudge() {
    if (left()) {
      run();
    }
    long now = loop.now();
    for (Chunk chunk : begun) {
      long since = now - chunk.begunAt;
      if (!chunk.told && since > SLOW) {
        // One that never comes back is not told of afterwards.
        chunk.told = true;
        LOG.log(
            Level.WARNING,
            "callbacks have been running for {0} ms and hold up others; {1}",
            since / 1_000_000,
            WAY_OUT);
      }
    }
  }

  private boolean left() {
    if (!ready.isEmpty()) {
      return true;
    }
    for (Chunk chunk : begun) {
      if (!chunk.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private void run() {
    int running = runners.get();
    while (running < RUNNERS && !runners.compareAndSet(running, running + 1)) {
      running = runners.get();
    }
    if (running >= RUNNERS) {
      return;
    }
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException closed) {
      runners.decrementAndGet();
      // A second runner that comes when the first has told everything is not missed.
      if (left()) {
        LOG.log(
            Level.WARNING,
            "the callback executor takes nothing more, and handles stay open: close the dispatcher"
                + " before its executor");
      }
    } catch (RuntimeException | Error thrown) { // an executor of the application, on a loop
      runners.decrementAndGet();
      LOG.log(Level.ERROR, "the callback executor threw; callbacks wait until it runs", thrown);
    }
  }

  private void drain() {
    for (Chunk chunk = ready.poll(); chunk != null; chunk = ready.poll()) {
      chunk.begunAt = loop.now();
      begun.add(chunk);
      drain(chunk);
      begun.remove(chunk);
    }
    // Behind a callback that blocks the others go on here.
    begun.forEach(this::drain);
    runners.decrementAndGet();
    if (!ready.isEmpty()) {
      run();
    }
  }

  private void drain(Chunk chunk) {
    long since = loop.now();
    for (Runnable next = chunk.poll(); next != null; next = chunk.poll()) {
      try {
        next.run();
      } catch (RuntimeException | Error thrown) {
        LOG.log(Level.WARNING, "a callback threw", thrown);
      }
    }
    long took = loop.now() - since;
    if (took > SLOW) {
      LOG.log(Level.WARNING, "callbacks blocked for {0} ms; {1}", took / 1_000_000, WAY_OUT);
    }
  }
}
