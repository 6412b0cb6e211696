package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Archive;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskRefused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The role that takes tasks in and drives the blocks it recorded: {@link Intake} admits, {@link
 * Recorder} records, {@link Router} chooses and hands out, {@link Owned} follows each task to its
 * outcome, {@link Retention} forgets, {@link Watches} looks after tasks that other fronts drive.
 * Their state is confined to this front's loop.
 */
final class Front {

  private static final long TICK = 250_000_000L;

  /** While no task is unfinished here and nobody is to be adopted. */
  private static final long IDLE_TICK = 500_000_000L;

  private static final long SAMPLE_EVERY = 1_000_000_000L;

  /** Store nodes this full make fetched outcomes go before their time. */
  private static final double TIGHT = 0.75;

  private static final long LATE = 500_000_000L;
  private static final long MEET_WITHIN = 3_000_000_000L;
  private static final long SUSPECT_AFTER = 1_500_000_000L;
  private static final long LAPSED_AFTER = 3_000_000_000L;

  private final Loop loop;
  private final Peer self;
  private final Meters meters;
  private final Gate gate;
  private final Callbacks callbacks;
  private final Channels channels;
  private final LedgerWriter writer;
  private final Router router;
  private final Recorder recorder;
  private final Intake intake;
  private final Owned owned;
  private final Watches watches;
  private final Views views;
  private final Recovery recovery;
  private final LetterCalls letters;
  private final Ledger ledger;
  private final Membership membership;
  private final Map<Peer, Double> storeFill = new HashMap<>();
  private Set<Peer> known = new HashSet<>();
  private boolean flushing;
  private boolean stopped;
  private long lastTick;
  private long tickEvery = TICK;
  private long sampledAt;
  private long finishedAtTick;
  private double drainRate;
  private final Departure departure;
  private final Exporting exporting;
  private final Importing importing;
  private final Consumer<Boolean> drainAsked;

  /** Of a peer that this node has been, while writes of it are under way. */
  private @Nullable Front before;

  /** The front of the peer that this node has become; null as long as it is this one. */
  private @Nullable Front heir;

  Front(
      Cluster cluster,
      Loop loop,
      Limits limits,
      Types types,
      Gate gate,
      Executor callbackExecutor,
      @Nullable DispatchListener listener,
      Meters meters,
      Consumer<Boolean> drainAsked) {
    this.loop = loop;
    this.drainAsked = drainAsked;
    this.ledger = cluster.ledger();
    this.membership = cluster.membership();
    this.self = membership.self().peer();
    this.meters = meters;
    this.gate = gate;
    this.callbacks = new Callbacks(loop, callbackExecutor, listener);
    this.channels =
        new Channels(loop, cluster.transport(), new Address(self, Role.FRONT), this::receive);
    this.writer = new LedgerWriter(loop, ledger, meters);
    this.router = new Router(loop, meters, types);
    this.owned = new Owned(loop, writer, self, router, callbacks, meters, limits);
    this.watches = new Watches(loop, writer, self, owned, channels, callbacks);
    this.owned.watchedBy(watches);
    this.views = new Views(loop, self, gate, types, router, owned, channels, callbacks);
    this.recovery = new Recovery(loop, ledger, writer, self, owned, router, meters);
    this.recorder = new Recorder(loop, ledger, writer, self, new Recorded());
    this.exporting = new Exporting(loop, ledger, writer, router, callbacks);
    this.importing = new Importing(loop, writer, self, recovery, callbacks);
    this.departure =
        new Departure(loop, writer, self, owned, router, this::nothingToRecord, watches, channels);
    this.intake =
        new Intake(loop, limits, new Fill(), callbacks, meters, recorder::add, this::turnOver);
    this.letters =
        new LetterCalls(
            loop, self, new LetterDesk(loop, owned.letters(), intake), channels, callbacks);
    cluster.transport().onClose(loop, this::linkClosed);
    ledger.onLoss(loop, this::lostByLedger);
  }

