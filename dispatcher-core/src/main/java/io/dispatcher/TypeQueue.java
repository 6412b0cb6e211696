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
 * The tasks of one type that wait at their owner for a worker, the workers they may go to, and the
 * choice among these. Confined to the front's loop.
 */
final class TypeQueue {

  /** A line for labels is kept for so long without a task: 10 minutes. */
  private static final long KEPT = 600_000_000_000L;

  /** With more lines for labels than these, the empty ones go at once. */
  private static final int MOST_LINES = 64;

  /** One pick of a worker for quick tasks holds for so much of what it takes. */
  private static final int RUN_SHARE = 16;

  private static final Logger LOG = System.getLogger("io.dispatcher");

  final WaitingTasks waiting = new WaitingTasks();
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

  /** What the balancer does with tasks that have no key. */
  private final Balancer keyless;

  /** Several of its tasks may go with one pick. */
  private boolean quick;

  private WorkersSnapshot workers;
  private Picker picker;

  /** Null before the first task with a key: most types have none, and its table costs something. */
  private @Nullable Picker keyedPicker;

  private LongAdder[] chosen = {};
  private LongAdder[] chosenByKey = {};
  private final Breaker.Alarm alarm;
  private final RandomGenerator random;
  private final Meters meters;
  private final Weights.Rule rule;

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
    // By its own definition; a table of its own would be made for nothing whenever weights change.
    this.keyless =
        balancer.name().equals(keyedBalancer.name()) ? Balancers.leastRequests() : balancer;
    this.requires = requires;
    this.root = root == null ? this : root;
    this.tally = root == null ? new TypeTally() : root.tally;
    this.alarm = root == null ? new Breaker.Alarm() : root.alarm;
    this.quick = root != null && root.quick;
    this.workers =
        new WorkersSnapshot(
            new WorkerView[0], this::track, new double[0], root == null ? 0 : root.usual());
    this.picker = keyless.picker(workers);
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
    branches.values().forEach(branch -> branch.workers(able, fronts, now));
  }

  private void weigh(WorkerView[] ordered, double[] weights) {
    workers = new WorkersSnapshot(ordered, this::track, weights, workers.usual());
    zones = Zones.of(workers, fronts);
    picker = keyless.picker(workers);
    if (keyedPicker != null) {
      keyedPicker = newKeyedPicker();
    }
  }

  private Picker newKeyedPicker() {
    // All fronts must prefer the same worker for a key, whatever each of them has seen.
    return keyedBalancer.picker(workers.configured());
  }

  private Picker keyedPicker() {
    Picker made = keyedPicker;
    if (made == null) {
      made = newKeyedPicker();
      keyedPicker = made;
    }
    return made;
  }

  /** Newcomers warm up, and speeds change. */
  private void reweigh(long now) {
    WorkerView[] views = workers.views();
    double[] weights = Weights.of(views, type, rule, now);
    if (Weights.differ(views, type, workers.weights(), weights)) {
      weigh(views, weights);
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
    return size() == 0 && (lines > MOST_LINES || now - addedAt > KEPT);
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
    return quick ? workers.view(picked).credit() / RUN_SHARE - 1 : 0;
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
    if (task.key != null) {
      // Not left to the pick: what it needs is there before.
      keyedPicker();
    }
    waiting.add(task);
  }

  int size() {
    return waiting.size();
  }

  /** The worker for this task, or null if none has room now. */
  @Nullable WorkerView pick(OwnedTask task, Pick pick, long now) {
    workers.at(now);
    if (alarm.take()) {
      root.judge(now);
    }
    pick.clearExclusions().clearSessions().clearDraws().zone(fronts.own());
    if (task.submitter != null && balancer.asksForSessions()) {
      List<Session> open = task.submitter.sessions;
      for (int k = 0; k < open.size(); k++) {
        int i = workers.index(open.get(k).worker);
        if (i >= 0) {
          pick.bind(i);
        }
      }
    }
    Exclusions.exclude(task, workers, pick);
    boolean byKey = task.key != null;
    Picker by = byKey ? keyedPicker() : picker;
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
      index = by.pick(pick.clearDraws());
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
   * @param pick with which it was chosen; null if the task waits
   */
  Placement explain(
      OwnedTask task, @Nullable Pick pick, Collection<WorkerView> everyone, Loop loop) {
    workers.at(loop.now());
    return new Explanation(task, workers, pick != null && near ? zones : null, pick)
        .of(
            everyone,
            task.key == null ? keyless : keyedBalancer,
            pick == null ? -1 : picked,
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
}
