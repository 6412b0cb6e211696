package io.dispatcher.sim;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One simulated process: what runs on it stops when it is killed, and waits while it is paused. */
final class SimNode {

  private static final long CLOCK_SKEW_MILLIS = 40;

  private final SimWorld world;
  private final Peer process;
  private final RandomGenerator random;
  private final long monotonicOffset;
  private final long wallOffset;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private final Map<String, SimLoop> loops = new HashMap<>();
  private @Nullable SimLoop turning;
  private boolean alive = true;

  /** It has ended itself, and its process goes on for a while. */
  private boolean lingers;

  private boolean paused;
  private boolean frozen;
  private long pausedUntil;
  private long resumedAt = Long.MIN_VALUE / 2;
  private boolean rejoining;
  private Member member;
  private int executors;

  SimNode(SimWorld world, Member member) {
    this.world = world;
    this.member = member;
    this.process = member.peer();
    this.random = world.simulation().random("node " + member.peer());
    this.monotonicOffset = random.nextLong(1L << 50);
    this.wallOffset = random.nextLong(-CLOCK_SKEW_MILLIS, CLOCK_SKEW_MILLIS + 1);
  }

  Member member() {
    return member;
  }

  /** Who it is now. */
  Peer peer() {
    return member.peer();
  }

  /** Who it was when it started: what names the process. */
  Peer process() {
    return process;
  }

  void become(Member next) {
    member = next;
  }

  String name() {
    return member.peer().node();
  }

  boolean alive() {
    return alive;
  }

  boolean running() {
    return alive && !paused;
  }

  boolean paused() {
    return paused;
  }

  /** Something that happens on this process: never once it is dead, later if it is paused. */
  Simulation.Event after(long nanos, Runnable action) {
    return after(nanos, action, false);
  }

  /** Also if the node has ended itself, as long as its process lives. */
  void afterEnd(long nanos, Runnable action) {
    after(nanos, action, true);
  }

  private Simulation.Event after(long nanos, Runnable action, boolean lingering) {
    return world
        .simulation()
        .after(
            nanos,
            () -> {
              if (alive || (lingering && lingers)) {
                run(action);
              }
            });
  }

  private void run(Runnable action) {
    if (paused) {
      waiting.add(action);
      return;
    }
    action.run();
  }

  void kill() {
    alive = false;
    lingers = false;
    paused = false;
    waiting.clear();
  }

  /** It is no member any more, and its loops have ended; its other threads go on. */
  void end() {
    alive = false;
    lingers = true;
  }

  /** A turn of this loop throws as soon as it may, in its middle or at its end. */
  void breakLoop(String name, BooleanSupplier may, Consumer<Throwable> ends) {
    SimLoop loop = loops.get(name);
    if (loop != null) {
      loop.breaks(may, ends);
    }
  }

  /** A turn is about to send something. */
  void sends() {
    if (turning != null) {
      turning.mayThrow(true);
    }
  }

  /**
   * @param until the end of the pause, unless it is ended before
   */
  void pause(long until) {
    pausedUntil = until;
    paused = true;
  }

  /** It is another peer, and its engine does not know yet. */
  boolean rejoining() {
    return rejoining;
  }

  void rejoining(boolean now) {
    rejoining = now;
  }

  /** When its last pause is over at the latest; 0 if it never was paused. */
  long pausedUntil() {
    return pausedUntil;
  }

  /** When its last pause was over. */
  long resumedAt() {
    return resumedAt;
  }

  /** It is paused for so long that the others may take it for dead. */
  boolean frozen() {
    return frozen;
  }

  void freeze() {
    frozen = true;
  }

  /** What came due meanwhile happens now, in its order. */
  void resume() {
    if (!paused) {
      return;
    }
    paused = false;
    frozen = false;
    resumedAt = world.simulation().now();
    long nanos = 0;
    for (Runnable action : waiting) {
      after(nanos++, action);
    }
    waiting.clear();
  }

  /** An error that a run has planted, in a turn that was under way. */
  private static final class Planted extends Error {
    private static final long serialVersionUID = 1L;

    Planted() {
      super("planted", null, false, false);
    }
  }

  /** An exception escaped that nobody planted. */
  private void crash(Throwable error) {
    world.simulation().error(name(), error);
    world.kill(process);
  }

  /**
   * Threads of this process: each piece of work starts a little later, independent of the others.
   */
  Executor threads() {
    return work ->
        after(
            1_000 + random.nextLong(20_000),
            () -> {
              try {
                work.run();
              } catch (RuntimeException | Error e) {
                crash(e);
              }
            });
  }

  /** One thread of this process, which is none of the engine's. */
  Executor thread() {
    return new SimLoop("thread-" + executors++, true);
  }

  Loop loop(String name) {
    SimLoop loop = new SimLoop(name, false);
    loops.put(name, loop);
    return loop;
  }

  private final class SimLoop implements Loop {
    private final ArrayDeque<Runnable> turns = new ArrayDeque<>();
    private final RandomGenerator own;
    private final boolean lingering;
    private @Nullable BooleanSupplier mayBreak;
    private boolean inTheMiddle;
    private Consumer<Throwable> ends = error -> {};
    private boolean scheduled;

    SimLoop(String name, boolean lingering) {
      this.lingering = lingering;
      own = world.simulation().random("loop " + process + " " + name);
    }

    void breaks(BooleanSupplier may, Consumer<Throwable> then) {
      mayBreak = may;
      inTheMiddle = own.nextBoolean();
      ends = then;
    }

    private void mayThrow(boolean sending) {
      if (mayBreak != null && inTheMiddle == sending && mayBreak.getAsBoolean()) {
        throw new Planted();
      }
    }

    @Override
    public void execute(Runnable turn) {
      if (!alive && !(lingering && lingers)) {
        return;
      }
      turns.add(turn);
      if (!scheduled) {
        scheduled = true;
        SimNode.this.after(delay(2_000, 15_000), this::turn, lingering);
      }
    }

    private long delay(long least, long spread) {
      double late = world.faults().lateLoop();
      if (late > 0 && random.nextDouble() < late) {
        world.simulation().count("late loop");
        return 1_000_000 + random.nextLong(100_000_000);
      }
      return least + random.nextLong(spread);
    }

    private void turn() {
      turning = this;
      try {
        turns.remove().run();
        mayThrow(false);
      } catch (Planted error) {
        ends.accept(error);
        return;
      } catch (RuntimeException | Error e) {
        crash(e);
        return;
      } finally {
        turning = null;
      }
      scheduled = !turns.isEmpty();
      if (scheduled) {
        SimNode.this.after(delay(500, 3_000), this::turn, lingering);
      }
    }

    @Override
    public Timer after(long nanos, Runnable turn) {
      boolean[] cancelled = new boolean[1];
      Runnable guarded =
          () -> {
            if (!cancelled[0]) {
              turn.run();
            }
          };
      Simulation.Event event = SimNode.this.after(nanos, () -> execute(guarded));
      return () -> {
        cancelled[0] = true;
        event.cancel();
      };
    }

    @Override
    public long now() {
      return world.simulation().now() + monotonicOffset;
    }

    @Override
    public long wallMillis() {
      return world.simulation().wallMillis() + wallOffset;
    }

    @Override
    public RandomGenerator random() {
      return own;
    }
  }
}
