package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts tasks that a node may have died of: first the ledger is told who starts them, so that
 * another death tells of what. Only as many are told of as can start now, and those go before all
 * that waits for a slot: what merely waits on a node that dies is not to blame. Those that are told
 * of together cost one write per block.
 *
 * <p>A task that a second node may have died of is <em>suspect</em>: of those one at a time.
 * Confined to the worker's loop.
 */
final class WriteAhead {

  /** Of tasks that take microseconds so many are told of together. */
  private static final int MOST_QUICK = 256;

  private static final class Line {
    final ArrayDeque<Start> waiting = new ArrayDeque<>();
    final Set<Start> begun = new LinkedHashSet<>();
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Supplier<Peer> self;
  private final BooleanSupplier quick;
  private final Consumer<Start> stale;
  private final Map<Pool, Line> lines = new LinkedHashMap<>();
  private final ArrayDeque<Start> suspects = new ArrayDeque<>();
  private @Nullable Start suspect;
  private int waiting;
  private boolean posted;

  /**
   * @param self who this worker is now
   * @param quick whether tasks take microseconds here
   * @param stale told of an attempt that the ledger does not count any more
   */
  WriteAhead(
      Loop loop,
      LedgerWriter writer,
      Supplier<Peer> self,
      BooleanSupplier quick,
      Consumer<Start> stale) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.quick = quick;
    this.stale = stale;
  }

  /** Takes an attempt; it starts with a later {@link #flush}. */
  void add(Start start) {
    waiting++;
    if (start.delivery().suspect()) {
      suspects.add(start);
    } else {
      lines.computeIfAbsent(start.registration().pool(), pool -> new Line()).waiting.add(start);
    }
  }

  /** An attempt is held no more. */
  void released(Start start) {
    if (start.delivery().deaths() > 0) {
      if (start == suspect) {
        suspect = null;
      } else {
        Line line = lines.get(start.registration().pool());
        if (line != null) {
          line.begun.remove(start);
        }
      }
      if (!posted) {
        posted = true;
        loop.execute(
            () -> {
              posted = false;
              flush();
            });
      }
    }
  }

  /** Starts what there is room for. */
  void flush() {
    if (waiting == 0) {
      return;
    }
    while (suspect == null && !suspects.isEmpty()) {
      waiting--;
      Start first = suspects.remove();
      if (first.pending()) {
        suspect = first;
        begin(List.of(first));
      }
    }
    lines.forEach(this::flush);
  }

  private void flush(Pool pool, Line line) {
    Map<Object, List<Start>> byBlock = new LinkedHashMap<>();
    for (int room = room(pool, line); room > 0 && !line.waiting.isEmpty(); ) {
      waiting--;
      Start start = line.waiting.remove();
      if (start.pending()) {
        room--;
        line.begun.add(start);
        Message.Delivery d = start.delivery();
        byBlock.computeIfAbsent(List.of(d.block(), d.nonce()), key -> new ArrayList<>()).add(start);
      }
    }
    byBlock.values().forEach(this::begin);
  }

  private int room(Pool pool, Line line) {
    if (quick.getAsBoolean()) {
      return MOST_QUICK - line.begun.size();
    }
    int soon = 0;
    for (Start start : line.begun) {
      soon += start.pending() ? 1 : 0;
    }
    // One goes ahead although all slots have something: it is the next to have one.
    return Math.max(1, pool.slots() - pool.busy()) - soon;
  }

  private void begin(List<Start> starts) {
    List<Change.Item> items = new ArrayList<>(starts.size());
    for (Start start : starts) {
      items.add(new Change.Item(start.delivery().index(), start.delivery().attempt()));
    }
    Message.Delivery first = starts.get(0).delivery();
    writer.write(
        first.block(),
        new Change.Begin(writer.newWrite(), first.nonce(), self.get(), loop.wallMillis(), items),
        answer -> {
          for (int i = 0; i < starts.size(); i++) {
            if (answer.status() == Answer.Status.RECORDED && answer.items().get(i).recorded()) {
              // One that was stopped meanwhile is over, and its slot passes it by.
              starts.get(i).registration().pool().submitFirst(starts.get(i));
            } else {
              stale.accept(starts.get(i));
            }
          }
        });
  }
}
