package io.dispatcher;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A front's view of one worker. Confined to the front's loop. */
final class WorkerView {

  /** Until it is seen in the cluster without zone and labels. */
  Member member;

  final Channel channel;
  final Set<String> types = new HashSet<>();

  /** By name, those it has or had. */
  private final Map<String, PoolView> pools = new HashMap<>();

  /** All of them, and the one below. */
  private PoolView[] allPools;

  /** By type, where its tasks run. */
  private final Map<String, PoolView> poolOf = new HashMap<>();

  /** Of types it has not said to run, which it may hold nevertheless. */
  private final PoolView unnamed = new PoolView(1);

  /** By type, how this front's tasks fare there. */
  private final Map<String, Track> tracks = new HashMap<>();

  /**
   * What goes out at the end of the turn; a new list each time, as young objects are cheap to store
   * into.
   */
  List<OwnedTask> outbox = new ArrayList<>();

  /**
   * It is a member with the role; else its offer came before the word of that, or after the word of
   * its leave, or offers nothing.
   */
  boolean listed;

  /** It has said what it runs. */
  boolean met;

  /** Listeners know that it can be chosen. */
  boolean joined;

  /** By type, how many tasks a second it can run, as far as it has measured. */
  private final Map<String, Double> capacities = new HashMap<>();

  final long joinedAt;

  /** Loop time of its first success; 0 before that. */
  long warmSince;

  /** Of all its pools. */
  int slots = 1;

  /** Null: nobody has configured one, and of each type it is the slots of the pool. */
  private @Nullable Double weight;

  private boolean draining;

  /** It takes nothing from anybody; told with its load, so that this has all that came before. */
  private boolean closed;

  /** No report for a while, or its link closed: not chosen until it is heard of. */
  private boolean suspect;

  /** Its lease has lapsed; what it had was handed out again. */
  boolean lapsed;

  private int credit;

  /** Whether it can be chosen, as its pools were told last. */
  private boolean open;

  /** Attempts on its slots, for all fronts. */
  int running;

  /** Attempts that it has, for all fronts. */
  int held;

  /** Attempts of this front that it has, in all pools. */
  private int inFlight;

  /** Tasks it has from here that nodes may have died of. */
  int suspects;

  /** Those of other fronts. */
  int others;

  /** Submitters that have a session there. */
  int sessions;

  private long heardAt;
  private @Nullable OwnedTask first;

  WorkerView(Member member, Channel channel, long now) {
    this.member = member;
    this.channel = channel;
    this.heardAt = now;
    this.joinedAt = now;
    this.allPools = new PoolView[] {unnamed};
    shareOthers();
  }

  String node() {
    return member.peer().node();
  }

  /** What it says it can run, where, and how fast. */
  void offers(Message.Offer offer) {
    slots = Math.max(1, offer.slots());
    weight = offer.weight();
    unnamed.slots = slots;
    types.clear();
    poolOf.clear();
    capacities.clear();
    for (Message.Offered type : offer.types()) {
      types.add(type.type());
      PoolView pool = pools.computeIfAbsent(type.pool(), name -> new PoolView(1));
      pool.slots = Math.max(1, type.slots());
      poolOf.put(type.type(), pool);
      if (type.capacity() > 0) {
        capacities.put(type.type(), type.capacity());
      }
    }
    boolean moved = false;
    for (Map.Entry<String, Track> each : tracks.entrySet()) {
      PoolView pool = pool(each.getKey());
      moved |= each.getValue().pool != pool;
      each.getValue().pool = pool;
    }
    allPools = Stream.concat(pools.values().stream(), Stream.of(unnamed)).toArray(PoolView[]::new);
    if (moved) {
      countAgain();
    }
    shareOthers();
    draining(offer.draining());
    // Pools that are new have not been told.
    showOpen();
  }

  /** Types have other pools than before. */
  private void countAgain() {
    for (PoolView pool : allPools) {
      pool.inFlight(0);
    }
    each(task -> count(Objects.requireNonNull(task.track, "set with the worker").pool, 1));
  }

  private void shareOthers() {
    for (PoolView pool : allPools) {
      pool.others(others, slots, heardAt);
    }
  }

  private static void count(PoolView pool, int more) {
    pool.inFlight(pool.inFlight() + more);
  }

  /** Where tasks of a type run. */
  PoolView pool(String type) {
    return poolOf.getOrDefault(type, unnamed);
  }

  /** Its share of the tasks that run in a pool. */
  double weight(PoolView pool) {
    return weight == null ? pool.slots : weight;
  }

  /** Its share of all tasks. */
  double weight() {
    return weight == null ? slots : weight;
  }

