package io.dispatcher;

import io.dispatcher.cluster.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Stops attempts: those that are void, and those over their time limit or deadline, for which it
 * looks as long as anything is held. One that ignores it loses its slot. Confined to the worker's
 * loop.
 */
final class Stopping {

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final long SCAN_AT_MOST = 250_000_000L;
  private static final long SCAN_AT_LEAST = 5_000_000L;
  private static final long INTERRUPT_GRACE = 1_000_000_000L;

  /** So many threads that handlers never gave back are enough for a node. */
  private static final int MOST_LEAKED = 16;

  private final Loop loop;
  private final Registrations registrations;
  private final HeldStarts held;
  private final EndedStarts ended;
  private final FrontChannels channels;
  private final Runnable leaking;

  /** They were stopped, and may still have their slots. */
  private final List<Start> overdue = new ArrayList<>();

  private boolean scanning;
  private boolean leaksTold;

  /**
   * @param leaking called once, when handlers have kept so many threads for good that the node
   *     should go
   */
  Stopping(
      Loop loop,
      Registrations registrations,
      HeldStarts held,
      EndedStarts ended,
      FrontChannels channels,
      Runnable leaking) {
    this.loop = loop;
    this.registrations = registrations;
    this.held = held;
    this.ended = ended;
    this.channels = channels;
    this.leaking = leaking;
  }

  /** The attempt is void: nothing of it is settled. */
  void drop(Start start) {
    boolean waited = start.pending();
    if (start.stop(null)) {
      stopped(start);
      scan();
    }
    if (waited) {
      start.registration().pool().dropped();
    }
    held.release(start);
  }

  /** Somebody has stopped an attempt: whether it heeds that is looked at with the scans. */
  void stopped(Start start) {
    overdue.add(start);
  }

  /** Looks for attempts over their time limit, as long as anything is held. */
  void scan() {
    if (scanning || (held.isEmpty() && overdue.isEmpty())) {
      return;
    }
    scanning = true;
    long shortest = SCAN_AT_MOST;
    for (Registration<?, ?> registration : registrations.byType().values()) {
      Duration limit = registration.options().timeLimit();
      if (limit != null) {
        shortest = Math.min(shortest, limit.toNanos() / 10);
      }
    }
    long now = loop.now();
    for (Start start : held.all()) {
      shortest = Math.min(shortest, start.delivery().profile().timeLimitMillis() * 100_000L);
      shortest = Math.min(shortest, start.untilDeadline(now));
    }
    loop.after(
        Math.max(SCAN_AT_LEAST, shortest),
        () -> {
          scanning = false;
          endOverdue();
          scan();
        });
  }

  private void endOverdue() {
    long now = loop.now();
    overdue.removeIf(start -> gaveUp(start, now));
    for (Start start : List.copyOf(held.all())) {
      if (start.tooLate(now) && !start.settling && !start.over()) {
        // Its owner ends it as expired; whatever it still does is for nobody.
        drop(start);
        continue;
      }
      long limit = limitNanos(start);
      long since = start.startedAt();
      if (since != 0 && !start.settling && now - since > limit) {
        if (start.stop(AttemptEnd.overTime(limit, start))) {
          stopped(start);
          ended.settle(start);
        }
      }
    }
    ended.flush();
  }

  private static long limitNanos(Start start) {
    long limit = start.delivery().profile().timeLimitMillis() * 1_000_000L;
    Duration own = start.registration().options().timeLimit();
    return own == null ? limit : Math.min(limit, own.toNanos());
  }

  private boolean gaveUp(Start start, long now) {
    if (now - start.stoppedAt() < INTERRUPT_GRACE) {
      return false;
    }
    start.giveUp();
    int leaked = registrations.leakedThreads();
    if (leaked >= MOST_LEAKED && !leaksTold) {
      leaksTold = true;
      LOG.log(
          Level.ERROR,
          "{0} threads of node {1} are kept by handlers that ignore that they were stopped, the"
              + " last one of type {2}; the node drains: restart it, and make those handlers heed"
              + " interrupts or TaskContext.cancelled()",
          leaked,
          channels.node(),
          start.type());
      leaking.run();
    }
    return true;
  }
}
