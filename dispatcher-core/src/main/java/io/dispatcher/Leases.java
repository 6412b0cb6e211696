package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The workers as this front hears of them: what they offer and report, who leaves, and whose lease
 * has lapsed, so that what it had goes to others. Confined to the front's loop.
 */
final class Leases {

  private static final long SUSPECT_AFTER = 1_500_000_000L;
  private static final long LAPSED_AFTER = 3_000_000_000L;

  /** Word of who has joined takes seconds at most. */
  private static final long STRANGE_AFTER = 30_000_000_000L;

  private final Loop loop;
  private final Router router;
  private final Owned owned;
  private final Recovery recovery;
  private final Channels channels;
  private final Gate gate;
  private final Callbacks callbacks;
  private final Runnable typesChanged;

  /** Whatever their roles. */
  private Set<Peer> members = Set.of();

  /**
   * @param typesChanged called when a worker has said what it runs
   */
  Leases(
      Loop loop,
      Router router,
      Owned owned,
      Recovery recovery,
      Channels channels,
      Gate gate,
      Callbacks callbacks,
      Runnable typesChanged) {
    this.loop = loop;
    this.router = router;
    this.owned = owned;
    this.recovery = recovery;
    this.channels = channels;
    this.gate = gate;
    this.callbacks = callbacks;
    this.typesChanged = typesChanged;
  }

  /**
   * Looks who has been silent for too long.
   *
   * @param late the loop was held up
   */
  void judge(long now, boolean late) {
    for (WorkerView view : List.copyOf(router.workers())) {
      if (late) {
        // A loop that was held up judges nobody until everybody had a chance to be heard.
        view.heard(now);
      }
      long silent = now - view.heardAt();
      if (silent > SUSPECT_AFTER) {
        view.suspect(true);
        if (!view.met) {
          // This front has never heard it: what it may have brought from elsewhere can go out
          // again.
          recovery.silent(view.member.peer());
        }
      }
      if (silent > LAPSED_AFTER && !view.lapsed) {
        view.lapsed = true;
        owned.lost(view, Change.Cause.LAPSE, true);
        recovery.silent(view.member.peer());
      }
      if (silent > STRANGE_AFTER && !members.contains(view.member.peer())) {
        // It had left before this front heard of anybody: no word of that will come.
        router.leave(view.member.peer());
        channels.forget(view.member.peer());
      }
    }
  }

  /** These live; {@link #seen} tells those of them that are workers. */
  void members(Set<Peer> live) {
    members = live;
  }

  /** The member has the role, and lives. */
  void seen(Member worker) {
    router.seen(worker, channels.to(worker.peer(), Role.WORKER));
    tellJoined(router.worker(worker.peer()));
  }

  private void tellJoined(@Nullable WorkerView view) {
    // Whatever changes there, and that it drains, is an offer too; stores and fronts offer nothing.
    if (view != null && view.listed && !view.joined && !view.draining() && !view.types.isEmpty()) {
      view.joined = true;
      callbacks.tell(l -> l.workerJoined(view.node()));
    }
  }

  void left(Peer gone) {
    WorkerView view = router.leave(gone);
    if (view != null) {
      owned.lost(view, Change.Cause.DEATH, false);
      if (view.joined) {
        callbacks.tell(l -> l.workerLeft(gone.node()));
      }
    }
  }

  /** A hint only: membership decides. */
  void linkClosed(Peer peer) {
    WorkerView view = router.worker(peer);
    if (view != null) {
      view.suspect(true);
    }
  }

  void offered(Peer peer, Message.Offer offer) {
    WorkerView view = router.worker(peer);
    if (view == null) {
      // Its offer may be here before the membership's word of it; until then it gets nothing.
      Member member = new Member(peer, Set.of(Role.WORKER), null, Set.of());
      view = router.join(member, channels.to(peer, Role.WORKER));
    }
    router.offered(view, offer);
    letYield(view);
    meet();
    typesChanged.run();
    tellJoined(view);
  }

  /** Once every worker has said what it runs, no type is called unknown by mistake. */
  void meet() {
    if (router.workers().stream().allMatch(worker -> worker.met)) {
      gate.met();
    }
  }

  void reported(Address from, Message.Report report) {
    WorkerView view = view(from);
    if (view != null) {
      view.report(report, loop.now());
    }
  }

  /** What a worker still takes came with something else. */
  void room(Address from, Message.Room room) {
    WorkerView view = view(from);
    if (view != null) {
      view.room(room, loop.now());
    }
  }

  private @Nullable WorkerView view(Address from) {
    return from.role() == Role.WORKER ? router.worker(from.peer()) : null;
  }

  /** Whether all of them are workers that this front knows. */
  boolean knows(List<Peer> holders) {
    return holders.stream().allMatch(holder -> router.worker(holder) != null);
  }

  /** What leaving workers run need not end there if another one can go on with it. */
  void letYield() {
    router.workers().forEach(this::letYield);
  }

  private void letYield(WorkerView view) {
    if (!view.draining() || view.inFlight() == 0) {
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
}
