package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Where attempts that have ended come from the threads of the pools to the worker's loop, to be
 * settled: of quick ones many with one turn. Confined to that loop, except for {@link #add}.
 * Bounded by what is held: an attempt ends once.
 */
final class EndedStarts {

  private static final long LOOK_AGAIN = 1_000_000L;

  private final Loop loop;
  private final Registrations registrations;
  private final HeldStarts held;
  private final Credit credit;
  private final Speeds speeds;
  private final Settler settler;
  private final Meters meters;
  private final ConcurrentLinkedQueue<Start> ended = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean draining = new AtomicBoolean();
  private boolean looking;

  EndedStarts(
      Loop loop,
      Registrations registrations,
      HeldStarts held,
      Credit credit,
      Speeds speeds,
      Settler settler,
      Meters meters) {
    this.loop = loop;
    this.registrations = registrations;
    this.held = held;
    this.credit = credit;
    this.speeds = speeds;
    this.settler = settler;
    this.meters = meters;
  }

  /** An attempt has its result. On the thread that ended it. */
  void add(Start start) {
    ended.add(start);
    if (credit.quick() && start.registration().pool().goesOn()) {
      // The next one ends within microseconds: the loop is woken once for all of them.
      return;
    }
    if (!draining.get() && draining.compareAndSet(false, true)) {
      loop.execute(this::drain);
    }
  }

  /** A task that takes long among quick ones must not keep the others waiting. */
  void lookAgain() {
    if (!looking) {
      looking = true;
      loop.after(
          LOOK_AGAIN,
          () -> {
            looking = false;
            boolean quick = credit.quick();
            drain();
            registrations.eachPool(Pool::nudge);
            if (!held.isEmpty() && (quick || credit.quick())) {
              lookAgain();
            } else {
              registrations.eachPool(Pool::nudgeAll);
            }
          });
    }
  }

  private void drain() {
    draining.set(false);
    for (Start start = ended.poll(); start != null; start = ended.poll()) {
      meters.running.record(start.ranNanos());
      credit.ran(start.ranNanos());
      speeds.ran(start);
      start.registration().shortest().ran(start);
      settle(start);
    }
    settler.flush();
    if (credit.quick() && !held.isEmpty()) {
      // They may have become quick after they were delivered.
      lookAgain();
    }
  }

  /** Has the end of an attempt recorded, with the next {@link #flush}. */
  void settle(Start start) {
    if (held.has(start) && !start.settling) {
      start.settling = true;
      settler.add(start);
    }
  }

  void flush() {
    settler.flush();
  }
}
