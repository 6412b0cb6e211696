package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a front leaves on purpose: it hands nothing out any more and gives its blocks to other store
 * nodes. The taker makes itself the owner by one write that the ledger checks as it checks an
 * adoption; what is different is the consent of the living owner, who says which tasks nobody has.
 * These go out under their present attempt, and what a worker holds goes on undisturbed.
 *
 * <p>Without another store node that stays, the front goes on until what it accepted has ended.
 * Confined to the front's loop.
 */
final class Departure {

  private static final long LOOK_EVERY = 20_000_000L;

  /** Whoever has left off, and is still there, may yet take over from one that dies. */
  private static final long LOOK_AFTERWARDS = 250_000_000L;

  private static final int MOST_UNDER_WAY = 256;
  private static final int MOST_PER_MESSAGE = 32;

  /** One that refused may itself be leaving, or not know a worker yet, of which it is to hear. */
  private static final long NOT_AGAIN_FOR = 300_000_000L;

  /** A block somebody was asked to take. */
  private record Offer(OwnedBlock block, Peer taker) {}

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Router router;
  private final BooleanSupplier recorded;
  private final Watches watches;
  private final Channels channels;
  private final Map<BlockId, Offer> offered = new HashMap<>();
  private final ArrayDeque<OwnedBlock> line = new ArrayDeque<>();
  private final Map<Peer, Long> refused = new HashMap<>();
  private Map<Peer, Member> members = Map.of();
  private int turn;
  private int handedOver;
  private boolean leaving;
  private boolean hurried;
  private boolean accompanied;
  private @Nullable Runnable company;
  private @Nullable Runnable done;

