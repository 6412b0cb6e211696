package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Failure;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The role that runs handlers: takes deliveries, holds them until they are settled in the ledger,
 * tells the owner. What it holds is the only truth about what is running. Its state is confined to
 * its loop.
 */
final class Worker {

  private static final int MAX_MESSAGE_BYTES = 512 * 1024;
  private static final long REPORT_EVERY = 500_000_000L;
  private static final long MEASURE_EVERY = 2 * REPORT_EVERY;

  /** Smaller changes of a speed are not told. */
  private static final double NOTICED_SPEED = 0.05;

  /** After so long without a report its owners take its lease for lapsed. */
  private static final long LAPSED_AFTER = 3_000_000_000L;

  private static final long SCAN_AT_MOST = 250_000_000L;
  private static final long SCAN_AT_LEAST = 5_000_000L;
  private static final long LOOK_AGAIN = 1_000_000L;
  private static final String LEAVING = "it is leaving";

  /** So many threads that handlers never gave back are enough for a node. */
  private static final int MOST_LEAKED = 16;

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final long INTERRUPT_GRACE = 1_000_000_000L;
  private static final long HEARD_WITHIN = 1_000_000_000L;
  private static final long LOOK_WHETHER_HEARD = 5_000_000L;

  private final Loop loop;
  private final Ledger ledger;
  private final Cluster cluster;
  private Membership membership;
  private volatile Member self;
  private final Map<String, Registration<?, ?>> registrations;
  private final Meters meters;
  private final @Nullable AttemptScope scope;
  private final Callbacks callbacks;
  private Channels channels;
  private final LedgerWriter writer;
  private final Checkpoints checkpoints;
  private final WriteAhead writeAhead;
  private final Runnable leaking;
  private final Settler settler;
  private final Credit credit;
  private final Map<TaskRef, Start> held = new HashMap<>();
  private final Map<Peer, Integer> heldFor = new HashMap<>();
  private final Set<Peer> fronts = new HashSet<>();
  private final List<Start> overdue = new ArrayList<>();
  private final ConcurrentLinkedQueue<Start> ended = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean draining = new AtomicBoolean();

  /** Loop time of the last report; 0 before the first. */
  private volatile long reportedAt;

  /** Takes nothing new from the fronts of other nodes; its own may still have to end its tasks. */
  /** Its share of the work; null: as many as its slots. */
  private final @Nullable Double weight;

  private final boolean measures;

  /** By type; empty if it does not measure. */
  private final Map<String, Speed> speeds = new HashMap<>();

  private long measuredAt;

  /** As they were offered, by type. */
  private Map<String, Double> capacities = Map.of();

  private boolean leaving;

  private boolean closing;
  private boolean scanning;
  private boolean leaksTold;
  private boolean looking;
  private final Consumer<Boolean> drainAsked;
  private @Nullable Runnable whenEmpty;

  /**
   * @param leaking called once, on the loop, when handlers have kept so many threads for good that
   *     the node should go
   * @param weight its share of the work; null: as many as its slots
   * @param measures whether it tells how fast tasks run here
   */
  Worker(
      Cluster cluster,
      Loop loop,
      Map<String, Registration<?, ?>> registrations,
      Executor callbackExecutor,
      @Nullable DispatchListener listener,
      @Nullable AttemptScope scope,
      Meters meters,
      Consumer<Boolean> drainAsked,
      Runnable leaking,
      @Nullable Double weight,
      boolean measures) {
    this.cluster = cluster;
    this.loop = loop;
    this.drainAsked = drainAsked;
    this.leaking = leaking;
    this.ledger = cluster.ledger();
    this.membership = cluster.membership();
    this.self = membership.self();
    this.registrations = registrations;
    this.weight = weight;
    this.measures = measures;
    this.meters = meters;
    this.scope = scope;
    this.callbacks = new Callbacks(loop, callbackExecutor, listener);
    this.channels = openChannels();
    this.writer = new LedgerWriter(loop, ledger, meters);
    this.checkpoints = new Checkpoints(writer, meters, this::drop, this::yielded);
    this.credit = new Credit(slots());
    this.writeAhead = new WriteAhead(loop, writer, () -> self.peer(), this::refused);
    this.settler = new Settler(loop, writer, this::settled, credit::settleTook);
  }

