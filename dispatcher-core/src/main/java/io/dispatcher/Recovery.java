package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Ledger.Orphan;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Takes over the blocks of owners that are gone: looks for them on the partitions whose primary is
 * here, makes this front their owner by one conditional write each, and asks all workers what they
 * hold. What a worker holds goes on undisturbed; everything else gets a raised attempt and goes out
 * again. Confined to the front's loop.
 */
final class Recovery {

  private static final int MOST_PER_SCAN = 4096;
  private static final long SCAN_EVERY = 2_000_000_000L;

  /** Partitions are promoted one after the other: after a leave it looks at every tick. */
  private static final long HASTE = 10_000_000_000L;

  private static final long PAYLOAD_PAUSE = 200_000_000L;

  private final Loop loop;
  private final Ledger ledger;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Router router;
  private final Meters meters;
  private final Gone gone;
  private final Inventories inventories;
  private final Adoptions adoptions;

  /** Unfinished ones, as of the last look. */
  private Map<BlockId, Long> orphanedSince = Map.of();

  private long scannedAt;
  private long hasteUntil;
  private boolean scanning;
  private boolean stopped;

  /** The last look told as much as one may: there is more, perhaps. */
  private boolean full;

  /** Since when every look did. */
  private long fullSince;

  Recovery(
      Loop loop,
      Ledger ledger,
      LedgerWriter writer,
      Peer self,
      Owned owned,
      Router router,
      Gone gone,
      Meters meters) {
    this.loop = loop;
    this.ledger = ledger;
    this.writer = writer;
    this.self = self;
    this.owned = owned;
    this.router = router;
    this.meters = meters;
    this.gone = gone;
    this.inventories = new Inventories(loop, owned, router);
    this.adoptions = new Adoptions(loop, this::adopt);
    this.scannedAt = loop.now();
  }

  // ---------------------------------------------------------------- look

  /** A node left, which {@link Gone} knows. */
  void left(Peer peer) {
    haste();
    silent(peer);
    scan();
  }

  /** Blocks may have lost their owners just now. */
  void haste() {
    hasteUntil = loop.now() + HASTE;
  }

  /** A worker does not answer: what it holds is not counted on. */
  void silent(Peer worker) {
    inventories.silent(worker);
  }

  /** A worker told what it holds. */
  void holding(Peer worker, Message.Holding answer) {
    inventories.holding(worker, answer);
  }

  /** Whether it looks at every tick. */
  boolean hasty() {
    return loop.now() - hasteUntil < 0 || adoptions.any();
  }

  /** To be called now and then. */
  void tick() {
    long now = loop.now();
    adoptions.tick();
    if (now - hasteUntil < 0 || now - scannedAt >= SCAN_EVERY) {
      scan();
    }
  }

  /** Adopts nothing any more, not even what is being written. */
  void stop() {
    stopped = true;
    adoptions.stop();
    inventories.stop();
  }

  private void scan() {
    if (stopped || scanning || gone.live().isEmpty()) {
      return;
    }
    scanning = true;
    scannedAt = loop.now();
    adoptions.looks();
    ledger.orphans(gone.live(), gone.certain(), MOST_PER_SCAN, loop, this::found);
  }

  private void found(Ledger.Found found) {
    scanning = false;
    if (stopped) {
      return;
    }
    measure(Stream.concat(found.ready().stream(), found.others().stream()).toList());
    boolean more = Math.max(found.ready().size(), found.others().size()) >= MOST_PER_SCAN;
    if (more && !full) {
      fullSince = loop.now();
    }
    full = more;
    Set<Peer> owners = new HashSet<>();
    adoptions.found(ownerGone(found.ready(), owners), ownerGone(found.others(), owners));
    if (!full) {
      gone.found(owners);
    }
  }

  /** Those whose owners are gone, as far as anybody can tell. */
  private List<Orphan> ownerGone(List<Orphan> orphans, Set<Peer> owners) {
    orphans.forEach(orphan -> owners.add(orphan.owner()));
    return orphans.stream().filter(orphan -> gone.has(orphan.owner())).toList();
  }

  private void measure(List<Orphan> orphans) {
    // What full looks left out was there as long, perhaps.
    long since = full ? fullSince : loop.now();
    Map<BlockId, Long> before = orphanedSince;
    orphanedSince = new HashMap<>();
    for (Orphan orphan : orphans) {
      if (orphan.unfinished() && !gone.live().contains(orphan.owner())) {
        orphanedSince.put(orphan.id(), before.getOrDefault(orphan.id(), since));
      }
    }
    // In this order: whoever reads between the two must not find some without an age.
    orphanedSince.values().stream()
        .min(Long::compare)
        .ifPresent(oldest -> meters.orphanedSince = oldest);
    meters.orphaned = orphanedSince.size();
  }

