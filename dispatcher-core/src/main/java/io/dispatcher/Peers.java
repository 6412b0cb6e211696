package io.dispatcher;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a front hears of its peers: what they send, who comes and who goes. It passes that on to
 * those of this front whom it concerns. Confined to the front's loop.
 */
final class Peers {

  private final Membership membership;
  private final Channels channels;
  private final Router router;
  private final Leases leases;
  private final Capacity capacity;
  private final Owned owned;
  private final Gone gone;
  private final Recovery recovery;
  private final Departure departure;
  private final DrainCalls drains;
  private final Views views;
  private final LetterCalls letters;
  private final Watches watches;
  private final Turns turns;
  private Set<Peer> known = new HashSet<>();
  private boolean stopped;

  Peers(
      Membership membership,
      Channels channels,
      Router router,
      Leases leases,
      Capacity capacity,
      Owned owned,
      Gone gone,
      Recovery recovery,
      Departure departure,
      DrainCalls drains,
      Views views,
      LetterCalls letters,
      Watches watches,
      Turns turns) {
    this.membership = membership;
    this.channels = channels;
    this.router = router;
    this.leases = leases;
    this.capacity = capacity;
    this.owned = owned;
    this.gone = gone;
    this.recovery = recovery;
    this.departure = departure;
    this.drains = drains;
    this.views = views;
    this.letters = letters;
    this.watches = watches;
    this.turns = turns;
  }

  void receive(Address from, Message message) {
    Peer peer = from.peer();
    if (message instanceof Message.Settled settled) {
      leases.room(from, settled.room());
      owned.settled(settled.items());
    } else if (message instanceof Message.Fenced fenced) {
      leases.room(from, fenced.room());
      fenced.items().forEach(item -> owned.fenced(peer, item));
    } else if (message instanceof Message.Returned returned) {
      owned.returned(peer.node(), returned.items(), returned.why());
    } else if (message instanceof Message.Report report) {
      leases.reported(from, report);
      if (known.contains(peer)) {
        capacity.reported(peer, report.storeBytes(), report.storeLimit());
      }
      if (turns.idle()) {
        // Nobody waits for what it tells.
        return;
      }
    } else if (message instanceof Message.Offer offer) {
      leases.offered(peer, offer);
    } else if (message instanceof Message.Progress progress) {
      owned.progress(progress.attempt(), progress.note());
    } else if (message instanceof Message.Holding holding) {
      recovery.holding(peer, holding);
    } else if (message instanceof Message.HandOver handOver) {
      takeOver(peer, handOver);
    } else if (message instanceof Message.TakenOver answer) {
      departure.takenOver(peer, answer);
    } else if (message instanceof Message.Drain drain) {
      drains.asked(drain.stay());
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
    turns.over();
  }

  private void takeOver(Peer owner, Message.HandOver handOver) {
    Consumer<Message.TakenOver> reply = answer -> channels.to(owner, Role.FRONT).send(answer);
    if (departure.leaving() || !leases.knows(handOver.holders())) {
      reply.accept(
          new Message.TakenOver(
              List.of(), handOver.blocks().stream().map(Message.Share::block).toList()));
    } else {
      recovery.takeOver(owner, handOver.blocks(), reply);
    }
  }

  /** These live. */
  void members(List<Member> members) {
    if (stopped) {
      return;
    }
    Set<Peer> now = new HashSet<>();
    for (Member member : members) {
      now.add(member.peer());
      if (member.is(Role.WORKER)) {
        leases.seen(member);
      }
    }
    leases.members(now);
    gone.members(now);
    departure.members(members);
    for (Peer peer : known) {
      if (!now.contains(peer)) {
        left(peer);
      }
    }
    known = now;
    router.fronts(Zones.Fronts.of(membership.self().zone(), members));
    views.members(members);
    watches.members(members);
    letters.members(members);
    leases.meet();
    turns.over();
  }

  private void left(Peer peer) {
    gone.left(peer);
    channels.forget(peer);
    capacity.left(peer);
    leases.left(peer);
    watches.left(peer);
    recovery.left(peer);
    departure.left(peer);
  }

  /** Those that lived when it last heard. */
  Set<Peer> known() {
    return known;
  }

  /** Hears of nobody coming or going any more. */
  void stop() {
    stopped = true;
  }
}
