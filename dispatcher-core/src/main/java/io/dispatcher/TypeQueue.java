package io.dispatcher;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import io.dispatcher.cluster.Loop;
import io.dispatcher.task.Placement;
import io.dispatcher.task.WaitingReason;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
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

  /** A line for labels is kept for so long without a task: 10 minutes. */
  private static final long KEPT = 600_000_000_000L;

  /** With more lines for labels than these, the empty ones go at once. */
  private static final int MOST_LINES = 64;

  /** One pick of a worker for quick tasks holds for so much of what it takes. */
  private static final int RUN_SHARE = 16;

  private static final int PRIORITIES = 9;
  private static final int OTHERS = (1 << PRIORITIES) - 1;
  private static final Logger LOG = System.getLogger("io.dispatcher");

  final TypeTally tally;
  private final String type;

  /** Labels that a worker must have; none of the root. */
  private final List<String> requires;

  /** Of all tasks of the type; itself if this is it. */
  private final TypeQueue root;

  /** Those of tasks that ask for labels, each in a line of its own: they hold nobody else up. */
  private final Map<List<String>, TypeQueue> branches = new HashMap<>();

  private final Balancer balancer;
  private final Balancer keyedBalancer = Balancers.consistentHash();

  /** For each priority, and then once more for suspects. */
  private final List<ArrayDeque<OwnedTask>> waiting;

  /** Several of its tasks may go with one pick. */
  private boolean quick;

  private WorkersSnapshot workers;
  private Picker picker;
  private Picker keyedPicker;
  private LongAdder[] chosen = {};
  private LongAdder[] chosenByKey = {};
  private final Breaker.Alarm alarm;
  private final RandomGenerator random;
  private final Meters meters;
  private final Weights.Rule rule;
  private int size;
  private int ended;

  /** Ejected workers get tasks as well. */
  private boolean panics;

  /** When it got its last task. */
  private long addedAt;

  /** Of the last worker that was chosen. */
  private int picked;

  private @Nullable Zones zones;
  private Zones.Fronts fronts = Zones.Fronts.UNKNOWN;

  /** The last pick was restricted to a zone. */
  private boolean near;

  /** A bit for each line that may have tasks. */
  private int occupied;

  /** Of a type. */
  TypeQueue(
      String type, Balancer balancer, RandomGenerator random, Meters meters, Weights.Rule rule) {
    this(type, balancer, random, meters, rule, List.of(), null);
  }

  private TypeQueue(
      String type,
      Balancer balancer,
      RandomGenerator random,
      Meters meters,
      Weights.Rule rule,
      List<String> requires,
      @Nullable TypeQueue root) {
    this.type = type;
    this.random = random;
    this.meters = meters;
    this.rule = rule;
    this.balancer = balancer;
    this.requires = requires;
    this.root = root == null ? this : root;
    this.tally = root == null ? new TypeTally() : root.tally;
    this.alarm = root == null ? new Breaker.Alarm() : root.alarm;
    this.quick = root != null && root.quick;
    this.workers =
        new WorkersSnapshot(
            new WorkerView[0], this::track, new double[0], root == null ? 0 : root.usual());
    this.picker = balancer.picker(workers);
    this.keyedPicker = keyedBalancer.picker(workers.configured());
    this.waiting =
        java.util.stream.Stream.generate(ArrayDeque<OwnedTask>::new).limit(2 * PRIORITIES).toList();
  }

  /** A new line for tasks of this type that ask for labels. */
  TypeQueue branch(List<String> labels, Balancer own) {
    TypeQueue branch = new TypeQueue(type, own, random, meters, rule, labels, this);
    branches.put(labels, branch);
    return branch;
  }

  /** The line for tasks of this type that ask for these labels; null if there is none yet. */
  @Nullable TypeQueue branch(List<String> labels) {
    return branches.get(labels);
  }

  Collection<TypeQueue> branches() {
    return branches.values();
  }

  /** Whether tasks like this one stand here. */
  boolean fits(OwnedTask task) {
    return type.equals(task.profile.type()) && requires.equals(task.profile.requires());
  }

  String type() {
    return type;
  }

  /** These have a handler. */
  void workers(List<WorkerView> able, Zones.Fronts fronts, long now) {
    List<WorkerView> fit =
        requires.isEmpty()
            ? able
            : able.stream().filter(view -> view.member.labels().containsAll(requires)).toList();
    WorkerView[] ordered = WorkersSnapshot.ordered(fit);
    this.fronts = fronts;
    weigh(ordered, Weights.of(ordered, type, rule, now));
    chosen = counters(balancer);
    chosenByKey = counters(keyedBalancer);
    // All fronts must prefer the same worker for a key, whatever each of them has seen.
    keyedPicker = keyedBalancer.picker(workers.configured());
    branches.values().forEach(branch -> branch.workers(able, fronts, now));
  }

  private void weigh(WorkerView[] ordered, double[] weights) {
    workers = new WorkersSnapshot(ordered, this::track, weights, workers.usual());
    zones = Zones.of(workers, fronts);
    picker = balancer.picker(workers);
  }

  /** Newcomers warm up, and speeds change. */
  private void reweigh(long now) {
    WorkerView[] views = workers.views();
    double[] weights = Weights.of(views, type, rule, now);
    if (Weights.differ(views, type, workers.weights(), weights)) {
      weigh(views, weights);
      keyedPicker = keyedBalancer.picker(workers.configured());
    }
  }

  /** How tasks of this type fare on a worker. */
  Track track(WorkerView view) {
    return view.track(
        type,
        () ->
            new Track(
                view.pool(type),
                new Breaker(alarm, random, length -> ejected(view.node(), length))));
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
    branches.values().removeIf(branch -> branch.unused(now, branches.size()));
    branches.values().forEach(branch -> branch.sampleWorkers(now));
    sampleWorkers(now);
    judge(now);
  }

  /** A balancer goes on where it stood, so a line is kept for a while after its last task. */
  private boolean unused(long now, int lines) {
    return size == 0 && (lines > MOST_LINES || now - addedAt > KEPT);
  }

  private void sampleWorkers(long now) {
    reweigh(now);
    workers.sample(now);
    quick = workers.quick();
  }

  /** In the order of the snapshot. */
  private LongAdder[] counters(Balancer by) {
    return IntStream.range(0, workers.size())
        .mapToObj(i -> meters.choices(by.name(), workers.name(i)))
        .toArray(LongAdder[]::new);
  }

  private void judge(long now) {
    workers.judge(i -> workers.breaker(i).eject(now));
    branches.values().forEach(branch -> branch.workers.count());
    boolean before = panics;
    panics = workers.panics() && workers.anyEjected();
    if (panics && !before) {
      meters.panics.increment();
      LOG.log(
          Level.WARNING,
          "tasks of type {0} fail on so many nodes that ejected ones get some again",
          type);
    }
  }

  private void ejected(String node, long length) {
    meters.ejections.increment();
    LOG.log(
        Level.WARNING,
        "tasks of type {0} fail on node {1} more than elsewhere: none go there for {2} ms",
        type,
        node,
        length / 1_000_000);
  }

  /** How tasks fare on the worker that was chosen last. */
  Track track() {
    return workers.track(picked);
  }

  /**
   * How many more tasks of a block may go to that worker without a pick of their own: what is
   * settled together costs one write. Only while they are quick: of what takes longer, or is not
   * known, the balancer places each. Whether they are is the same for all workers, or those where
   * they are quick would get more of them than the balancer wants.
   */
  int run() {
    return quick ? workers.view(picked).credit / RUN_SHARE - 1 : 0;
  }

  /** Whether that worker can take another task. */
  boolean again(long now) {
    workers.at(now);
    return workers.open(picked);
  }

  /** Names the workers that are ejected. */
  void ejected(Consumer<String> node) {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.breaker(i).ejected()) {
        node.accept(workers.name(i));
      }
    }
  }

  boolean hasWorkers() {
    return workers.size() > 0;
  }

  void add(OwnedTask task) {
    addedAt = task.queuedAt;
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
      root.judge(now);
    }
    pick.clearExclusions().clearSessions().zone(fronts.own());
    if (task.submitter != null && balancer.asksForSessions()) {
      for (Session session : task.submitter.sessions) {
        int i = workers.index(session.worker);
        if (i >= 0) {
          pick.bind(i);
        }
      }
    }
    Exclusions.exclude(task, workers, pick);
    boolean byKey = task.key != null;
    Picker by = byKey ? keyedPicker : picker;
    if (byKey) {
      pick.key(task.keyHash);
    } else {
      pick.noKey();
    }
    near = !byKey && zones != null && !workers.panics() && zones.restrict(pick);
    int index = by.pick(pick);
    if (near && (index < 0 || pick.excluded(index))) {
      // Nobody has room there: any other is better than none, but for the reasons of before.
      near = false;
      Exclusions.exclude(task, workers, pick.clearExclusions());
      index = by.pick(pick);
    }
    if (index < 0) {
      return null;
    }
    (byKey ? chosenByKey : chosen)[index].increment();
    picked = index;
    return workers.view(index);
  }

  /**
   * Why the task goes to the worker that was chosen last, or cannot go anywhere.
   *
   * @param goes false if it waits
   */
  Placement explain(OwnedTask task, boolean goes, Collection<WorkerView> everyone, Loop loop) {
    workers.at(loop.now());
    return new Explanation(task, workers, goes && near ? zones : null)
        .of(
            everyone,
            task.key == null ? balancer : keyedBalancer,
            goes ? picked : -1,
            Instant.ofEpochMilli(loop.wallMillis()),
            asksForSessions());
  }

  /** What its tasks wait for. */
  WaitingReason reason() {
    return hasWorkers()
        ? WaitingReason.ALL_FULL
        : root.hasWorkers() ? WaitingReason.NO_LABEL : WaitingReason.NO_HANDLER;
  }

  /** The same in words. */
  String why(long now) {
    workers.at(now);
    return switch (reason()) {
      case NO_HANDLER -> "no node has a handler for " + type;
      case NO_LABEL -> root.workers.without(type, requires);
      default -> workers.closed("handler for " + type + labelled());
    };
  }

  private String labelled() {
    return requires.isEmpty()
        ? ""
        : " and " + (requires.size() == 1 ? "label " : "labels ") + String.join(", ", requires);
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
