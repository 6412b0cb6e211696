package io.dispatcher.cluster;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A loop in real time: a queue of turns and a {@link TimingWheel}. What is left to the subclass is
 * the thread: when {@link #wake} was called, that thread calls {@link #drain} soon, and again when
 * {@link #sleepUntil} says so.
 *
 * <p>A turn that throws ends the loop: nothing runs on it any more, and the error goes to the hook.
 */
public abstract class QueueLoop implements Loop {

  private static final Logger LOG = System.getLogger(QueueLoop.class.getName());
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);

  /** After so many turns other users of the thread get their chance. */
  private static final int BURST = 256;

  private final String name;
  private final Consumer<Throwable> onError;
  private final RandomGenerator random;
  private final ConcurrentLinkedQueue<Runnable> turns = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final LoopMeter meter = new LoopMeter();
  private final TimingWheel wheel = new TimingWheel(TICK, System.nanoTime());
  private volatile @Nullable Thread draining;
  private volatile boolean ended;

  /**
   * @param name for people
   * @param seed of the loop's random numbers
   * @param onError is told of the exception that ended the loop, on the loop's thread
   */
  protected QueueLoop(String name, long seed, Consumer<Throwable> onError) {
    this.name = Objects.requireNonNull(name, "name");
    this.onError = Objects.requireNonNull(onError, "onError");
    this.random = new SplittableRandom(seed);
  }

  /** Makes the loop's thread call {@link #drain} soon. From any thread; never calls it itself. */
  protected abstract void wake();

  /**
   * Makes the loop's thread call {@link #drain} at this time, and not on the account of an earlier
   * call of this method. On the loop.
   *
   * @param due monotonic nanoseconds
   */
  protected abstract void sleepUntil(long due);

  /** The name of the loop. */
  public final String name() {
    return name;
  }

  /**
   * Turns that have not run yet, roughly. Counts them one by one: for metrics, not for decisions.
   */
  public final int depth() {
    return turns.size();
  }

  @Override
  public final Load load() {
    return meter.load(depth(), awake.get(), now());
  }

  /** Whether the loop ended, by {@link #end} or by an error. */
  public final boolean ended() {
    return ended;
  }

  /** Runs nothing any more; a turn under way goes on to its end. From any thread. */
  public void end() {
    ended = true;
    turns.clear();
  }

  @Override
  public final void execute(Runnable turn) {
    Objects.requireNonNull(turn, "turn");
    if (ended) {
      return;
    }
    turns.add(turn);
    wakeOnce();
  }

  @Override
  public final Timer after(long nanos, Runnable turn) {
    Objects.requireNonNull(turn, "turn");
    Alarm alarm = new Alarm(turn);
    if (nanos <= 0) {
      execute(alarm);
    } else if (onLoop()) {
      alarm.start(nanos);
    } else {
      long posted = now();
      execute(() -> alarm.start(nanos - (now() - posted)));
    }
    return alarm;
  }

  @Override
  public final long now() {
    return System.nanoTime();
  }

  @Override
  public final long wallMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public final RandomGenerator random() {
    return random;
  }

  /** Runs what is there and what is due. Called by the loop's thread only. */
  protected final void drain() {
    if (ended) {
      return;
    }
    draining = Thread.currentThread();
    try {
      // Cleared first: a turn that is posted from here on wakes the loop again.
      awake.set(false);
      long began = now();
      if (!wheel.isEmpty()) {
        meter.wokeUp(began - wheel.nextDue());
        wheel.advance(began);
        began = meter.turn(began, now());
      }
      int left = BURST;
      Runnable turn;
      while (!ended && left-- > 0 && (turn = turns.poll()) != null) {
        turn.run();
        began = meter.turn(began, now());
      }
    } catch (Throwable e) {
      fail(e);
      return;
    } finally {
      draining = null;
    }
    if (!turns.isEmpty()) {
      wakeOnce();
    }
    if (!wheel.isEmpty()) {
      sleepUntil(wheel.nextDue());
    }
  }

  private boolean onLoop() {
    return draining == Thread.currentThread();
  }

  private void wakeOnce() {
    if (!awake.get() && awake.compareAndSet(false, true)) {
      meter.posted(now());
      wake();
    }
  }

  private void fail(Throwable error) {
    end();
    LOG.log(Level.ERROR, "loop " + name + " ends: a turn threw", error);
    onError.accept(error);
  }

  /** A timer as its user sees it. */
  private final class Alarm implements Timer, Runnable {
    private final Runnable turn;
    private volatile boolean over;
    private TimingWheel.@Nullable Timer waiting;

    Alarm(Runnable turn) {
      this.turn = turn;
    }

    void start(long nanos) {
      if (!over) {
        waiting = wheel.add(now(), nanos, this);
      }
    }

    @Override
    public void run() {
      if (!over && !ended) {
        over = true;
        turn.run();
      }
    }

    @Override
    public void cancel() {
      if (over) {
        return;
      }
      over = true;
      if (onLoop()) {
        remove();
      } else {
        execute(this::remove);
      }
    }

    private void remove() {
      if (waiting != null) {
        wheel.cancel(waiting);
        waiting = null;
      }
    }
  }
}