  private Channels openChannels() {
    return new Channels(
        loop, cluster.transport(), new Address(self.peer(), Role.WORKER), this::receive);
  }

  Loop.Load load() {
    return loop.load();
  }

  /** Starts to hear fronts and to report. On any thread. */
  void start() {
    channels.start();
    listen(membership);
    loop.execute(this::report);
  }

  private void listen(Membership heard) {
    heard.listen(
        loop,
        members -> {
          if (heard == membership) {
            members(members);
          }
        });
  }

  /**
   * This node has become another peer. What runs goes on: its outcome is recorded, or refused if
   * somebody else has it by now. What waits is not started: whoever drives it gives it to others.
   * On any thread.
   *
   * @param done to be run once this is so
   */
  void rejoined(Runnable done) {
    loop.execute(
        () -> {
          channels.close();
          membership = cluster.membership();
          self = membership.self();
          channels = openChannels();
          fronts.forEach(channels::forget);
          fronts.clear();
          channels.start();
          for (Start start : List.copyOf(held.values())) {
            if (start.pending()) {
              drop(start);
            }
          }
          listen(membership);
          done.run();
        });
  }

  private int slots() {
    return registrations.values().stream()
        .map(Registration::pool)
        .distinct()
        .mapToInt(Pool::slots)
        .sum();
  }

  String node() {
    return self.peer().node();
  }

  @Nullable AttemptScope scope() {
    return scope;
  }

  // ---------------------------------------------------------------- fronts

  private void members(List<Member> members) {
    Set<Peer> now = new HashSet<>();
    for (Member member : members) {
      if (Front.drives(member)) {
        now.add(member.peer());
      }
    }
    for (Peer front : List.copyOf(fronts)) {
      if (!now.contains(front)) {
        fronts.remove(front);
        channels.forget(front);
      }
    }
    for (Peer front : now) {
      if (fronts.add(front)) {
        offer(front);
      }
    }
  }

  private void offer(Peer front) {
    List<Message.Offered> types = new ArrayList<>();
    registrations.forEach(
        (name, registration) ->
            types.add(
                new Message.Offered(
                    name,
                    registration.pool().name(),
                    registration.pool().slots(),
                    capacities.getOrDefault(name, 0.0))));
    channels
        .to(front, Role.FRONT)
        .send(new Message.Offer(List.copyOf(types), slots(), weight(), refuses(front)));
    channels.to(front, Role.FRONT).sendLossy(reportTo(front));
  }

  private double weight() {
    return weight == null ? slots() : weight;
  }

  /** Fronts are told when a speed has changed, at most once a second or so. */
  private void measure(long now) {
    Map<String, Double> measured = new HashMap<>();
    boolean changed = false;
    for (Map.Entry<String, Speed> each : speeds.entrySet()) {
      Registration<?, ?> registration = registrations.get(each.getKey());
      int slots = registration == null ? 0 : registration.pool().slots();
      double perSecond = each.getValue().perSecond(slots, now);
      double told = capacities.getOrDefault(each.getKey(), 0.0);
      boolean other = Math.abs(perSecond - told) > NOTICED_SPEED * told;
      measured.put(each.getKey(), other ? perSecond : told);
      changed |= other;
    }
    if (changed) {
      capacities = measured;
      fronts.forEach(this::offer);
    }
  }

  /** Whether no owner counts on this worker any more. From any thread. */
  boolean late(long now) {
    return now - reportedAt > LAPSED_AFTER && reportedAt != 0;
  }

  /** It was frozen for longer than its lease: what has not started here is started elsewhere. */
  private void thawed() {
    meters.thawed.increment();
    giveBack(Start::stopPending, "it was frozen");
  }