  /** Tasks of a type that it can run in a second; 0 if it has not measured that. */
  double capacity(String type) {
    return capacities.getOrDefault(type, 0.0);
  }

  /** Loop time at which it was let in again after an ejection from a type; 0 if it never was. */
  long readmittedAt(String type) {
    Track track = tracks.get(type);
    return track == null ? 0 : track.breaker.readmittedAt();
  }

  /** How tasks of a type fare there. */
  Track track(String type, Supplier<Track> first) {
    return tracks.computeIfAbsent(type, name -> first.get());
  }

  /**
   * Counts a task from here on.
   *
   * @param usual how long tasks of its type take elsewhere; 0 if that is not known
   */
  void assign(OwnedTask task, Track track, long usual, long now) {
    task.worker = this;
    task.track = track;
    task.assignedAt = now;
    track.began(now, usual);
    task.previous = null;
    task.next = first;
    if (first != null) {
      first.previous = task;
    }
    first = task;
    count(track.pool, 1);
    inFlight(inFlight + 1);
    suspects += task.suspect() ? 1 : 0;
  }

  /** It no longer has the task, and how it ended there says nothing of the worker. */
  void unassign(OwnedTask task) {
    unlink(task).dropped(task.assignedAt);
  }

  /** The task has succeeded there. */
  void succeeded(OwnedTask task, long now) {
    warmSince = warmSince == 0 ? now : warmSince;
    unlink(task).succeeded(task, task.assignedAt, now);
  }

  /** The task has failed there, or was not taken. */
  void failed(OwnedTask task, long now) {
    unlink(task).failed(task, task.assignedAt, now);
  }

  private Track unlink(OwnedTask task) {
    OwnedTask before = task.previous;
    OwnedTask after = task.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    task.previous = null;
    task.next = null;
    task.worker = null;
    inFlight(inFlight - 1);
    suspects -= task.suspect() ? 1 : 0;
    Session session = task.session;
    if (session != null) {
      task.session = null;
      session.ended();
    }
    Track track = Objects.requireNonNull(task.track, "set with the worker");
    count(track.pool, -1);
    task.track = null;
    return track;
  }

  /** Every task it has, as a copy. */
  List<OwnedTask> assigned() {
    List<OwnedTask> all = new ArrayList<>(inFlight);
    for (OwnedTask task = first; task != null; task = task.next) {
      all.add(task);
    }
    return all;
  }

  /** Shows every task it has. */
  void each(Consumer<OwnedTask> seen) {
    for (OwnedTask task = first; task != null; task = task.next) {
      seen.accept(task);
    }
  }

  /** Before its attempts are looked for in the table of tasks. */
  void findNothing() {
    for (PoolView pool : allPools) {
      pool.found = 0;
    }
  }

  /** How many of its attempts were found there. */
  int found() {
    int found = 0;
    for (PoolView pool : allPools) {
      found += pool.found;
    }
    return found;
  }

  /** By how much its counts differ from what was found there, and from each other. */
  int drift() {
    int counted = 0;
    int drift = 0;
    for (PoolView pool : allPools) {
      counted += pool.inFlight();
      drift += Math.abs(pool.inFlight() - pool.found);
    }
    return drift + Math.abs(inFlight - counted);
  }

  void room(Message.Room room, long now) {
    credit = room.credit();
    suspect = false;
    held = room.total();
    others = Math.max(0, room.total() - room.mine());
    heard(now);
    lapsed = false;
    opens();
  }

  /** What it tells of itself now and then. */
  void report(Message.Report report, long now) {
    room(report.room(), now);
    running = report.running();
    closed = report.closed();
  }

  /** Whether it has nothing, and nobody can give it anything. */
  boolean rests() {
    return closed && !suspect && held == 0 && inFlight == 0;
  }

  boolean open() {
    return open;
  }

  private void opens() {
    boolean is = !draining && !suspect && inFlight < credit;
    if (is != open) {
      open = is;
      showOpen();
    }
  }

  private void showOpen() {
    for (PoolView pool : allPools) {
      pool.open(open);
    }
  }

  int inFlight() {
    return inFlight;
  }

  void inFlight(int count) {
    inFlight = count;
    opens();
  }

  long heardAt() {
    return heardAt;
  }

  /** It lives, as far as this can tell. */
  void heard(long now) {
    heardAt = now;
    shareOthers();
  }

  int credit() {
    return credit;
  }

  void credit(int most) {
    credit = most;
    opens();
  }

  boolean draining() {
    return draining;
  }

  void draining(boolean is) {
    draining = is;
    opens();
  }

  boolean suspect() {
    return suspect;
  }

  void suspect(boolean is) {
    suspect = is;
    opens();
  }
}
