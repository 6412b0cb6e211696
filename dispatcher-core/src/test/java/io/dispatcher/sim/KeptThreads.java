package io.dispatcher.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Real threads for work that may never come back. The simulation waits while a piece of work runs,
 * so that one thing happens at a time here as well; work that {@linkplain #keep keeps} its thread
 * lets the simulation go on without it, and ignores interrupts.
 *
 * <p>To be closed, on the thread of the simulation, when that is over.
 */
public final class KeptThreads implements AutoCloseable {

  private final ArrayDeque<Lane> idle = new ArrayDeque<>();
  private final List<Lane> all = new ArrayList<>();

  /** Given back by work that has ended or keeps its thread. */
  private final Semaphore simulation = new Semaphore(0);

  private @Nullable Lane running;
  private volatile boolean over;

  /** Work comes when the other executor would run it, on a thread that it may keep. */
  public Executor over(Executor simulated) {
    return work -> simulated.execute(() -> run(work));
  }

  private void run(Runnable work) {
    Lane lane = idle.isEmpty() ? new Lane() : idle.pop();
    running = lane;
    lane.work = work;
    lane.turn.release();
    simulation.acquireUninterruptibly();
    running = null;
    if (!lane.kept) {
      idle.push(lane);
    }
    if (lane.thrown instanceof RuntimeException thrown) {
      throw thrown;
    }
    if (lane.thrown instanceof Error thrown) {
      throw thrown;
    }
  }

  /** To be called by work that is running: it comes back when all is over, with an error. */
  public void keep() {
    Lane lane = running;
    if (lane != null && !over) {
      lane.kept = true;
      simulation.release();
      lane.turn.acquireUninterruptibly();
    }
    throw new IllegalStateException("the simulation is over");
  }

  /** Whether nothing is simulated any more. */
  public boolean over() {
    return over;
  }

  /** One after the other, as what they kept may still call into the simulation. */
  @Override
  public void close() {
    over = true;
    for (Lane lane : all) {
      lane.turn.release();
      lane.end();
    }
  }

  private final class Lane {
    private final Semaphore turn = new Semaphore(0);
    private final Thread thread = new Thread(this::go, "simulated");
    private @Nullable Runnable work;
    private @Nullable Throwable thrown;
    private boolean kept;

    Lane() {
      all.add(this);
      thread.setDaemon(true);
      thread.start();
    }

    private void go() {
      turn.acquireUninterruptibly();
      while (!over && work != null) {
        thrown = null;
        try {
          work.run();
        } catch (RuntimeException | Error e) {
          thrown = e;
        }
        if (over) {
          return;
        }
        work = null;
        simulation.release();
        turn.acquireUninterruptibly();
      }
    }

    void end() {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
