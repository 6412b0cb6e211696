package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Ledger.Orphan;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which blocks are being adopted, and which come next: so many writes at once, and apart from them
 * those that have to wait for copies, so that these hold up no others. Confined to the front's
 * loop.
 */
final class Adoptions {

  private static final int MOST_AT_ONCE = 32;

  /** So long after it began a write takes no place from others: it seems to wait for copies. */
  private static final long WAITS_AFTER = 1_000_000_000L;

  /** Each is repeated some times a second. */
  private static final int MOST_WAITING = 128;

  private final Loop loop;
  private final Consumer<Orphan> write;

  /** What can be adopted at once, by the last look. */
  private final ArrayDeque<Orphan> ready = new ArrayDeque<>();

  /** What has to wait for copies, by the last look. */
  private final ArrayDeque<Orphan> thin = new ArrayDeque<>();

  /** What is being adopted, or taken over from an owner that gives it. */
  private final Set<Orphan> underWay = new HashSet<>();

  /** Writes that each take one of the places, and when they began, the oldest first. */
  private final Map<Orphan, Long> places = new LinkedHashMap<>();

  /** Answered since the look began that may tell of it still. */
  private final Set<Orphan> answered = new HashSet<>();

  private boolean looking;

  /** Writes that take no place: they wait for copies. */
  private int waiting;

  /**
   * @param write begins to adopt a block; {@link #done} follows
   */
  Adoptions(Loop loop, Consumer<Orphan> write) {
    this.loop = loop;
    this.write = write;
  }

  /** Whether any write is under way. */
  boolean any() {
    return !places.isEmpty() || waiting > 0;
  }

  /** Whether nothing is left that could be adopted at once. */
  boolean drained() {
    return ready.isEmpty();
  }

  /** A look begins. */
  void looks() {
    looking = true;
  }

  /** What the look has found takes the place of what the one before it did. */
  void found(List<Orphan> nowReady, List<Orphan> nowThin) {
    replace(ready, nowReady);
    replace(thin, nowThin);
    looking = false;
    answered.clear();
    next();
  }

  private void replace(ArrayDeque<Orphan> line, List<Orphan> orphans) {
    line.clear();
    for (Orphan orphan : orphans) {
      if (!underWay.contains(orphan) && !answered.contains(orphan)) {
        line.add(orphan);
      }
    }
  }

  /** To be called now and then. */
  void tick() {
    long now = loop.now();
    Iterator<Long> begun = places.values().iterator();
    while (waiting < MOST_WAITING && begun.hasNext() && now - begun.next() >= WAITS_AFTER) {
      begun.remove();
      waiting++;
    }
    next();
  }

  /** Goes on with the next ones. */
  void next() {
    while (places.size() < MOST_AT_ONCE && !ready.isEmpty()) {
      Orphan orphan = ready.remove();
      if (underWay.add(orphan)) {
        places.put(orphan, loop.now());
        write.accept(orphan);
      }
    }
    while (waiting < MOST_AT_ONCE && !thin.isEmpty()) {
      adopt(thin.remove());
    }
  }

  /** At once: it takes no place from others. */
  void adopt(Orphan orphan) {
    if (underWay.add(orphan)) {
      waiting++;
      write.accept(orphan);
    }
  }

  /** A write was answered. */
  void done(Orphan orphan) {
    underWay.remove(orphan);
    if (places.remove(orphan) == null) {
      waiting--;
    }
    if (looking) {
      answered.add(orphan);
    }
  }

  /** Its owner gives it: nobody is to adopt it meanwhile; false if that has begun. */
  boolean reserve(Orphan given) {
    return underWay.add(given);
  }

  void release(Orphan given) {
    underWay.remove(given);
  }

  /** Begins none any more. */
  void stop() {
    ready.clear();
    thin.clear();
  }
}
