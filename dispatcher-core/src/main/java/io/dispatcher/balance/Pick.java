package io.dispatcher.balance;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a picker has to know about the task: its key, the workers to avoid, those its submitter has
 * sessions on, the zone to prefer; and where random numbers come from. One carrier per loop, filled
 * anew for each task. Not thread-safe.
 */
public final class Pick {

  private static final int MOST_DRAWS = 8;

  private final RandomGenerator random;
  private boolean hasKey;
  private long keyHash;
  private @Nullable String zone;
  private boolean hasExclusions;
  private long[] excluded = new long[16];

  /** The last ones, in a ring. */
  private final int[] draws = new int[MOST_DRAWS];

  private int drawn;
  private int nextDraw;
  private int bound;
  private int[] bindings = new int[8];

  /** A carrier without key, zone or exclusions. */
  public Pick(RandomGenerator random) {
    this.random = random;
  }

  /** The only source of chance a picker may use. */
  public RandomGenerator random() {
    return random;
  }

  /** Whether the task has a key. */
  public boolean hasKey() {
    return hasKey;
  }

  /** The hash of the task's key; without meaning if it has none. */
  public long keyHash() {
    return keyHash;
  }

  /** Sets the key, as its {@link Balancers#hash}. */
  public Pick key(long hash) {
    hasKey = true;
    keyHash = hash;
    return this;
  }

  /** Says that the task has no key. */
  public Pick noKey() {
    hasKey = false;
    keyHash = 0;
    return this;
  }

  /** The zone to prefer, or null if any is as good. */
  public @Nullable String zone() {
    return zone;
  }

  /** Sets the zone to prefer, or null. */
  public Pick zone(@Nullable String zone) {
    this.zone = zone;
    return this;
  }

  /**
   * Asks to avoid a worker, by its index in the snapshot. Indexes mean nothing in another snapshot:
   * clear them when it changes.
   */
  public Pick exclude(int i) {
    int word = i >> 6;
    if (word >= excluded.length) {
      excluded = Arrays.copyOf(excluded, Math.max(word + 1, 2 * excluded.length));
    }
    excluded[word] |= 1L << i;
    hasExclusions = true;
    return this;
  }

  /** Whether the worker is to be avoided. */
  public boolean excluded(int i) {
    int word = i >> 6;
    return word < excluded.length && (excluded[word] & 1L << i) != 0;
  }

  /** Whether any worker is to be avoided. */
  public boolean hasExclusions() {
    return hasExclusions;
  }

  /**
   * Says that the task's submitter has a session on a worker, by its index in the snapshot. As with
   * exclusions, indexes mean nothing in another snapshot.
   */
  public Pick bind(int i) {
    if (bound == bindings.length) {
      bindings = Arrays.copyOf(bindings, 2 * bound);
    }
    bindings[bound++] = i;
    return this;
  }

  /** On how many workers the submitter has a session. */
  public int sessions() {
    return bound;
  }

  /** The workers the submitter has sessions on, one after the other. */
  public int session(int k) {
    if (k >= bound) {
      throw new IndexOutOfBoundsException(k);
    }
    return bindings[k];
  }

  /** Says that the submitter has no session. */
  public Pick clearSessions() {
    bound = 0;
    return this;
  }

  /**
   * Says that the rule drew this worker at random, to compare it with the others it draws. Makes no
   * difference to the choice: those who ask why a task went where it did are told, of more than
   * eight the last ones.
   */
  public void drew(int i) {
    draws[nextDraw] = i;
    nextDraw = (nextDraw + 1) % MOST_DRAWS;
    drawn = Math.min(drawn + 1, MOST_DRAWS);
  }

  /** Whether the rule drew this worker. */
  public boolean drawn(int i) {
    for (int k = 0; k < drawn; k++) {
      if (draws[k] == i) {
        return true;
      }
    }
    return false;
  }

  /** Forgets whom the rule drew, before the next choice. */
  public Pick clearDraws() {
    drawn = 0;
    nextDraw = 0;
    return this;
  }

  /** Avoids nobody. */
  public Pick clearExclusions() {
    if (hasExclusions) {
      Arrays.fill(excluded, 0);
      hasExclusions = false;
    }
    return this;
  }
}
