package io.dispatcher;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long attempts of each type take here at the least, as far as the last minute or so tells:
 * with less time left none is started. Thread-safe: the worker's loop writes, the threads of the
 * pools read.
 */
final class ShortestRuns {

  private static final long SPAN = 30_000_000_000L;

  /** Of fewer nothing can be told: the first ones are slow. */
  private static final int ENOUGH = 10;

  /** Over one to two spans; what is not added to is forgotten. */
  private static final class Runs {
    private long turnedAt;
    private long count;
    private long countBefore;
    private long shortest = Long.MAX_VALUE;
    private long shortestBefore = Long.MAX_VALUE;

    Runs(long now) {
      this.turnedAt = now;
    }

    void turn(long now) {
      if (now - turnedAt < SPAN) {
        return;
      }
      boolean longAgo = now - turnedAt >= 2 * SPAN;
      countBefore = longAgo ? 0 : count;
      shortestBefore = longAgo ? Long.MAX_VALUE : shortest;
      count = 0;
      shortest = Long.MAX_VALUE;
      turnedAt = now;
    }
  }

  private final Map<String, Runs> types = new HashMap<>();
  private final Set<String> saving = ConcurrentHashMap.newKeySet();

  /** A task with a deadline was here: without one nobody asks, and nothing is counted. */
  private volatile boolean wanted;

  /** An attempt has ended by itself; what failed tells nothing. */
  void ran(Start start) {
    AttemptEnd end = start.end();
    if (wanted && end != null && end.failure() == null) {
      add(start);
    }
  }

  private synchronized void add(Start start) {
    long now = start.stoppedAt();
    Runs runs = types.computeIfAbsent(start.type(), type -> new Runs(now));
    runs.turn(now);
    runs.count++;
    runs.shortest = Math.min(runs.shortest, start.ranNanos());
  }

  /** It keeps checkpoints: a later attempt of this type may have little left to do. */
  void saves(Start start) {
    if (!saving.contains(start.type())) {
      saving.add(start.type());
    }
  }

  /** Nanoseconds; 0 if that is not known of such an attempt. */
  synchronized long of(Start start, long now) {
    wanted = true;
    Runs runs = types.get(start.type());
    if (runs == null || (start.attempt() > 1 && saving.contains(start.type()))) {
      return 0;
    }
    runs.turn(now);
    return runs.count + runs.countBefore < ENOUGH
        ? 0
        : Math.min(runs.shortest, runs.shortestBefore);
  }
}