  private void report() {
    long now = loop.now();
    if (late(now)) {
      thawed();
    }
    reportedAt = now == 0 ? 1 : now;
    // Not to all at once, while there is work: they would all run to whoever has little of it.
    long apart = held.isEmpty() ? 0 : REPORT_EVERY / Math.max(1, fronts.size());
    long delay = 0;
    for (Peer front : fronts) {
      if (delay == 0) {
        tell(front);
      } else {
        loop.after(delay, () -> tell(front));
      }
      delay += apart;
    }
    meters.held = held.size();
    if (measures && now - measuredAt >= MEASURE_EVERY) {
      measuredAt = now;
      measure(now);
    }
    registrations.values().forEach(registration -> registration.pool().nudge());
    loop.after(REPORT_EVERY, this::report);
  }

  private void tell(Peer front) {
    if (fronts.contains(front)) {
      channels.to(front, Role.FRONT).sendLossy(reportTo(front));
    }
  }

  private Message.Report reportTo(Peer front) {
    Ledger.Usage usage = self.is(Role.STORE) ? ledger.usage() : Ledger.Usage.NONE;
    return new Message.Report(room(front), true, usage.bytes(), usage.limit(), running());
  }

  private int running() {
    return registrations.values().stream()
        .map(Registration::pool)
        .distinct()
        .mapToInt(Pool::busy)
        .sum();
  }

  private Message.Room room(Peer front) {
    int mine = heldFor.getOrDefault(front, 0);
    return new Message.Room(
        refuses(front) ? 0 : credit.of(Math.max(1, heldFor.size())), held.size(), mine);
  }

  private boolean refuses(Peer front) {
    return closing || (leaving && !front.equals(self.peer()));
  }

  // ---------------------------------------------------------------- deliveries

  private void receive(Address from, Message message) {
    if (message instanceof Message.Deliver deliver) {
      deliver(from.peer(), deliver.items());
    } else if (message instanceof Message.Stop stop) {
      stop.items().forEach(attempt -> stop(from.peer(), attempt));
    } else if (message instanceof Message.Inventory inventory) {
      inventory(from.peer(), inventory);
    } else if (message instanceof Message.Yield yield) {
      yield.items().forEach(this::letYield);
    } else if (message instanceof Message.Drain drain) {
      callbacks.add(() -> drainAsked.accept(drain.stay()));
      callbacks.flush();
    } else {
      throw new IllegalStateException("a worker was sent " + message.getClass().getSimpleName());
    }
  }

  private void deliver(Peer front, List<Message.Delivery> items) {
    List<Message.Attempt> refused = new ArrayList<>();
    boolean quick = credit.quick();
    List<Pool> quickly = new ArrayList<>(1);
    for (Message.Delivery item : items) {
      Registration<?, ?> registration = registrations.get(item.profile().type());
      Start old = held.get(item.ref());
      if (old != null && old.delivery().attempt() >= item.attempt()) {
        continue;
      }
      if (refuses(front) || registration == null) {
        refused.add(new Message.Attempt(item.block(), item.index(), item.attempt()));
        continue;
      }
      if (old != null) {
        drop(old);
      }
      Start start = new Start(item, front, registration, this, loop);
      held.put(item.ref(), start);
      heldFor.merge(front, 1, Integer::sum);
      if (item.deaths() > 0) {
        writeAhead.add(start);
        continue;
      }
      registration.pool().submit(start, quick);
      if (quick && !quickly.contains(registration.pool())) {
        quickly.add(registration.pool());
      }
    }
    if (quick) {
      quickly.forEach(Pool::nudge);
      lookAgain();
    }
    if (!refused.isEmpty()) {
      String why = refuses(front) ? LEAVING : "it has no handler for this type";
      sendReturned(front, refused, why);
    }
    scan();
  }

  /** A front took over from one that is gone: what is held here goes on for the new one. */
  private void inventory(Peer owner, Message.Inventory asked) {
    List<Message.Attempt> here = new ArrayList<>();
    for (Message.Attempt item : asked.items()) {
      Start start = held.get(item.ref());
      if (start != null && start.delivery().attempt() == item.attempt()) {
        here.add(item);
        uncount(start.owner());
        start.owner(owner);
        heldFor.merge(owner, 1, Integer::sum);
      }
    }
    channels.to(owner, Role.FRONT).send(new Message.Holding(asked.question(), List.copyOf(here)));
  }

