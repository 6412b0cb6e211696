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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts tasks that a node may have died of: first the ledger is told who starts them, so that
 * another death tells of what. An attempt is told of once it has a slot, before which all that
 * waits has to stand back, and not before: what merely waits on a node that dies is not to blame.
 * Those that are told of together cost one write per block.
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
  private final ArrayDeque<Start> suspects = new ArrayDeque<>();
  private @Nullable Start suspect;
  private boolean posted;

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
        claim(first);
      }
    }
  }

  private void claim(Start start) {
    start.registration().pool().claim(() -> loop.execute(() -> granted(start)));
  }

  private void granted(Start start) {
    if (start.pending()) {
      begun.add(start);
      soon();
    } else {
      start.registration().pool().release();
    }
  }

  /** Once for all that this turn and those behind it have begun. */
  private void soon() {
    if (!posted) {
      posted = true;
      loop.execute(this::begin);
    }
  }

  private void begin() {
    posted = false;
    Map<Object, List<Start>> byBlock = new LinkedHashMap<>();
    for (Start start : begun) {
      Message.Delivery d = start.delivery();
      byBlock.computeIfAbsent(List.of(d.block(), d.nonce()), key -> new ArrayList<>()).add(start);
    }
    begun.clear();
    byBlock.values().forEach(this::begin);
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
            boolean recorded =
                answer.status() == Answer.Status.RECORDED && answer.items().get(i).recorded();
            start(starts.get(i), recorded);
          }
        });
  }

  /** One that was stopped meanwhile is over, and its slot passes it by. */
  private void start(Start start, boolean recorded) {
    if (recorded) {
      start.registration().pool().run(start);
    } else {
      stale.accept(start);
      start.registration().pool().release();
    }
  }
}
