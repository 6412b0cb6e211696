package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Placement;
import io.dispatcher.task.WaitingReason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The workers and the tasks that wait for them. Confined to the front's loop. */
final class Router {

  /** A type without a handler is still known for this long: 10 minutes. */
  private static final long KNOWN_FOR = 600_000_000_000L;

  /** Less than this is not worth a timer. */
  private static final long SHORTEST_COUNTED = 1_000_000L;

  private final Loop loop;
  private final Meters meters;
  private final Types types;
  private final Map<Peer, WorkerView> workers = new LinkedHashMap<>();
  private final Map<String, TypeQueue> queues = new HashMap<>();
  private final Map<String, Long> lastOffered = new HashMap<>();
  private final FaultLog faults = new FaultLog();
  private final Sessions sessions;
  private final Placements placements = new Placements();
  private final HandOut handOut;
  private @Nullable TypeQueue lastQueue;
  private Zones.Fronts fronts = Zones.Fronts.UNKNOWN;

  Router(Loop loop, Meters meters, Types types) {
    this.loop = loop;
    this.meters = meters;
    this.types = types;
    this.sessions = new Sessions(loop);
    this.handOut = new HandOut(loop, meters, workers.values(), faults, sessions, placements);
    types.declared().forEach(this::queue);
  }

  // ---------------------------------------------------------------- workers

  Collection<WorkerView> workers() {
    return workers.values();
  }

  /** Members that have said what they run. */
  int able() {
    int count = 0;
    for (WorkerView view : workers.values()) {
      count += view.listed && !view.types.isEmpty() ? 1 : 0;
    }
    return count;
  }

  @Nullable WorkerView worker(Peer peer) {
    return workers.get(peer);
  }

  /** A worker is in the cluster; it may have spoken before that was known. */
  void seen(Member member, Channel channel) {
    WorkerView view = workers.get(member.peer());
    if (view == null) {
      join(member, channel).listed = true;
    } else if (!view.listed || !view.member.equals(member)) {
      view.listed = true;
      view.member = member;
      rebuild(view.types);
    }
  }

  WorkerView join(Member member, Channel channel) {
    WorkerView view = new WorkerView(member, channel, loop.now());
    workers.put(member.peer(), view);
    return view;
  }

  @Nullable WorkerView leave(Peer peer) {
    WorkerView view = workers.remove(peer);
    if (view != null) {
      rebuild(view.types);
      handOut.left(view);
    }
    return view;
  }

  /** A worker says what it runs. */
  void offered(WorkerView view, Message.Offer offer) {
    Set<String> changed = new TreeSet<>(view.types);
    view.met = true;
    view.offers(offer);
    if (view.credit() == 0) {
      // Until its first report: as much as it can run at once.
      view.credit(view.slots);
    }
    changed.addAll(view.types);
    rebuild(changed);
  }

  /** Where the fronts are now. */
  void fronts(Zones.Fronts now) {
    if (!now.equals(fronts)) {
      fronts = now;
      queues.values().forEach(this::rebuild);
    }
  }

  private void rebuild(Set<String> types) {
    for (String type : List.copyOf(types)) {
      lastOffered.put(type, loop.now());
      rebuild(queue(type));
    }
  }

  private void rebuild(TypeQueue queue) {
    queue.workers(able(queue.type()), fronts, loop.now());
  }

  private List<WorkerView> able(String type) {
    return workers.values().stream()
        .filter(view -> view.listed && view.types.contains(type))
        .toList();
  }

  private TypeQueue queue(String type) {
    return queues.computeIfAbsent(
        type,
        name ->
            new TypeQueue(
                name,
                types.balancer(name, meters.balancerFaults),
                loop.random(),
                meters,
                types.weights()));
  }

  /** Whether the type is declared, or some node can run it or could within the last 10 minutes. */
  boolean known(String type) {
    TypeQueue queue = queues.get(type);
    if (queue == null) {
      return types.declared(type);
    }
    Long offered = lastOffered.get(type);
    return queue.hasWorkers()
        || (offered != null && loop.now() - offered < KNOWN_FOR)
        || types.declared(type);
  }

  /** The names that exist, for a refusal. */
  Set<String> knownTypes() {
    Set<String> names = new TreeSet<>(types.declared());
    for (String type : queues.keySet()) {
      if (known(type)) {
        names.add(type);
      }
    }
    return names;
  }

  // ---------------------------------------------------------------- what is seen

  Collection<TypeQueue> queues() {
    return queues.values();
  }

  FaultLog faults() {
    return faults;
  }

  Sessions sessions() {
    return sessions;
  }