  /** Whether this node may own tasks: those it took in, or those on its part of the ledger. */
  static boolean drives(Member member) {
    return member.is(Role.FRONT) || member.is(Role.STORE);
  }

  /** Starts to hear the others. On any thread. */
  void start() {
    channels.start();
    membership.listen(loop, this::members);
    loop.execute(
        () -> {
          lastTick = loop.now();
          loop.after(MEET_WITHIN, gate::met);
          tick();
        });
  }

  Intake intake() {
    return intake;
  }

  Sessions sessions() {
    return router.sessions();
  }

  Owned owned() {
    return owned;
  }

  Watches watches() {
    return watches;
  }

  LetterCalls letters() {
    return letters;
  }

  Views views() {
    return views;
  }

  /**
   * Runs on the loop for this front, or for the one of the peer that this node is then, with what
   * it caused sent at the end of the turn. From any thread.
   */
  void turn(Consumer<Front> body) {
    loop.execute(
        () -> {
          Front now = last();
          body.accept(now);
          now.turnOver();
        });
  }

  // ---------------------------------------------------------------- the turn

  /** Everything this turn and those already waiting behind it caused goes out together. */
  private void turnOver() {
    if (!flushing) {
      flushing = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    if (intake.anyWaiting()) {
      intake.recheck();
    }
    recorder.flush();
    router.dispatch();
    callbacks.flush();
    meters.unfinished = owned.unfinished();
    int assigned = router.inFlight();
    meters.assigned = assigned;
    meters.waiting = Math.max(0, owned.unfinished() - assigned);
    meters.retainedBytes = owned.retainedBytes();
    meters.workers = router.able();
  }

  /** As {@link Owned#drift}; on its loop. */
  int drift() {
    return owned.drift();
  }

  private boolean idle() {
    return owned.unfinished() == 0 && !intake.anyWaiting() && !departure.leaving();
  }

  private void tick() {
    if (stopped) {
      return;
    }
    long now = loop.now();
    boolean late = now - lastTick > tickEvery + LATE;
    if (late) {
      owned.late();
    }
    for (WorkerView view : List.copyOf(router.workers())) {
      if (late) {
        // A loop that was held up judges nobody until everybody had a chance to be heard.
        view.heardAt = now;
      }
      long silent = now - view.heardAt;
      view.suspect |= silent > SUSPECT_AFTER;
      if (silent > LAPSED_AFTER && !view.lapsed) {
        view.lapsed = true;
        owned.lost(view, Change.Cause.LAPSE, true);
        recovery.silent(view.member.peer());
      }
    }
    Ledger.Usage usage = ledger.usage();
    storeFill.put(self, fill(usage.bytes(), usage.limit()));
    owned.tight(fullest() > TIGHT);
    long finished = owned.finished();
    double rate = (finished - finishedAtTick) * 1e9 / Math.max(1, now - lastTick);
    drainRate += 0.2 * (rate - drainRate);
    finishedAtTick = finished;
    lastTick = now;
    meters.oldestWaitingSince = router.oldestWaitingSince();
    // A quarter of a tick early: the next one would be too late.
    if (now - sampledAt >= SAMPLE_EVERY - TICK / 4) {
      sampledAt = now;
      router.sample(now);
      meters.drift = drift();
    }
    tickEvery = idle() && !recovery.hasty() ? IDLE_TICK : TICK;
    loop.after(tickEvery, this::tick);
    callbacks.nudge();
    recorder.expire();
    recovery.tick();
    router.workers().forEach(this::letYield);
    turnOver();
  }

  /** How full the fullest store node is. */
  private double fullest() {
    double fullest = 0;
    for (double fill : storeFill.values()) {
      fullest = Math.max(fullest, fill);
    }
    return fullest;
  }

  private double fill(long bytes, long limit) {
    // Each store node keeps 1/size of its room free for blocks it may have to adopt.
    double usable = membership.size() <= 1 ? limit : limit * (1 - 1.0 / membership.size());
    return bytes / usable;
  }

  // ---------------------------------------------------------------- the others

  private void members(List<Member> members) {
    if (stopped) {
      return;
    }
    Set<Peer> now = new HashSet<>();
    for (Member member : members) {
      now.add(member.peer());
      if (member.is(Role.WORKER)) {
        router.seen(member, channels.to(member.peer(), Role.WORKER));
      }
    }
    recovery.members(now);
    departure.members(members);
    exporting.members(now);
    for (Peer gone : known) {
      if (!now.contains(gone)) {
        left(gone);
      }
    }
    known = now;
    router.fronts(Zones.Fronts.of(membership.self().zone(), members));
    views.members(members);
    watches.members(members);
    letters.members(members);
    meet();
    turnOver();
  }

  /** Once every worker has said what it runs, no type is called unknown by mistake. */
  private void meet() {
    if (router.workers().stream().allMatch(worker -> worker.met)) {
      gate.met();
    }
  }

  private void left(Peer gone) {
    channels.forget(gone);
    storeFill.remove(gone);
    WorkerView view = router.leave(gone);
    if (view != null) {
      owned.lost(view, Change.Cause.DEATH, false);
      callbacks.tell(l -> l.workerLeft(gone.node()));
    }
    watches.left(gone);
    recovery.left(gone);
    departure.left(gone);
  }

  private void lostByLedger(Predicate<BlockId> where) {
    if (!stopped) {
      meters.ledgerLosses.increment();
      owned.lostByLedger(where);
      turnOver();
    }
  }

  private void linkClosed(Peer peer) {
    WorkerView view = router.worker(peer);
    if (view != null) {
      view.suspect = true;
    }
  }

  private void receive(Address from, Message message) {
    Peer peer = from.peer();
    WorkerView view = from.role() == Role.WORKER ? router.worker(peer) : null;
    if (message instanceof Message.Settled settled) {
      room(view, settled.room());
      owned.settled(settled.items());
    } else if (message instanceof Message.Fenced fenced) {
      room(view, fenced.room());
      fenced.items().forEach(owned::fenced);
    } else if (message instanceof Message.Returned returned) {
      owned.returned(peer.node(), returned.items());
    } else if (message instanceof Message.Report report) {
      room(view, report.room());
      if (view != null) {
        view.running = report.running();
      }
      storeFill.put(peer, fill(report.storeBytes(), report.storeLimit()));
      if (idle()) {
        // Nobody waits for what it tells.
        return;
      }
    } else if (message instanceof Message.Offer offer) {
      offered(peer, offer);
    } else if (message instanceof Message.Progress progress) {
      owned.progress(progress.attempt(), progress.note());
    } else if (message instanceof Message.Holding holding) {
      recovery.holding(peer, holding);
    } else if (message instanceof Message.HandOver handOver) {
      takeOver(peer, handOver);
    } else if (message instanceof Message.TakenOver answer) {
      departure.takenOver(peer, answer);
    } else if (message instanceof Message.Drain drain) {
      callbacks.add(() -> drainAsked.accept(drain.stay()));
    } else if (message instanceof Message.ViewAsk ask) {
      views.asked(peer, ask);
    } else if (message instanceof Message.ViewTold told) {
      views.told(peer, told);
    } else if (message instanceof Message.LetterAsk ask) {
      letters.asked(peer, ask);
    } else if (message instanceof Message.LetterTold told) {
      letters.told(peer, told);
    } else {
      watches.receive(peer, message);
    }
    turnOver();
  }

  /** What a leaving worker runs need not end there if another one can go on with it. */
  private void letYield(WorkerView view) {
    if (!view.draining || view.inFlight == 0) {
      return;
    }
    List<Message.Attempt> items = new ArrayList<>();
    view.each(
        task -> {
          if (router.another(view, task)) {
            items.add(OwnerWrites.attempt(task));
          }
        });
    Message.parts(items).forEach(part -> view.channel.send(new Message.Yield(part)));
  }

  private void takeOver(Peer owner, Message.HandOver handOver) {
    Consumer<Message.TakenOver> reply = answer -> channels.to(owner, Role.FRONT).send(answer);
    boolean known = handOver.holders().stream().allMatch(holder -> router.worker(holder) != null);
    if (departure.leaving() || !known) {
      reply.accept(
          new Message.TakenOver(
              List.of(), handOver.blocks().stream().map(Message.Share::block).toList()));
    } else {
      recovery.takeOver(owner, handOver.blocks(), reply);
    }
  }

  Exporting exporting() {
    return exporting;
  }

  /** Brings records of an export in. On the loop. */
  void bring(List<Archive.Item> items, CompletableFuture<Imported> done) {
    if (departure.leaving()) {
      callbacks.add(
          () ->
              done.completeExceptionally(
                  new DispatcherClosed(
                      "node " + self.node() + " is draining; import through another node")));
    } else if (fullest() >= 1) {
      callbacks.add(
          () ->
              done.completeExceptionally(
                  new TaskRefused(
                      TaskRefused.Reason.OVERLOADED,
                      "records were not brought in: the fullest store node has no room",
                      Duration.ofSeconds(5))));
    } else {
      importing.bring(items, done);
    }
  }

  /** Asks a node to leave on purpose; false if no node of this name is known. On the loop. */
  boolean askToDrain(String node, boolean stay) {
    boolean asked = false;
    for (Member member : departure.known(node)) {
      Role role = drives(member) ? Role.FRONT : Role.WORKER;
      if (member.peer().equals(self)) {
        callbacks.add(() -> drainAsked.accept(stay));
      } else {
        channels.to(member.peer(), role).send(new Message.Drain(stay));
      }
      asked = true;
    }
    return asked;
  }

  private void room(@Nullable WorkerView view, Message.Room room) {
    if (view != null) {
      view.room(room, loop.now());
    }
  }

  private void offered(Peer peer, Message.Offer offer) {
    WorkerView view = router.worker(peer);
    if (view == null) {
      // Its offer may be here before the membership's word of it.
      Member member = new Member(peer, Set.of(Role.WORKER), null, Set.of());
      view = router.join(member, channels.to(peer, Role.WORKER));
    }
    router.offered(view, offer);
    letYield(view);
    meet();
    intake.recheckTypes();
    callbacks.tell(l -> l.workerJoined(peer.node()));
  }

  // ---------------------------------------------------------------- collaborators

  private final class Recorded implements Recorder.Sink {
    @Override
    public void recorded(OwnedBlock block) {
      if (heir != null) {
        recordedElsewhere(block);
        // Who joined meanwhile has never heard of the owner it names.
        last().recovery.takeOver(new Ledger.Orphan(block.id, self, block.epoch, true));
        return;
      }
      owned.accepted(block);
      turnOver();
    }

    @Override
    public void recordedElsewhere(OwnedBlock block) {
      meters.accepted.add(block.tasks.length);
      for (OwnedTask task : block.tasks) {
        owned.notDriven(task);
        Handle<?> handle = task.handle;
        if (handle != null) {
          last().watches.attach(handle, task.ref().id());
        }
      }
      last().turnOver();
    }

    @Override
    public void movedOn(Submission submission) {
      owned.notRecorded(submission);
    }

    @Override
    public void exists(Submission submission, Block found) {
      owned.notRecorded(submission);
      meters.repeated.increment();
      last().watches.attach(submission.handle(), found.id().task(0));
      last().turnOver();
    }

    @Override
    public void refused(Submission submission, TaskRefused why) {
      owned.notRecorded(submission);
      meters.refused(why.reason());
      callbacks.add(() -> submission.handle().refuse(why));
      callbacks.tell(l -> l.refused(submission.type(), why));
      turnOver();
    }
  }

  private final class Fill implements Intake.Room {
    @Override
    public boolean known(String type) {
      return router.known(type);
    }

    @Override
    public Set<String> knownTypes() {
      return router.knownTypes();
    }

    @Override
    public int unfinished() {
      return owned.unfinished();
    }

    @Override
    public long unfinishedBytes() {
      return owned.unfinishedBytes();
    }

    @Override
    public boolean outcomesFull() {
      return owned.outcomesFull();
    }

    @Override
    public double storeFill() {
      return fullest();
    }

    @Override
    public double drainRate() {
      return drainRate;
    }

    @Override
    public void admitted(Submission submission) {
      owned.admitted(submission);
    }
  }

  // ---------------------------------------------------------------- another peer

  /**
   * This node has become another peer: the blocks of this one are orphans, which somebody adopts.
   * What callers wait for goes to the heir, which has them watched. On the loop.
   */
  void handOver(Front next) {
    stopped = true;
    heir = next;
    channels.close();
    DispatcherException again =
        new DispatcherException("node " + self.node() + " has joined its cluster again; ask again");
    views.abandon(again);
    letters.abandon(again);
    importing.abandon();
    recovery.stop();
    departure.stop();
    Set<Peer> peers = new HashSet<>(known);
    peers.add(self);
    next.recovery.remembers(peers);
    writer.retire();
    next.channels.forget(self);
    owned.watchedBy(next.watches);
    owned.disownAll();
    watches.handOver(next.watches);
    recorder.handOver(next::takeOver);
    intake.handOver(next.intake);
    next.before = recorder.idle() ? before : this;
    callbacks.flush();
    next.turnOver();
  }

  /** This one, or the front of the peer that this node is now. */
  private Front last() {
    Front last = this;
    for (Front next = heir; next != null; next = next.heir) {
      last = next;
    }
    return last;
  }

  private boolean nothingToRecord() {
    for (Front each = this; each != null; each = each.before) {
      if (!each.recorder.idle()) {
        return false;
      }
    }
    return true;
  }

  private void takeOver(Submission submission) {
    Front last = last();
    last.owned.admitted(submission);
    last.recorder.add(submission);
    last.turnOver();
  }

  // ---------------------------------------------------------------- end

  /**
   * Refuses submits from now on and gives its blocks to others; if there are none, it goes on until
   * every accepted task has its outcome. On the loop.
   *
   * @param company there are others: this node's worker is to leave too
   * @param done there is nothing left to do
   */
  void leave(Runnable company, Runnable done) {
    List<String> others = departure.otherFronts();
    String where = others.isEmpty() ? "another node" : String.join(" or ", others);
    gate.leave("draining: submit through " + where);
    intake.close("node " + self.node() + " is draining; submit it through " + where);
    turnOver();
    departure.begin(company, done);
  }

  /**
   * Calls back when this node may leave without taking from others what they work with. From any
   * thread.
   */
  void awaitTurn(Runnable then) {
    loop.execute(() -> last().departure.awaitTurn(membership.self(), membership.size(), then));
  }

  /** The time to leave is over. On the loop. */
  void hurry() {
    departure.hurry();
  }

  /** What became of its tasks. On the loop. */
  Drained drained() {
    return new Drained(departure.handedOver(), owned.unfinished());
  }

  /** Ends at once: open handles learn that this dispatcher is closed. From any thread. */
  void close(Runnable closed) {
    loop.execute(
        () -> {
          stopped = true;
          intake.close();
          writer.close();
          abandon(
              new DispatcherClosed(
                  "dispatcher "
                      + self.node()
                      + " was closed before the outcome was known; attach to the task elsewhere"));
          channels.close();
          closed.run();
        });
  }

  /**
   * The loop has ended, and with it all who could touch this state. On the thread that saw it end.
   */
  void ended(DispatcherClosed why) {
    stopped = true;
    intake.close();
    writer.close();
    abandon(why);
  }

  private void abandon(DispatcherClosed why) {
    owned.abandon(why);
    recorder.abandon(why, callbacks);
    watches.abandon(why);
    views.abandon(why);
    for (Front old = before; old != null; old = old.before) {
      old.recorder.abandon(why, callbacks);
    }
    letters.abandon(why);
    callbacks.flush();
  }
}