  private void uncount(Peer front) {
    heldFor.computeIfPresent(front, (peer, count) -> count == 1 ? null : count - 1);
  }

  private void sendReturned(Peer front, List<Message.Attempt> items, String why) {
    for (List<Message.Attempt> part : Message.parts(items)) {
      channels.to(front, Role.FRONT).send(new Message.Returned(part, why));
    }
  }

  /** A front that has lost the task to another one, and does not know it yet, stops nothing. */
  private void stop(Peer front, Message.Attempt attempt) {
    Start start = held.get(attempt.ref());
    if (start != null
        && start.owner().equals(front)
        && start.delivery().attempt() <= attempt.attempt()) {
      drop(start);
    }
  }

  private void letYield(Message.Attempt attempt) {
    Start start = held.get(attempt.ref());
    if (start != null && start.delivery().attempt() == attempt.attempt()) {
      start.letYield();
    }
  }

  /** The attempt ends at a checkpoint, and another one goes on from there. */
  private void yielded(Start start) {
    if (held.get(start.delivery().ref()) == start && start.endAtCheckpoint()) {
      overdue.add(start);
      scan();
      sendReturned(start.owner(), List.of(attempt(start)), "it is leaving, at a checkpoint");
      release(start);
    }
  }

  private static Message.Attempt attempt(Start start) {
    Message.Delivery delivery = start.delivery();
    return new Message.Attempt(delivery.block(), delivery.index(), delivery.attempt());
  }

  /** The attempt is void: nothing of it is settled. */
  private void drop(Start start) {
    if (start.stop(null)) {
      overdue.add(start);
      scan();
    }
    release(start);
  }

  /** The ledger does not let it start: whoever sent it is told, and looks what is true. */
  private void refused(Start start) {
    if (held.get(start.delivery().ref()) == start) {
      Message.Delivery d = start.delivery();
      drop(start);
      meters.fenced.increment();
      channels
          .to(start.owner(), Role.FRONT)
          .send(
              new Message.Fenced(
                  List.of(new Message.Attempt(d.block(), d.index(), d.attempt())),
                  room(start.owner())));
    }
  }

  private void release(Start start) {
    if (held.remove(start.delivery().ref(), start)) {
      uncount(start.owner());
      writeAhead.released(start);
      leftIfEmpty();
    }
  }

  // ---------------------------------------------------------------- execution

  /** On the pool's thread: a handler is about to run. */
  void starting(Start start) {
    meters.started.increment();
    if (callbacks.heard()) {
      loop.execute(
          () -> {
            callbacks.tell(
                l -> l.started(start.id(), start.delivery().attempt(), self.peer().node()));
            callbacks.flush();
          });
    }
  }

  /** On the thread that ended it: an attempt has its result. */
  void ended(Start start) {
    ended.add(start);
    if (credit.quick() && start.registration().pool().goesOn()) {
      // The next one ends within microseconds: the loop is woken once for all of them.
      return;
    }
    if (draining.compareAndSet(false, true)) {
      loop.execute(this::drainEnded);
    }
  }

  /** A task that takes long among quick ones must not keep the others waiting. */
  private void lookAgain() {
    if (!looking) {
      looking = true;
      loop.after(
          LOOK_AGAIN,
          () -> {
            looking = false;
            boolean quick = credit.quick();
            drainEnded();
            registrations.values().forEach(registration -> registration.pool().nudge());
            if (!held.isEmpty() && (quick || credit.quick())) {
              lookAgain();
            } else {
              registrations.values().forEach(registration -> registration.pool().nudgeAll());
            }
          });
    }
  }

  private void drainEnded() {
    draining.set(false);
    for (Start start = ended.poll(); start != null; start = ended.poll()) {
      meters.running.record(start.ranNanos());
      credit.ran(start.ranNanos());
      if (measures) {
        speeds
            .computeIfAbsent(start.delivery().profile().type(), type -> new Speed())
            .ran(start.ranNanos(), loop.now());
      }
      settle(start);
    }
    settler.flush();
    if (credit.quick() && !held.isEmpty()) {
      // They may have become quick after they were delivered.
      lookAgain();
    }
  }