  /** Types of which no tasks go to a worker, by the worker's name. */
  Map<String, List<String>> ejected() {
    Map<String, List<String>> ejected = new TreeMap<>();
    for (TypeQueue queue : queues.values()) {
      queue.ejected(
          node -> {
            List<String> types = ejected.get(node);
            if (types == null && ejected.size() < FrontView.MOST_EJECTED) {
              types = new ArrayList<>();
              ejected.put(node, types);
            }
            if (types != null && types.size() < FrontView.MOST_EJECTED_TYPES) {
              types.add(queue.type());
            }
          });
    }
    return ejected;
  }

  /** To be called about once a second. */
  void sample(long now) {
    queues.values().forEach(queue -> queue.sample(now));
    // It may be a branch that was cut.
    lastQueue = null;
    meters.ejected = ejected();
    sessions.expire();
  }

  /** A worker turns out to have a task already. */
  void holds(WorkerView view, OwnedTask task) {
    view.assign(task, queueOf(task).track(view), 0, loop.now());
  }

  /**
   * A task has failed on its worker. It counts as load there for as long as one that succeeds: who
   * fails fast has the least to do at any time, and would get the most.
   */
  void failed(WorkerView view, OwnedTask task, long now) {
    Track track = Objects.requireNonNull(task.track, "set with the worker");
    long left = track.took(queueOf(task).usual()) - (now - task.assignedAt);
    view.failed(task, now);
    PoolView pool = track.pool;
    // Not more than it could have.
    if (left >= SHORTEST_COUNTED && pool.inFlight() + pool.failed() < view.credit()) {
      pool.failed(pool.failed() + 1);
      loop.after(left, () -> pool.failed(pool.failed() - 1));
    }
  }

  TypeTally tally(OwnedTask task) {
    return queueOf(task).tally;
  }

  /** One after the other mostly have the same type. */
  private TypeQueue queueOf(OwnedTask task) {
    TypeQueue queue = lastQueue;
    if (queue == null || !queue.fits(task)) {
      queue = queue(task.profile.type());
      List<String> requires = task.profile.requires();
      if (!requires.isEmpty()) {
        queue = branch(queue, requires);
      }
      lastQueue = queue;
    }
    return queue;
  }

  private TypeQueue branch(TypeQueue root, List<String> requires) {
    TypeQueue branch = root.branch(requires);
    if (branch == null) {
      branch = root.branch(requires, types.balancer(root.type(), meters.balancerFaults));
      branch.workers(able(root.type()), fronts, loop.now());
    }
    return branch;
  }

  // ---------------------------------------------------------------- tasks

  /** Tasks that workers have. */
  int inFlight() {
    int count = 0;
    for (WorkerView view : workers.values()) {
      count += view.inFlight();
    }
    return count;
  }

  /** Puts a task in line for a worker; it goes out with the next {@link #dispatch}. */
  void enqueue(OwnedTask task, long now) {
    if (task.queued) {
      return;
    }
    task.queued = true;
    task.queuedAt = now;
    TypeQueue queue = queueOf(task);
    if (queue.size() == 0) {
      handOut.ready(queue);
    }
    queue.add(task);
  }

  /** A task is final; it may stand in line still. */
  void ended(OwnedTask task) {
    if (task.queued) {
      queueOf(task).waiting.ended();
    }
  }

  /** Why a task stands in line. */
  WaitingReason reason(OwnedTask task) {
    return queueOf(task).reason();
  }

  /** The same in words. */
  String why(OwnedTask task) {
    return queueOf(task).why(loop.now());
  }

  Placements placements() {
    return placements;
  }

  /** Why nobody can take a task that stands in line. */
  Placement explain(OwnedTask task) {
    return queueOf(task).explain(task, null, workers.values(), loop);
  }

  /** Whether nobody holds anything for any front, or will take it. */
  boolean quiet() {
    for (WorkerView view : workers.values()) {
      if (!view.rests()) {
        return false;
      }
    }
    return true;
  }

  /** Whether nobody runs anything, or could take it. */
  boolean atRest() {
    for (WorkerView view : workers.values()) {
      boolean takes =
          view.listed && !view.draining() && !view.suspect() && !(view.met && view.types.isEmpty());
      if (takes || view.inFlight() > 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether somebody else than this worker could run it. */
  boolean another(WorkerView than, OwnedTask task) {
    for (WorkerView view : workers.values()) {
      if (view != than
          && view.listed
          && !view.draining()
          && !view.suspect()
          && view.types.contains(task.profile.type())
          && view.member.labels().containsAll(task.profile.requires())) {
        return true;
      }
    }
    return false;
  }

  /** Hands out what can go. */
  void dispatch() {
    handOut.dispatch();
  }

  /**
   * Whether to hand nothing out for now.
   *
   * @return whether that is new
   */
  boolean hold(boolean now) {
    return handOut.hold(now);
  }

  /** Loop time since which the oldest waiting task waits; now if none does. */
  long oldestWaitingSince() {
    return handOut.oldestWaitingSince();
  }
}
