package io.dispatcher.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Timers of one loop: seven wheels of 64 slots, each slot of a wheel as long as one turn of the
 * wheel below. Adding and cancelling take constant time, and so does finding the next moment at
 * which there is something to do, so that nothing has to tick while nothing is due.
 *
 * <p>A timer never fires early, and at most one tick late by the wheel's doing. Timers of the same
 * tick fire in the order they were added. Time is an argument of every call. Not thread-safe: only
 * for use on one loop.
 *
 * @see <a href="https://doi.org/10.1145/41457.37504">Varghese, Lauck: Hashed and hierarchical
 *     timing wheels, 1987</a>
 */
public final class TimingWheel {

  private static final int BITS = 6;
  private static final int SLOTS = 1 << BITS;
  private static final int LEVELS = 7;

  /** Timers of one slot among which the earliest is looked for. */
  private static final int MAX_LOOKED_AT = 8;

  /** 139 years of milliseconds: later timers fire then. */
  private static final long MAX_TICKS = (1L << (BITS * LEVELS)) - 1;

  private final long tickNanos;
  private final long origin;
  private final long[] occupied = new long[LEVELS];
  private final @Nullable Timer[] slots = new @Nullable Timer[LEVELS * SLOTS];
  private final Timer firing = new Timer(() -> {}, 0);

  /** Everything up to this tick has been handed out. */
  private long elapsed;

  private int size;

  /**
   * @param tickNanos length of the shortest slot
   * @param now monotonic nanoseconds
   */
  public TimingWheel(long tickNanos, long now) {
    if (tickNanos <= 0) {
      throw new IllegalArgumentException("a tick of " + tickNanos + " ns is not positive");
    }
    this.tickNanos = tickNanos;
    this.origin = now;
  }

  /** How many timers wait. */
  public int size() {
    return size;
  }

  /** Whether no timer waits; then {@link #nextDue} means nothing. */
  public boolean isEmpty() {
    return size == 0;
  }

  /**
   * Adds a timer.
   *
   * @param now monotonic nanoseconds
   * @param delayNanos from now; 0 or less: at the next tick
   */
  public Timer add(long now, long delayNanos, Runnable task) {
    long since = Math.max(0, now - origin);
    if (size == 0) {
      elapsed = Math.max(elapsed, since / tickNanos);
    }
    long due = since + Math.max(0, delayNanos);
    long tick = due < 0 ? MAX_TICKS : due / tickNanos + (due % tickNanos == 0 ? 0 : 1);
    Timer timer = new Timer(task, Math.max(Math.min(tick, MAX_TICKS), elapsed + 1));
    size++;
    insert(timer);
    return timer;
  }

  /** Gives a timer up; false if it fired or was given up before. */
  public boolean cancel(Timer timer) {
    if (timer.next == null) {
      return false;
    }
    timer.unlink();
    size--;
    if (timer.slot >= 0 && isEmpty(timer.slot)) {
      occupied[timer.slot >>> BITS] &= ~(1L << (timer.slot & (SLOTS - 1)));
    }
    return true;
  }

  /**
   * Runs every timer that is due, earliest first. A timer may add and cancel timers.
   *
   * @param now monotonic nanoseconds
   */
  public void advance(long now) {
    long target = Math.max(0, now - origin) / tickNanos;
    while (true) {
      Timer due = firing.next;
      if (due != null && due != firing) {
        due.unlink();
        size--;
        due.task.run();
        continue;
      }
      int slot = size == 0 ? -1 : nextSlot();
      if (slot < 0 || startOf(slot) > target) {
        break;
      }
      elapsed = Math.max(elapsed, startOf(slot));
      empty(slot);
    }
    elapsed = Math.max(elapsed, target);
  }

  /**
   * The monotonic nanoseconds at which {@link #advance} should be called next: never later than the
   * earliest timer, now and then earlier, when many timers move to a finer wheel.
   */
  public long nextDue() {
    if (size == 0) {
      return origin + elapsed * tickNanos + Long.MAX_VALUE / 4;
    }
    if (firing.next != null && firing.next != firing) {
      return origin + elapsed * tickNanos;
    }
    return origin + earliest(nextSlot()) * tickNanos;
  }

  /**
   * The first tick of the timers in a slot, if they are few: an idle loop need not wake for a timer
   * just to move it. Else the first tick of the slot.
   */
  private long earliest(int slot) {
    Timer head = slots[slot];
    long earliest = Long.MAX_VALUE;
    int left = MAX_LOOKED_AT;
    for (Timer timer = head == null ? null : head.next; timer != null && timer != head; ) {
      if (left-- == 0) {
        return startOf(slot);
      }
      earliest = Math.min(earliest, timer.tick);
      timer = timer.next;
    }
    return Math.max(startOf(slot), earliest);
  }

  /**
   * Moves the timers of a slot to where they belong now: a finer wheel, or the list of those that
   * fire.
   */
  private void empty(int slot) {
    occupied[slot >>> BITS] &= ~(1L << (slot & (SLOTS - 1)));
    Timer head = slots[slot];
    while (head != null && head.next != null && head.next != head) {
      Timer timer = head.next;
      timer.unlink();
      if (timer.tick <= elapsed) {
        timer.slot = -1;
        firing.append(timer);
      } else {
        insert(timer);
      }
    }
  }

  private void insert(Timer timer) {
    // The highest bit in which the tick differs from the present decides the wheel.
    long tick = timer.tick;
    int level = (63 - Long.numberOfLeadingZeros((tick ^ elapsed) | (SLOTS - 1))) / BITS;
    int place = (int) (tick >>> (level * BITS)) & (SLOTS - 1);
    int slot = level * SLOTS + place;
    Timer head = slots[slot];
    if (head == null) {
      head = new Timer(() -> {}, 0);
      slots[slot] = head;
    }
    timer.slot = slot;
    head.append(timer);
    occupied[level] |= 1L << place;
  }

  private boolean isEmpty(int slot) {
    Timer head = slots[slot];
    return head == null || head.next == null || head.next == head;
  }

  /**
   * The slot that comes first; some slot must be occupied. Finer wheels come before coarser ones.
   */
  private int nextSlot() {
    for (int level = 0; level < LEVELS; level++) {
      if (occupied[level] != 0) {
        // Slots behind the present one are empty: their timers would lie in a coarser wheel.
        return level * SLOTS + Long.numberOfTrailingZeros(occupied[level]);
      }
    }
    return -1;
  }

  /** The first tick of a slot. */
  private long startOf(int slot) {
    int shift = (slot >>> BITS) * BITS;
    long turn = elapsed >>> (shift + BITS) << (shift + BITS);
    return turn | ((long) (slot & (SLOTS - 1)) << shift);
  }

  /** One timer of a wheel. */
  public static final class Timer {
    private final Runnable task;
    private final long tick;
    private @Nullable Timer previous;
    private @Nullable Timer next;
    private int slot = -1;

    private Timer(Runnable task, long tick) {
      this.task = task;
      this.tick = tick;
    }

    /** As the head of a list. */
    private void append(Timer timer) {
      if (next == null) {
        next = this;
        previous = this;
      }
      Timer last = previous == null ? this : previous;
      timer.previous = last;
      timer.next = this;
      last.next = timer;
      previous = timer;
    }

    private void unlink() {
      Timer before = previous;
      Timer after = next;
      if (before != null && after != null) {
        before.next = after;
        after.previous = before;
      }
      previous = null;
      next = null;
    }
  }
}