  private void settle(Start start) {
    if (held.get(start.delivery().ref()) == start && !start.settling) {
      start.settling = true;
      settler.add(start);
    }
  }

  /** On the pool's thread: its deadline has passed before it had a slot. */
  void tooLate(Start start) {
    loop.execute(() -> release(start));
  }

  /** From any thread. Completes on the loop: nobody else may hear of it there. */
  CompletableFuture<Void> save(Start start, byte[] bytes) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(() -> checkpoints.save(start, bytes, done));
    return done;
  }

  /** From any thread. Completes on the loop: nobody else may hear of it there. */
  CompletableFuture<byte @Nullable []> last(Start start) {
    CompletableFuture<byte @Nullable []> done = new CompletableFuture<>();
    loop.execute(() -> checkpoints.last(start, done));
    return done;
  }

  void progress(Start start, String note) {
    if (held.get(start.delivery().ref()) == start) {
      Message.Delivery delivery = start.delivery();
      channels
          .to(start.owner(), Role.FRONT)
          .sendLossy(
              new Message.Progress(
                  new Message.Attempt(delivery.block(), delivery.index(), delivery.attempt()),
                  note));
    }
  }

  /** From any thread. */
  void callback(Runnable callback) {
    loop.execute(
        () -> {
          callbacks.add(callback);
          callbacks.flush();
        });
  }

  /** Looks for attempts over their time limit, as long as anything is held. */
  private void scan() {
    if (scanning || (held.isEmpty() && overdue.isEmpty())) {
      return;
    }
    scanning = true;
    long shortest = SCAN_AT_MOST;
    for (Registration<?, ?> registration : registrations.values()) {
      if (registration.options().timeLimit() != null) {
        shortest = Math.min(shortest, registration.options().timeLimit().toNanos() / 10);
      }
    }
    long now = loop.now();
    for (Start start : held.values()) {
      shortest = Math.min(shortest, start.delivery().profile().timeLimitMillis() * 100_000L);
      shortest = Math.min(shortest, start.untilDeadline(now));
    }
    loop.after(
        Math.max(SCAN_AT_LEAST, shortest),
        () -> {
          scanning = false;
          endOverdue();
          scan();
        });
  }

  private void endOverdue() {
    long now = loop.now();
    overdue.removeIf(start -> gaveUp(start, now));
    for (Start start : List.copyOf(held.values())) {
      if (start.tooLate(now) && !start.settling && !start.over()) {
        // Its owner ends it as expired; whatever it still does is for nobody.
        drop(start);
        continue;
      }
      long limit = limitNanos(start);
      long since = start.startedAt();
      if (since != 0 && !start.settling && now - since > limit) {
        Failure failure =
            new Failure(
                TimeoutException.class.getName(),
                "over its time limit of " + limit / 1_000_000 + " ms",
                "",
                node(),
                start.delivery().attempt());
        if (start.stop(new Start.End(null, failure, true))) {
          overdue.add(start);
          settle(start);
        }
      }
    }
    settler.flush();
  }

  private static long limitNanos(Start start) {
    long limit = start.delivery().profile().timeLimitMillis() * 1_000_000L;
    java.time.Duration own = start.registration().options().timeLimit();
    return own == null ? limit : Math.min(limit, own.toNanos());
  }

  private int leakedThreads() {
    return sum(Pool::leakedThreads);
  }

  /** Attempts that ignore that they were stopped. On any thread. */
  int leaks() {
    return sum(Pool::leaks);
  }

  private int sum(ToIntFunction<Pool> count) {
    return registrations.values().stream().map(Registration::pool).distinct().mapToInt(count).sum();
  }

  private boolean gaveUp(Start start, long now) {
    if (now - start.stoppedAt() < INTERRUPT_GRACE) {
      return false;
    }
    start.giveUp();
    int leaked = leakedThreads();
    if (leaked >= MOST_LEAKED && !leaksTold) {
      leaksTold = true;
      LOG.log(
          Level.ERROR,
          "{0} threads of node {1} are kept by handlers that ignore that they were stopped, the last"
              + " one of type {2}; the node drains: restart it, and make those handlers heed"
              + " interrupts or TaskContext.cancelled()",
          leaked,
          node(),
          start.type());
      leaking.run();
    }
    return true;
  }

  // ---------------------------------------------------------------- settled

  private void settled(Settler.Batch batch) {
    for (Start start : batch.starts()) {
      release(start);
    }
    Peer owner = batch.owner();
    Channel channel = channels.to(owner, Role.FRONT);
    if (!batch.recorded().isEmpty()) {
      sendSettled(channel, batch.recorded(), owner);
    }
    if (!batch.fenced().isEmpty()) {
      meters.fenced.add(batch.fenced().size());
      for (Message.Attempt attempt : batch.fenced()) {
        callbacks.tell(l -> l.fenced(attempt.ref().id(), attempt.attempt()));
      }
      callbacks.flush();
      channel.send(new Message.Fenced(batch.fenced(), room(owner)));
    }
  }

  /** In messages that a link can carry: a large result travels whole with its settlement. */
  private void sendSettled(Channel channel, List<Message.Settlement> all, Peer owner) {
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < all.size(); i++) {
      int size = size(all.get(i));
      if (i > from && bytes + size > MAX_MESSAGE_BYTES) {
        channel.send(new Message.Settled(List.copyOf(all.subList(from, i)), room(owner)));
        from = i;
        bytes = 0;
      }
      bytes += size;
    }
    channel.send(new Message.Settled(List.copyOf(all.subList(from, all.size())), room(owner)));
  }

  private static int size(Message.Settlement item) {
    byte[] large = item.large();
    if (large != null) {
      return large.length + 128;
    }
    Value result = item.result();
    return result == null ? 16 * 1024 : result.size() + 128;
  }

  // ---------------------------------------------------------------- end

  /**
   * Takes nothing new from other nodes, and gives back what it has of theirs and has not started.
   * On any thread.
   */
  void drain() {
    loop.execute(
        () -> {
          leaving = true;
          fronts.forEach(this::offer);
          giveBack(start -> refuses(start.owner()) && start.stopPending(), LEAVING);
        });
  }

  /**
   * Takes nothing new, gives back what has not started, and calls back once nothing runs. On any
   * thread.
   */
  void leave(Runnable empty) {
    loop.execute(
        () -> {
          closing = true;
          fronts.forEach(this::offer);
          whenEmpty = empty;
          giveBack(Start::stopPending, LEAVING);
          leftIfEmpty();
        });
  }

  /** Stops what still runs, for others to run it again. After {@link #leave}; on any thread. */
  void stopAll() {
    loop.execute(
        () ->
            giveBack(
                start -> !start.settling && start.stop(null), "it left before this attempt ended"));
  }

  /**
   * @param stops stops an attempt, unless it is to go on
   */
  private void giveBack(Predicate<Start> stops, String why) {
    Map<Peer, List<Message.Attempt>> returned = new HashMap<>();
    List<Start> stopped = new ArrayList<>();
    for (Start start : held.values()) {
      if (stops.test(start)) {
        stopped.add(start);
        returned.computeIfAbsent(start.owner(), front -> new ArrayList<>()).add(attempt(start));
        if (start.startedAt() != 0) {
          overdue.add(start);
        }
      }
    }
    returned.forEach((front, items) -> sendReturned(front, items, why));
    stopped.forEach(this::release);
    scan();
  }

  private void leftIfEmpty() {
    Runnable told = whenEmpty;
    if (told != null && held.isEmpty()) {
      whenEmpty = null;
      told(told, HEARD_WITHIN / LOOK_WHETHER_HEARD);
    }
  }

  /** Calls back once the owners have heard how its attempts ended. */
  private void told(Runnable then, long looks) {
    if (looks == 0 || channels.settled()) {
      then.run();
    } else {
      loop.after(LOOK_WHETHER_HEARD, () -> told(then, looks - 1));
    }
  }

  /** Ends everything at once. On any thread. */
  void close(Runnable closed) {
    loop.execute(
        () -> {
          closing = true;
          writer.close();
          List.copyOf(held.values()).forEach(this::drop);
          channels.close();
          // Behind what the stopped attempts are still to be told.
          loop.execute(closed);
        });
  }
}