  /**
   * @param recorded whether nothing is on its way to the ledger
   */
  Departure(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Owned owned,
      Router router,
      BooleanSupplier recorded,
      Watches watches,
      Channels channels) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.owned = owned;
    this.router = router;
    this.recorded = recorded;
    this.watches = watches;
    this.channels = channels;
  }

  /** These live. */
  void members(List<Member> now) {
    Map<Peer, Member> next = new LinkedHashMap<>();
    now.forEach(member -> next.put(member.peer(), member));
    members = next;
  }

  /** Members of this name. */
  List<Member> known(String node) {
    return members.values().stream().filter(m -> m.peer().node().equals(node)).toList();
  }

  /** What became of this front's tasks. */
  Drained drained() {
    return new Drained(handedOver, owned.unfinished());
  }

  /** Whether it gives away what it owns, and takes nothing over. */
  boolean leaving() {
    return leaving;
  }

  /** Whether somebody waits for the end of it. */
  boolean awaited() {
    return done != null;
  }

  /**
   * Leaves.
   *
   * @param others there is somebody who can take over: this node's worker is to leave too
   * @param finished nothing is left that this front can do
   */
  void begin(Runnable others, Runnable finished) {
    company = others;
    done = finished;
    leaving = true;
    look();
  }

  /** Its time is over: callers are not waited for any more. */
  void hurry() {
    hurried = true;
  }

  /** This node is another peer now: what this one owned is for others to adopt. */
  void stop() {
    done = null;
    leaving = false;
    offered.clear();
    line.clear();
  }

  /** Others that take tasks in, for those who come here. */
  List<String> otherFronts() {
    List<String> names = new ArrayList<>();
    for (Member member : members.values()) {
      WorkerView view = router.worker(member.peer());
      boolean leaves = view != null && view.draining();
      if (member.is(Role.FRONT) && !member.peer().equals(self) && !leaves) {
        names.add(member.peer().node());
      }
    }
    names.sort(null);
    return names;
  }

  private void look() {
    if (!leaving) {
      return;
    }
    List<Peer> takers = takers();
    if (!takers.isEmpty()) {
      if (!accompanied) {
        accompanied = true;
        Objects.requireNonNull(company).run();
      }
      router.hold(true);
      share(takers);
    } else if (offered.isEmpty() && router.hold(false)) {
      router.dispatch();
    }
    Runnable then = done;
    if (then != null && finished(takers)) {
      done = null;
      then.run();
    }
    loop.after(done == null ? LOOK_AFTERWARDS : LOOK_EVERY, this::look);
  }

  private boolean finished(List<Peer> takers) {
    if (!recorded.getAsBoolean() || !offered.isEmpty() || (!hurried && owned.moving() > 0)) {
      return false;
    }
    if (takers.isEmpty() && (hurried || router.atRest())) {
      return true;
    }
    return owned.unfinished() == 0 && (hurried || watches.attached() == 0);
  }

  private List<Peer> takers() {
    long now = loop.now();
    List<Peer> takers = new ArrayList<>();
    for (Member member : members.values()) {
      Peer peer = member.peer();
      WorkerView view = router.worker(peer);
      Long since = refused.get(peer);
      if (member.is(Role.STORE)
          && !peer.equals(self)
          && view != null
          && view.met
          && !view.draining()
          && !view.suspect()
          && (since == null || now - since > NOT_AGAIN_FOR)) {
        takers.add(peer);
      }
    }
    return takers;
  }

  // ---------------------------------------------------------------- give

  private void share(List<Peer> takers) {
    if (line.isEmpty()) {
      owned
          .blocks()
          .forEach(
              block -> {
                if (!offered.containsKey(block.id)) {
                  line.add(block);
                }
              });
    }
    List<OwnedBlock> shares = new ArrayList<>();
    Peer taker = takers.get(turn++ % takers.size());
    for (int left = line.size(); left > 0 && offered.size() < MOST_UNDER_WAY; left--) {
      OwnedBlock block = line.remove();
      if (!owned.drives(block)) {
        continue;
      }
      if (!settled(block)) {
        line.add(block);
        continue;
      }
      offered.put(block.id, new Offer(block, taker));
      shares.add(block);
      if (shares.size() == MOST_PER_MESSAGE) {
        offer(taker, shares);
        shares.clear();
        taker = takers.get(turn++ % takers.size());
      }
    }
    if (!shares.isEmpty()) {
      offer(taker, shares);
    }
  }

  private void offer(Peer taker, List<OwnedBlock> blocks) {
    List<Message.Share> shares = new ArrayList<>();
    Set<Peer> holders = new LinkedHashSet<>();
    for (OwnedBlock block : blocks) {
      shares.add(new Message.Share(block.id, block.epoch, idle(block)));
      for (OwnedTask task : block.tasks) {
        if (task.worker != null) {
          holders.add(task.worker.member.peer());
        }
      }
    }
    channels
        .to(taker, Role.FRONT)
        .send(new Message.HandOver(List.copyOf(shares), List.copyOf(holders)));
  }

  /** No write is under way, and of what was handed out each worker has heard. */
  private static boolean settled(OwnedBlock block) {
    for (OwnedTask task : block.tasks) {
      WorkerView worker = task.worker;
      if (task.moving) {
        return false;
      }
      if (!task.isFinal()
          && (task.writing || task.adopting || (worker != null && !worker.channel.settled()))) {
        return false;
      }
    }
    return true;
  }

  private static List<Message.Idle> idle(OwnedBlock block) {
    List<Message.Idle> idle = new ArrayList<>();
    for (OwnedTask task : block.tasks) {
      if (!task.isFinal() && task.worker == null && task.attempt > task.spent) {
        idle.add(new Message.Idle(task.index, task.attempt));
      }
    }
    return List.copyOf(idle);
  }

  // ---------------------------------------------------------------- leave the cluster

  /**
   * Calls back when a majority of the store nodes goes on without this one, or none of them has
   * anything to do any more.
   *
   * @param size the declared number of store nodes
   */
  void awaitTurn(Member me, int size, Runnable then) {
    if (!me.is(Role.STORE) || mayLeave(size / 2 + 1)) {
      then.run();
    } else {
      loop.after(LOOK_EVERY, () -> awaitTurn(me, size, then));
    }
  }

  private boolean mayLeave(int majority) {
    int staying = 0;
    int before = 0;
    boolean idle = true;
    int stores = 0;
    for (Member member : members.values()) {
      if (!member.is(Role.STORE)) {
        continue;
      }
      stores++;
      WorkerView view = router.worker(member.peer());
      if (member.peer().equals(self)) {
        continue;
      }
      if (view == null || !view.draining()) {
        staying++;
        idle = false;
        continue;
      }
      before += member.peer().compareTo(self) < 0 ? 1 : 0;
      idle &= view.held == 0;
    }
    // Where several leave at once, those beyond the majority go first, in the order of their names.
    return staying >= majority || before < stores - majority || idle;
  }

  // ---------------------------------------------------------------- answers

  void takenOver(Peer taker, Message.TakenOver answer) {
    for (BlockId id : answer.taken()) {
      Offer offer = offered.remove(id);
      if (offer != null) {
        handedOver += offer.block().unfinished;
        owned.release(offer.block(), taker);
      }
    }
    for (BlockId id : answer.refused()) {
      Offer offer = offered.get(id);
      if (offer != null) {
        refused.put(taker, loop.now());
        confirm(offer);
      }
    }
    if (leaving && line.isEmpty() && offered.isEmpty()) {
      share();
    }
  }

  private void share() {
    List<Peer> takers = takers();
    if (!takers.isEmpty()) {
      share(takers);
    }
  }

  /** Whether it has taken what it was offered nobody can say but the ledger. */
  void left(Peer gone) {
    for (Offer offer : List.copyOf(offered.values())) {
      if (offer.taker().equals(gone)) {
        confirm(offer);
      }
    }
  }

  private void confirm(Offer offer) {
    OwnedBlock block = offer.block();
    writer.write(
        block.id,
        new Change.Confirm(writer.newWrite()),
        answer -> {
          if (!offered.remove(block.id, offer)) {
            return;
          }
          boolean mine =
              answer.status() == Answer.Status.RECORDED
                  && self.equals(answer.owner())
                  && answer.ownerEpoch() == block.epoch;
          if (!mine) {
            owned.disowned(block);
          }
        });
  }
}
