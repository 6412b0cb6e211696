package io.dispatcher;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one type that wait at their owner for a worker: by priority, with ageing, so that
 * nothing starves. Within a priority, first come first served. Suspects stand apart: as long as
 * each worker has one, they are not to hold up the others. Confined to the front's loop.
 */
final class TypeQueue {

  /** A task that has waited for this long counts one priority higher. */
  private static final long AGEING = 10_000_000_000L;

  private static final int PRIORITIES = 9;
  private static final int OTHERS = (1 << PRIORITIES) - 1;
  private static final Logger LOG = System.getLogger("io.dispatcher");

  final TypeTally tally = new TypeTally();
  private final String type;
  private final Balancer balancer;
  private final Balancer keyedBalancer = Balancers.consistentHash();

  /** For each priority, and then once more for suspects. */
  private final List<ArrayDeque<OwnedTask>> waiting;

  private WorkersSnapshot workers;
  private Picker picker;
  private Picker keyedPicker;
  private LongAdder[] chosen = {};
  private LongAdder[] chosenByKey = {};
  private final Breaker.Alarm alarm = new Breaker.Alarm();
  private final RandomGenerator random;
  private int size;
  private int ended;

  /** Of the last worker that was chosen. */
  private int picked;

  /** A bit for each line that may have tasks. */
  private int occupied;

  TypeQueue(String type, Balancer balancer, RandomGenerator random) {
    this.type = type;
    this.random = random;
    this.balancer = balancer;
    this.workers = new WorkersSnapshot(List.of(), this::track, 0);
    this.picker = balancer.picker(workers);
    this.keyedPicker = keyedBalancer.picker(workers);
    this.waiting =
        java.util.stream.Stream.generate(ArrayDeque<OwnedTask>::new).limit(2 * PRIORITIES).toList();
  }

  String type() {
    return type;
  }

  void workers(List<WorkerView> able, Meters meters) {
    workers = new WorkersSnapshot(able, this::track, workers.usual());
    chosen = counters(balancer, meters);
    chosenByKey = counters(keyedBalancer, meters);
    picker = balancer.picker(workers);
    keyedPicker = keyedBalancer.picker(workers);
  }

  /** How tasks of this type fare on a worker. */
  Track track(WorkerView view) {
    return view.track(type, () -> new Track(new Breaker(alarm, random)));
  }

  /** Whether submitters' sessions are to be kept for its tasks. */
  boolean asksForSessions() {
    return balancer.asksForSessions();
  }

  /** How long its tasks take on most workers; 0 if that is not known. */
  long usual() {
    return workers.usual();
  }

  /** To be called about once a second. */
  void sample(long now) {
    tally.sample(now);
    workers.sample(now);
    judge(now);
  }

  /** In the order of the snapshot. */
  private LongAdder[] counters(Balancer by, Meters meters) {
    return IntStream.range(0, workers.size())
        .mapToObj(i -> meters.choices(by.name(), workers.name(i)))
        .toArray(LongAdder[]::new);
  }

  private void judge(long now) {
    workers.judge(
        i -> {
          long length = workers.breaker(i).eject(now);
          LOG.log(
              Level.WARNING,
              "tasks of type {0} fail on node {1} and not elsewhere: none go there for {2} ms",
              type,
              workers.name(i),
              length / 1_000_000);
        });
  }

  /** How tasks fare on the worker that was chosen last. */
  Track track() {
    return workers.track(picked);
  }

  /** Whether that worker can take another task. */
  boolean again(long now) {
    workers.at(now);
    return workers.open(picked);
  }

  boolean hasWorkers() {
    return workers.size() > 0;
  }

  void add(OwnedTask task) {
    int place = task.profile.priority() - 1 + (task.suspect() ? PRIORITIES : 0);
    ArrayDeque<OwnedTask> line = waiting.get(place);
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
    ArrayDeque<OwnedTask> line = waiting.get(i);
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
    ArrayDeque<OwnedTask> line = waiting.get(task.profile.priority() - 1);
    if (line.peek() != task) {
      line = waiting.get(task.profile.priority() - 1 + PRIORITIES);
    }
    line.poll();
    task.queued = false;
    size--;
  }

  /** The worker for this task, or null if none has room now. */
  @Nullable WorkerView pick(OwnedTask task, Pick pick, long now) {
    workers.at(now);
    if (alarm.take()) {
      judge(now);
    }
    pick.clearExclusions().clearSessions();
    if (task.submitter != null && balancer.asksForSessions()) {
      for (Session session : task.submitter.sessions) {
        int i = workers.index(session.worker);
        if (i >= 0) {
          pick.bind(i);
        }
      }
    }
    String avoid = task.avoid;
    if (avoid != null) {
      for (int i = 0; i < workers.size(); i++) {
        if (workers.name(i).equals(avoid)) {
          pick.exclude(i);
        }
      }
    }
    if (task.suspect()) {
      for (int i = 0; i < workers.size(); i++) {
        if (workers.view(i).suspects > 0) {
          pick.exclude(i);
        }
      }
    }
    boolean byKey = task.key != null;
    int index = byKey ? keyedPicker.pick(pick.key(task.keyHash)) : picker.pick(pick.noKey());
    if (index < 0) {
      return null;
    }
    (byKey ? chosenByKey : chosen)[index].increment();
    picked = index;
    return workers.view(index);
  }

  /** A task that stood in line has ended; those behind one that cannot go yet must not pile up. */
  void ended() {
    if (++ended > 64 + size / 2) {
      ended = 0;
      size = 0;
      for (ArrayDeque<OwnedTask> line : waiting) {
        line.removeIf(OwnedTask::isFinal);
        size += line.size();
      }
    }
  }

  long oldestWaitingSince() {
    long oldest = Long.MAX_VALUE;
    for (ArrayDeque<OwnedTask> line : waiting) {
      OwnedTask head = line.peek();
      if (head != null) {
        oldest = Math.min(oldest, head.queuedAt);
      }
    }
    return oldest;
  }
}
