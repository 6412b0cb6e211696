package io.dispatcher;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/**
 * Whether a worker may get tasks of one type, by how those of this front ended there. A node on
 * which they fail fast has little to do at any time, and would get ever more of them.
 *
 * <p>An ejected worker is tried again after a while, with one task at a time; three that succeed
 * let it in, one that fails ejects it for twice as long. {@link Ejections} decides who is ejected.
 * Confined to the front's loop.
 */
final class Breaker {

  /** So many failures in a row are suspicious, while as many attempts succeed elsewhere. */
  static final int ROW = 5;

  /** Of so many attempts and more, a share can be told. */
  static final int ENOUGH = 20;

  private static final int PROBES = 3;
  private static final long HALF_SPAN = 5_000_000_000L;
  private static final long SHORTEST = 1_000_000_000L;
  private static final long LONGEST = 60_000_000_000L;
  private static final long CALM = 30_000_000_000L;

  /** Of so many keys it is remembered that their tasks fail. */
  private static final int MOST_KEYS = 16;

  private final Alarm alarm;
  private final RandomGenerator random;
  private final LongConsumer told;

  /** Attempts, and failures among them. */
  private final Recent ends = new Recent(HALF_SPAN);

  private int row;

  /** Hashes of keys whose tasks failed here last, the oldest first. */
  private final Deque<Long> failedKeys = new ArrayDeque<>();

  /** How many attempts had succeeded anywhere when the row began. */
  private long successesBefore;

  private boolean ejected;
  private long until;
  private boolean probing;
  private int passed;

  /** How often it was ejected lately. */
  private int times;

  private long calmSince;
  private long readmittedAt;

  /** Somebody is suspicious: what all breakers of a type share. */
  static final class Alarm {
    private boolean rung;
    private long successes;

    /** Whether it has rung since it was last asked. */
    boolean take() {
      boolean was = rung;
      rung = false;
      return was;
    }
  }

  /**
   * @param told hears for how many nanoseconds the worker is ejected, each time it is
   */
  Breaker(Alarm alarm, RandomGenerator random, LongConsumer told) {
    this.alarm = alarm;
    this.random = random;
    this.told = told;
  }

  /** Whether a task may go there now. */
  boolean allows(long now) {
    return !ejected || (tries(now) && !probing);
  }

  boolean ejected() {
    return ejected;
  }

  /** Whether it could have been tried for long, and nobody came by who had tries to spare. */
  boolean untried(long now) {
    return ejected && now - until >= LONGEST;
  }

  /** Whether a task that goes there now tries the worker. */
  private boolean tries(long now) {
    return ejected && now - until >= 0;
  }

  /** Loop time at which it was let in again; 0 if it never was ejected. */
  long readmittedAt() {
    return readmittedAt;
  }

  void began(long now) {
    // What goes to an ejected worker for want of others was not sent to try it.
    probing |= tries(now);
  }

  /** A task that began then is no longer there, and that says nothing of the worker. */
  void dropped(long began) {
    if (probe(began)) {
      probing = false;
    }
  }

  void succeeded(long began, long now) {
    ends.add(1, 0, now);
    row = 0;
    alarm.successes++;
    if (probe(began)) {
      probing = false;
      if (++passed == PROBES) {
        close(now);
      }
    }
  }

  /**
   * A task with a key has failed. What fails with its key wherever it runs must not close a worker
   * to the others: each key counts once.
   */
  void failed(long began, long now, long keyHash) {
    if (failedKeys.contains(keyHash)) {
      dropped(began);
    } else {
      failedKeys.add(keyHash);
      if (failedKeys.size() > MOST_KEYS) {
        failedKeys.remove();
      }
      failed(began, now);
    }
  }

  /** A task with a key has succeeded: should it fail next time, that is news. */
  void succeeded(long began, long now, long keyHash) {
    failedKeys.remove(keyHash);
    succeeded(began, now);
  }

  void failed(long began, long now) {
    ends.add(1, 1, now);
    if (row++ == 0) {
      successesBefore = alarm.successes;
    }
    if (probe(began)) {
      eject(now);
    } else if (!ejected && suspicious()) {
      alarm.rung = true;
    }
  }

  /** Whether the task was sent to try the worker. */
  private boolean probe(long began) {
    return ejected && probing && began - until >= 0;
  }

  /** Of the last 5 to 10 seconds. */
  long attempts() {
    return ends.first();
  }

  /** Of the last 5 to 10 seconds. */
  long failures() {
    return ends.second();
  }

  /** Whether too many attempts fail there. */
  boolean suspicious() {
    return failsAlone() || (attempts() >= ENOUGH && 2 * failures() >= attempts());
  }

  /** Whether attempts fail there one after the other, while others succeed. */
  boolean failsAlone() {
    return row >= ROW && alarm.successes - successesBefore >= ROW;
  }

  /** No task goes there for a while. */
  void eject(long now) {
    long usual = Math.min(LONGEST, SHORTEST << Math.min(times, 10));
    times++;
    // Fronts must not come back at the same moment.
    long length = (long) (usual * (0.5 + random.nextDouble()));
    ejected = true;
    until = now + length;
    probing = false;
    passed = 0;
    row = 0;
    told.accept(length);
  }

  private void close(long now) {
    ejected = false;
    calmSince = now;
    readmittedAt = now;
    ends.clear();
    row = 0;
  }

  /** To be called about once a second. */
  void sample(long now) {
    ends.turn(now);
    if (!ejected && times > 0 && now - calmSince >= CALM) {
      times--;
      calmSince = now;
    }
  }
}
