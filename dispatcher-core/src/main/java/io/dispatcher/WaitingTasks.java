package io.dispatcher;

import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tasks of one type that wait for a worker: by priority, with ageing, so that nothing starves.
 * Within a priority, first come first served. Suspects stand apart: as long as each worker has one,
 * they are not to hold up the others. Confined to the front's loop.
 */
final class WaitingTasks {

  /** A task that has waited for this long counts one priority higher. */
  private static final long AGEING = 10_000_000_000L;

  private static final int PRIORITIES = 9;
  private static final int OTHERS = (1 << PRIORITIES) - 1;

  /** For each priority, and then once more for suspects. */
  private final List<ArrayDeque<OwnedTask>> lines =
      Stream.generate(ArrayDeque<OwnedTask>::new).limit(2 * PRIORITIES).toList();

  private int size;
  private int ended;

  /** A bit for each line that may have tasks. */
  private int occupied;

  void add(OwnedTask task) {
    int place = task.profile.priority() - 1 + (task.suspect() ? PRIORITIES : 0);
    ArrayDeque<OwnedTask> line = lines.get(place);
    if (task.lostAt == 0) {
      line.add(task);
    } else {
      // It had its turn before its worker was lost.
      line.addFirst(task);
    }
    occupied |= 1 << place;
    size++;
  }

  int size() {
    return size;
  }

  /**
   * The next task to go out; null if none waits. Tasks that ended while they waited are skipped.
   *
   * @param suspects of those, or of the others
   */
  @Nullable OwnedTask peek(long now, boolean suspects) {
    OwnedTask best = null;
    double bestRank = Double.MAX_VALUE;
    for (int left = occupied & (suspects ? ~OTHERS : OTHERS); left != 0; left &= left - 1) {
      int i = Integer.numberOfTrailingZeros(left);
      OwnedTask head = head(i);
      if (head != null) {
        double rank = rank(head, now);
        if (rank < bestRank) {
          best = head;
          bestRank = rank;
        }
      }
    }
    return best;
  }

  /** Who goes first has the least one; that of the next task to go out, suspects apart. */
  double rank(long now) {
    OwnedTask next = peek(now, false);
    return next == null ? Double.MAX_VALUE : rank(next, now);
  }

  private static double rank(OwnedTask task, long now) {
    // What had its turn before its worker was lost waits for nobody.
    return task.lostAt != 0
        ? -Double.MAX_VALUE
        : task.profile.priority() - (double) (now - task.queuedAt) / AGEING;
  }

  private @Nullable OwnedTask head(int i) {
    ArrayDeque<OwnedTask> line = lines.get(i);
    OwnedTask head = line.peek();
    while (head != null && head.isFinal()) {
      line.poll().queued = false;
      size--;
      head = line.peek();
    }
    if (head == null) {
      occupied &= ~(1 << i);
    }
    return head;
  }

  /** Takes what {@link #peek} showed. */
  void take(OwnedTask task) {
    ArrayDeque<OwnedTask> line = lines.get(task.profile.priority() - 1);
    if (line.peek() != task) {
      line = lines.get(task.profile.priority() - 1 + PRIORITIES);
    }
    line.poll();
    task.queued = false;
    size--;
  }

  /** A task that stood in line has ended; those behind one that cannot go yet must not pile up. */
  void ended() {
    if (++ended > 64 + size / 2) {
      ended = 0;
      size = 0;
      for (ArrayDeque<OwnedTask> line : lines) {
        line.removeIf(OwnedTask::isFinal);
        size += line.size();
      }
    }
  }

  /** Loop time since which the oldest one waits; the largest there is if none does. */
  long oldestSince() {
    long oldest = Long.MAX_VALUE;
    for (ArrayDeque<OwnedTask> line : lines) {
      OwnedTask head = line.peek();
      if (head != null) {
        oldest = Math.min(oldest, head.queuedAt);
      }
    }
    return oldest;
  }
}