  // ---------------------------------------------------------------- adopt

  /** Takes over a block whose owner others may not know to be gone. */
  void takeOver(Orphan orphan) {
    // At once: no look may find it, and a front has few writes under way as it hands over.
    if (!stopped) {
      adoptions.adopt(orphan);
    }
  }

  private void adopt(Orphan orphan) {
    writer.write(
        orphan.id(),
        new Change.Adopt(writer.newWrite(), self, orphan.owner(), orphan.ownerEpoch()),
        answer -> {
          adoptions.done(orphan);
          if (!stopped && answer.status() == Answer.Status.RECORDED && answer.block() != null) {
            // Where there was one, more may be found.
            haste();
            meters.adopted.increment();
            owned
                .adopt(answer.block(), orphan.owner().node(), gone.since(orphan.owner()))
                .forEach(task -> load(task, false));
            if (full && adoptions.drained()) {
              scan();
            }
          }
          adoptions.next();
        });
  }

  // ---------------------------------------------------------------- take over

  /**
   * Takes blocks over from an owner that lives and gives them. What it says nobody has goes out
   * under its present attempt; the rest is asked for as if the owner had died.
   */
  void takeOver(Peer from, List<Message.Share> shares, Consumer<Message.TakenOver> reply) {
    List<BlockId> taken = new ArrayList<>();
    List<BlockId> refused = new ArrayList<>();
    int[] open = {shares.size()};
    for (Message.Share share : shares) {
      takeOver(
          from,
          share,
          done -> {
            (done ? taken : refused).add(share.block());
            if (--open[0] == 0) {
              reply.accept(new Message.TakenOver(List.copyOf(taken), List.copyOf(refused)));
            }
          });
    }
  }

  private void takeOver(Peer from, Message.Share share, Consumer<Boolean> then) {
    Orphan given = new Orphan(share.block(), from, share.epoch(), true);
    if (!adoptions.reserve(given)) {
      // It seemed to be gone, and is being adopted.
      then.accept(false);
      return;
    }
    writer.write(
        share.block(),
        new Change.Adopt(writer.newWrite(), self, from, share.epoch()),
        answer -> {
          adoptions.release(given);
          Block block = answer.block();
          if (answer.status() == Answer.Status.RECORDED && block != null) {
            took(block, from, share.idle());
            then.accept(true);
          } else {
            then.accept(false);
          }
          router.dispatch();
        });
  }

  private void took(Block block, Peer from, List<Message.Idle> idle) {
    Set<Message.Idle> nobodys = Set.copyOf(idle);
    for (OwnedTask task : owned.adopt(block, from.node(), 0)) {
      if (nobodys.contains(new Message.Idle(task.index, task.attempt))) {
        fetch(task, block.entry(task.index).dueAt(), false);
      } else {
        load(task, false);
      }
    }
  }

  /**
   * A block was brought in, with this front as its owner: nobody has any task of it.
   *
   * @return whether that is new
   */
  boolean brought(Block block) {
    if (!block.owner().equals(self) || owned.has(block.id())) {
      return false;
    }
    for (OwnedTask task : owned.adopt(block, "", 0)) {
      fetch(task, block.entry(task.index).dueAt(), false);
    }
    router.dispatch();
    return true;
  }

  private void fetch(OwnedTask task, long dueAt, boolean again) {
    if (task.isFinal()) {
      return;
    }
    if (task.payload != null) {
      owned.idle(task, dueAt);
      return;
    }
    if (again) {
      owned.doubt(task);
    }
    writer.getValue(
        Recorder.payloadId(task),
        bytes -> {
          if (bytes == null) {
            writer.later(PAYLOAD_PAUSE, () -> fetch(task, dueAt, true));
          } else {
            task.payload = bytes;
            fetch(task, dueAt, false);
            router.dispatch();
          }
        });
  }

  /** A task is asked for once its payload is here, so that it can go out again at once. */
  private void load(OwnedTask task, boolean again) {
    if (task.isFinal() || stopped) {
      return;
    }
    if (task.payload != null) {
      inventories.ask(task);
      return;
    }
    if (again) {
      // It may have been settled meanwhile, and its payload with it.
      owned.doubt(task);
    }
    writer.getValue(
        Recorder.payloadId(task),
        bytes -> {
          if (bytes == null) {
            writer.later(PAYLOAD_PAUSE, () -> load(task, true));
          } else {
            task.payload = bytes;
            load(task, false);
          }
        });
  }
}
