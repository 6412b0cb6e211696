package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts tasks that a node may have died of: first the ledger is told who starts them, so that
 * another death tells of what. An attempt is told of once it has a slot, before which all that
 * waits has to stand back, and not before: what merely waits on a node that dies is not to blame.
 * Those that are told of together cost one write per block.
 *
 * <p>What was told of and is then given back, or dropped, is withdrawn from the ledger: its owner
 * may be gone, or cut off, and this node leave before anybody hears of it.
 *
 * <p>A task that a second node may have died of is <em>suspect</em>: of those one at a time.
 * Confined to the worker's loop.
 */
final class WriteAhead {

  private final Loop loop;
  private final LedgerWriter writer;
  private final Supplier<Peer> self;
  private final Consumer<Start> stale;
  private final List<Start> begun = new ArrayList<>();
  private final List<Start> withdrawn = new ArrayList<>();
  private final ArrayDeque<Start> suspects = new ArrayDeque<>();
  private @Nullable Start suspect;
  private boolean posted;

  /** Starts about which the ledger has been told something and has not answered yet. */
  private int open;

  /**
   * @param self who this worker is now
   * @param stale told of an attempt that the ledger does not count any more
   */
  WriteAhead(Loop loop, LedgerWriter writer, Supplier<Peer> self, Consumer<Start> stale) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.stale = stale;
  }

  /** Takes an attempt, which starts later. */
  void add(Start start) {
    if (start.delivery().suspect()) {
      suspects.add(start);
      next();
    } else {
      claim(start);
    }
  }

  /** An attempt is held no more. */
  void released(Start start) {
    if (start.begunBy != null && !start.settling) {
      withdraw(start);
    }
    if (start == suspect) {
      suspect = null;
      next();
    }
  }

  /** Whether the ledger has answered all that it was told. */
  boolean answered() {
    return open == 0;
  }

  private void next() {
    while (suspect == null && !suspects.isEmpty()) {
      Start first = suspects.remove();
      if (first.pending()) {
        suspect = first;
        claim(first);
      }
    }
  }

  private void claim(Start start) {
    start.registration().pool().claim(() -> loop.execute(() -> granted(start)));
  }

  private void granted(Start start) {
    if (start.pending()) {
      open++;
      begun.add(start);
      soon();
    } else {
      start.registration().pool().release();
    }
  }

  private void withdraw(Start start) {
    open++;
    withdrawn.add(start);
    soon();
  }

  /** Once for all that this turn and those behind it have begun or withdrawn. */
  private void soon() {
    if (!posted) {
      posted = true;
      loop.execute(this::write);
    }
  }

  private void write() {
    posted = false;
    Peer me = self.get();
    Map<Told, List<Start>> begins = byBlock(begun, me);
    Map<Told, List<Start>> withdrawals = byBlock(withdrawn, me);
    begun.clear();
    withdrawn.clear();
    begins.forEach(this::begin);
    withdrawals.forEach(this::withdraw);
  }

  /** What one write tells of. */
  private record Told(BlockId block, long nonce, Peer worker) {}

  private static Map<Told, List<Start>> byBlock(List<Start> starts, Peer me) {
    Map<Told, List<Start>> groups = new LinkedHashMap<>();
    for (Start start : starts) {
      Message.Delivery d = start.delivery();
      Peer worker = start.begunBy == null ? me : start.begunBy;
      groups
          .computeIfAbsent(new Told(d.block(), d.nonce(), worker), told -> new ArrayList<>())
          .add(start);
    }
    return groups;
  }

  private static List<Change.Item> items(List<Start> starts) {
    List<Change.Item> items = new ArrayList<>(starts.size());
    for (Start start : starts) {
      items.add(new Change.Item(start.delivery().index(), start.delivery().attempt()));
    }
    return items;
  }

  private void begin(Told told, List<Start> starts) {
    writer.write(
        told.block,
        new Change.Begin(
            writer.newWrite(), told.nonce, told.worker, loop.wallMillis(), items(starts)),
        answer -> {
          open -= starts.size();
          for (int i = 0; i < starts.size(); i++) {
            Start start = starts.get(i);
            if (answer.status() == Answer.Status.RECORDED && answer.items().get(i).recorded()) {
              start.begunBy = told.worker;
              start(start);
            } else {
              stale.accept(start);
              start.registration().pool().release();
            }
          }
        });
  }

  private void start(Start start) {
    if (start.pending()) {
      start.registration().pool().run(start);
    } else {
      // It was stopped meanwhile, and released.
      withdraw(start);
      start.registration().pool().release();
    }
  }

  private void withdraw(Told told, List<Start> starts) {
    writer.write(
        told.block,
        new Change.Withdraw(writer.newWrite(), told.nonce, told.worker, items(starts)),
        answer -> open -= starts.size());
  }
}
