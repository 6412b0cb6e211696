package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts tasks that a node may have died of: first the ledger is told who starts them, one write
 * per block and delivery, so that another death tells of what. A task that a second node may have
 * died of is <em>suspect</em>: of those one at a time, before all that waits. Confined to the
 * worker's loop.
 */
final class WriteAhead {

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Consumer<Start> stale;
  private final List<Start> noted = new ArrayList<>();
  private final ArrayDeque<Start> suspects = new ArrayDeque<>();
  private @Nullable Start suspect;

  /**
   * @param stale told of an attempt that the ledger does not count any more
   */
  WriteAhead(Loop loop, LedgerWriter writer, Peer self, Consumer<Start> stale) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.stale = stale;
  }

  /** Takes an attempt; it goes out with the next {@link #flush}, or when its turn comes. */
  void add(Start start) {
    if (start.delivery().suspect()) {
      suspects.add(start);
    } else {
      noted.add(start);
    }
  }

  /** Starts what this turn has brought. */
  void flush() {
    next();
    if (noted.isEmpty()) {
      return;
    }
    Map<Object, List<Start>> byBlock = new LinkedHashMap<>();
    for (Start start : noted) {
      Message.Delivery d = start.delivery();
      byBlock.computeIfAbsent(List.of(d.block(), d.nonce()), key -> new ArrayList<>()).add(start);
    }
    noted.clear();
    byBlock.values().forEach(group -> begin(group, start -> submit(start, false)));
  }

  /** An attempt is held no more. */
  void released(Start start) {
    if (start == suspect) {
      suspect = null;
      next();
    }
  }

  private void next() {
    while (suspect == null && !suspects.isEmpty()) {
      Start first = suspects.remove();
      if (first.pending()) {
        suspect = first;
        begin(List.of(first), start -> submit(start, true));
      }
    }
  }

  private void begin(List<Start> starts, Consumer<Start> then) {
    List<Change.Item> items = new ArrayList<>(starts.size());
    for (Start start : starts) {
      items.add(new Change.Item(start.delivery().index(), start.delivery().attempt()));
    }
    Message.Delivery first = starts.get(0).delivery();
    writer.write(
        first.block(),
        new Change.Begin(writer.newWrite(), first.nonce(), self, loop.wallMillis(), items),
        answer -> {
          for (int i = 0; i < starts.size(); i++) {
            if (answer.status() == Answer.Status.RECORDED && answer.items().get(i).recorded()) {
              then.accept(starts.get(i));
            } else {
              stale.accept(starts.get(i));
            }
          }
        });
  }

  /** One that was stopped meanwhile is over, and its slot passes it by. */
  private static void submit(Start start, boolean first) {
    Pool pool = start.registration().pool();
    if (first) {
      pool.submitFirst(start);
    } else {
      pool.submit(start, false);
    }
  }
}
