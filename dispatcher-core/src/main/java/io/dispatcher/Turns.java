package io.dispatcher;

import io.dispatcher.cluster.Loop;

/**
 * The turns of a front's loop: what one of them caused goes out together at its end, and what comes
 * round with the clock. Confined to that loop.
 */
final class Turns {

  private static final long TICK = 250_000_000L;

  /** While no task is unfinished here and nobody is to be adopted. */
  private static final long IDLE_TICK = 500_000_000L;

  private static final long SAMPLE_EVERY = 1_000_000_000L;

  /** The counts are compared with all tasks the more seldom the more of these there are. */
  private static final long COMPARED_PER_SECOND = 20_000;

  private static final long LATE = 500_000_000L;

  private final Loop loop;
  private final Meters meters;
  private final Callbacks callbacks;
  private final Intake intake;
  private final Recorder recorder;
  private final Router router;
  private final Owned owned;
  private final Leases leases;
  private final Capacity capacity;
  private final Recovery recovery;
  private final Departure departure;
  private boolean flushing;
  private boolean stopped;
  private long lastTick;
  private long tickEvery = TICK;
  private long sampledAt;
  private long comparedAt;

  Turns(
      Loop loop,
      Meters meters,
      Callbacks callbacks,
      Intake intake,
      Recorder recorder,
      Router router,
      Owned owned,
      Leases leases,
      Capacity capacity,
      Recovery recovery,
      Departure departure) {
    this.loop = loop;
    this.meters = meters;
    this.callbacks = callbacks;
    this.intake = intake;
    this.recorder = recorder;
    this.router = router;
    this.owned = owned;
    this.leases = leases;
    this.capacity = capacity;
    this.recovery = recovery;
    this.departure = departure;
  }

  /** The clock runs from now on. */
  void start() {
    lastTick = loop.now();
    tick();
  }

  /** Nothing comes round any more. */
  void stop() {
    stopped = true;
  }

  /** Everything this turn and those already waiting behind it caused goes out together. */
  void over() {
    if (!flushing) {
      flushing = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    if (intake.anyWaiting()) {
      intake.recheck();
    }
    recorder.flush();
    router.dispatch();
    meters.unfinished = owned.unfinished();
    int assigned = router.inFlight();
    meters.assigned = assigned;
    meters.waiting = Math.max(0, owned.unfinished() - assigned);
    meters.retainedBytes = owned.retainedBytes();
    meters.workers = router.able();
    // Last: whoever hears of an outcome finds it counted.
    callbacks.flush();
  }

  /** Whether nobody waits for anything that this front does. */
  boolean idle() {
    return owned.unfinished() == 0 && !intake.anyWaiting() && !departure.awaited();
  }

  private void tick() {
    if (stopped) {
      return;
    }
    long now = loop.now();
    boolean late = now - lastTick > tickEvery + LATE;
    if (late) {
      owned.late();
    }
    leases.judge(now, late);
    capacity.measure(now - lastTick);
    lastTick = now;
    meters.oldestWaitingSince = router.oldestWaitingSince();
    // A quarter of a tick early: the next one would be too late.
    if (now - sampledAt >= SAMPLE_EVERY - TICK / 4) {
      sampledAt = now;
      router.sample(now);
      if (now - comparedAt >= owned.unfinished() / COMPARED_PER_SECOND * SAMPLE_EVERY) {
        comparedAt = now;
        meters.drift = owned.drift();
      }
    }
    tickEvery = idle() && !recovery.hasty() ? IDLE_TICK : TICK;
    loop.after(tickEvery, this::tick);
    callbacks.nudge();
    recorder.expire();
    recovery.tick();
    leases.letYield();
    over();
  }
}
