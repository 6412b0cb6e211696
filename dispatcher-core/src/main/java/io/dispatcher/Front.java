package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The role that takes tasks in and drives the blocks it recorded: {@link Intake} admits, {@link
 * Recorder} records, {@link Router} chooses and hands out, {@link Owned} follows each task to its
 * outcome, {@link Retention} forgets, {@link Watches} looks after tasks that other fronts drive.
 * Their state is confined to this front's loop, whose {@link Turns} they share.
 */
final class Front {

  private static final long MEET_WITHIN = 3_000_000_000L;

  private final Loop loop;
  private final Peer self;
  private final Meters meters;
  private final Unanswered unanswered;
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
  private final Gone gone;
  private final Recovery recovery;
  private final LetterCalls letters;
  private final Membership membership;
  private final Departure departure;
  private final Exporting exporting;
  private final Importing importing;
  private final DrainCalls drains;
  private final Leases leases;
  private final Capacity capacity;
  private final Turns turns;
  private final Peers peers;
  private boolean stopped;

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
      Unanswered unanswered,
      Consumer<Boolean> drainAsked) {
    Ledger ledger = cluster.ledger();
    this.loop = loop;
    this.membership = cluster.membership();
    this.self = membership.self().peer();
    this.meters = meters;
    this.gate = gate;
    this.unanswered = unanswered;
    this.callbacks = new Callbacks(loop, callbackExecutor, listener);
    this.channels =
        new Channels(loop, cluster.transport(), new Address(self, Role.FRONT), this::receive);
    this.writer = new LedgerWriter(loop, ledger, meters);
    this.router = new Router(loop, meters, types);
    this.owned = new Owned(loop, writer, self, router, callbacks, meters, limits);
    this.watches = new Watches(loop, writer, self, owned, channels, callbacks);
    this.owned.watchedBy(watches);
    this.views = new Views(loop, self, gate, types, router, owned, channels, callbacks);
    this.gone = new Gone(loop);
    this.recovery = new Recovery(loop, ledger, writer, self, owned, router, gone, meters);
    this.recorder =
        new Recorder(
            loop, ledger, writer, self, new Recorded(this, self, owned, callbacks, meters));
    this.exporting = new Exporting(loop, ledger, writer, router, gone, callbacks);
    this.departure =
        new Departure(loop, writer, self, owned, router, this::nothingToRecord, watches, channels);
    this.capacity = new Capacity(ledger, membership, router, owned);
    this.importing =
        new Importing(loop, writer, self, recovery, departure::leaving, capacity, callbacks);
    this.intake =
        new Intake(loop, limits, capacity, callbacks, meters, recorder::add, this::turnOver);
    this.letters =
        new LetterCalls(
            loop, self, new LetterDesk(loop, owned.letters(), intake), channels, callbacks);
    this.leases =
        new Leases(loop, router, owned, recovery, channels, gate, callbacks, intake::recheckTypes);
    this.drains = new DrainCalls(self, departure, channels, callbacks, drainAsked);
    this.turns =
        new Turns(
            loop, meters, callbacks, intake, recorder, router, owned, leases, capacity, recovery,
            departure);
    this.peers =
        new Peers(
            membership,
            channels,
            router,
            leases,
            capacity,
            owned,
            gone,
            recovery,
            departure,
            drains,
            views,
            letters,
            watches,
            turns);
    cluster.transport().onClose(loop, leases::linkClosed);
    ledger.onLoss(loop, this::lostByLedger);
  }

  /** Whether this node may own tasks: those it took in, or those on its part of the ledger. */
  static boolean drives(Member member) {
    return member.is(Role.FRONT) || member.is(Role.STORE);
  }

  /** Starts to hear the peers. On any thread. */
  void start() {
    channels.start();
    membership.listen(loop, peers::members);
    loop.execute(
        () -> {
          loop.after(MEET_WITHIN, gate::met);
          turns.start();
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

  Exporting exporting() {
    return exporting;
  }

  Importing importing() {
    return importing;
  }

  Departure departure() {
    return departure;
  }

  DrainCalls drains() {
    return drains;
  }

  /** Tasks that workers have, as of the end of the last turn. */
  long assigned() {
    return meters.assigned;
  }

  /** As {@link Owned#drift}; on its loop. */
  int drift() {
    return owned.drift();
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

  /** As {@link Turns#over}. */
  void turnOver() {
    turns.over();
  }

  private void receive(Address from, Message message) {
    peers.receive(from, message);
  }

  private void lostByLedger(Predicate<BlockId> where) {
    if (!stopped) {
      meters.ledgerLosses.increment();
      owned.lostByLedger(where);
      turnOver();
    }
  }

  // ---------------------------------------------------------------- another peer

  /**
   * This node has become another peer: the blocks of this one are orphans, which somebody adopts.
   * What callers wait for goes to the heir, which has them watched. On the loop.
   */
  void handOver(Front next) {
    stop();
    heir = next;
    channels.close();
    DispatcherException again =
        new DispatcherException("node " + self.node() + " has joined its cluster again; ask again");
    views.abandon(again);
    letters.abandon(again);
    importing.abandon();
    recovery.stop();
    departure.stop();
    // The last ones are those that are not forgotten.
    Set<Peer> known = new LinkedHashSet<>(gone.all());
    known.addAll(peers.known());
    known.add(self);
    next.gone.remembers(known);
    next.recovery.haste();
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

  /** This one, or the front of the peer that this node is now. On the loop. */
  Front last() {
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

  /** A front that has handed over to this one recorded a block since. On the loop. */
  void takeOver(Ledger.Orphan block) {
    recovery.takeOver(block);
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

  /** Ends at once: open handles learn that this dispatcher is closed. From any thread. */
  void close(Runnable closed) {
    loop.execute(
        () -> {
          ended(
              new DispatcherClosed(
                  "dispatcher "
                      + self.node()
                      + " was closed before the outcome was known; attach to the task elsewhere"));
          channels.close();
          closed.run();
        });
  }

  /**
   * Nothing goes on here: who waits learns why. On the loop, or once that has ended, and with it
   * all others who could touch this state, on the thread that saw it end.
   */
  void ended(DispatcherClosed why) {
    stop();
    intake.close();
    writer.close();
    owned.abandon(why);
    recorder.abandon(why, callbacks);
    watches.abandon(why);
    views.abandon(why);
    for (Front old = before; old != null; old = old.before) {
      old.recorder.abandon(why, callbacks);
    }
    letters.abandon(why);
    unanswered.abandon(why, callbacks);
    callbacks.flush();
  }

  private void stop() {
    stopped = true;
    turns.stop();
    peers.stop();
  }
}
