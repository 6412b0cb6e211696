package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes outcomes to the ledger: those of one block that are ready together as one write, one write
 * of a block at a time, so that what ends while one is under way goes with the next. Confined to
 * the worker's loop.
 */
final class Settler {

  /**
   * An answered write.
   *
   * @param owner who is to be told
   * @param starts all attempts of the write
   * @param recorded what the ledger holds
   * @param fenced what it refused
   */
  record Batch(
      Peer owner,
      List<Start> starts,
      List<Message.Settlement> recorded,
      List<Message.Attempt> fenced) {}

  private static final int MAX_BYTES = 512 * 1024;

  private static final class Pending {
    List<Start> ready = new ArrayList<>();
    boolean writing;

    /** Among those of this turn. */
    boolean touched;
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Consumer<Batch> settled;
  private final LongConsumer took;
  private final Map<BlockId, Pending> blocks = new HashMap<>();
  private List<BlockId> touched = new ArrayList<>();

  Settler(Loop loop, LedgerWriter writer, Consumer<Batch> settled, LongConsumer took) {
    this.loop = loop;
    this.writer = writer;
    this.settled = settled;
    this.took = took;
  }

  void add(Start start) {
    BlockId block = start.delivery().block();
    Pending pending = blocks.computeIfAbsent(block, id -> new Pending());
    pending.ready.add(start);
    if (!pending.touched) {
      pending.touched = true;
      touched.add(block);
    }
  }

  /** Starts the writes of this turn. */
  void flush() {
    if (!touched.isEmpty()) {
      List<BlockId> all = touched;
      touched = new ArrayList<>();
      all.forEach(this::write);
    }
  }

  private void write(BlockId block) {
    Pending pending = blocks.get(block);
    if (pending == null) {
      return;
    }
    pending.touched = false;
    if (pending.writing) {
      return;
    }
    if (pending.ready.isEmpty()) {
      blocks.remove(block);
      return;
    }
    pending.writing = true;
    List<Start> batch = take(pending);
    int[] large = {0};
    for (Start start : batch) {
      byte[] result = end(start).result();
      if (result != null && result.length > Value.INLINE_LIMIT) {
        large[0]++;
      }
    }
    if (large[0] == 0) {
      settle(block, pending, batch);
      return;
    }
    for (Start start : batch) {
      byte[] result = end(start).result();
      if (result != null && result.length > Value.INLINE_LIMIT) {
        writer.putValue(
            valueId(start),
            result,
            () -> {
              if (--large[0] == 0) {
                settle(block, pending, batch);
              }
            });
      }
    }
  }

  /** The attempts of one write: of one nonce, and no more bytes than one write may have. */
  private static List<Start> take(Pending pending) {
    List<Start> batch = new ArrayList<>();
    List<Start> rest = new ArrayList<>();
    int bytes = 0;
    long nonce = pending.ready.get(0).delivery().nonce();
    for (Start start : pending.ready) {
      byte[] result = end(start).result();
      int size = result == null ? 16 * 1024 : Math.min(result.length, Value.INLINE_LIMIT);
      if (start.delivery().nonce() == nonce && (batch.isEmpty() || bytes + size <= MAX_BYTES)) {
        batch.add(start);
        bytes += size;
      } else {
        rest.add(start);
      }
    }
    pending.ready = rest;
    return batch;
  }

  private static AttemptEnd end(Start start) {
    return Objects.requireNonNull(start.end(), "an attempt is settled after it ended");
  }

  private static ValueId valueId(Start start) {
    Message.Delivery d = start.delivery();
    return new ValueId(d.block(), d.index(), d.nonce(), d.attempt(), 0);
  }

  private void settle(BlockId block, Pending pending, List<Start> batch) {
    List<Change.Settlement> items = new ArrayList<>(batch.size());
    for (Start start : batch) {
      items.add(settlement(start));
    }
    long begun = loop.now();
    writer.write(
        block,
        new Change.Settle(writer.newWrite(), batch.get(0).delivery().nonce(), items),
        answer -> {
          took.accept(loop.now() - begun);
          settled.accept(batch(batch, items, answer));
          pending.writing = false;
          write(block);
        });
  }

  private Change.Settlement settlement(Start start) {
    Message.Delivery d = start.delivery();
    AttemptEnd end = end(start);
    byte[] result = end.result();
    Change.Run run = result == null || d.attempt() > 1 ? run(start) : null;
    if (result != null) {
      Value value =
          result.length > Value.INLINE_LIMIT
              ? Value.stored(valueId(start), result.length)
              : Value.inline(result);
      return new Change.Settlement(d.index(), d.attempt(), value, null, false, 0, run);
    }
    Backoff backoff = d.profile().backoff();
    long pause = backoff.delay(d.failures() + 1, loop.random()).toMillis();
    return new Change.Settlement(
        d.index(),
        d.attempt(),
        null,
        end.failure(),
        end.retryAllowed(),
        loop.wallMillis() + pause,
        run);
  }

  private Change.Run run(Start start) {
    long wall = loop.wallMillis() - (loop.now() - start.stoppedAt()) / 1_000_000L;
    return new Change.Run(start.node(), wall - start.ranNanos() / 1_000_000L, wall);
  }

  private Batch batch(List<Start> starts, List<Change.Settlement> items, Answer answer) {
    List<Message.Settlement> recorded = new ArrayList<>(starts.size());
    List<Message.Attempt> fenced = new ArrayList<>();
    boolean present = answer.status() == Answer.Status.RECORDED;
    for (int i = 0; i < starts.size(); i++) {
      if (present && (answer.items().isEmpty() || answer.items().get(i).recorded())) {
        TaskEntry entry = answer.items().isEmpty() ? null : answer.items().get(i).entry();
        Message.Settlement settlement = recorded(starts.get(i), items.get(i), entry);
        recorded.add(settlement);
        if (entry != null && entry.isFinal()) {
          writer.dropCheckpoint(entry);
        }
      } else {
        fenced.add(Notifier.attempt(starts.get(i)));
        dropRefused(starts.get(i), items.get(i), present ? answer.items().get(i).entry() : null);
      }
    }
    Peer owner = answer.owner();
    return new Batch(
        owner == null ? starts.get(0).owner() : owner,
        starts,
        List.copyOf(recorded),
        List.copyOf(fenced));
  }

  /**
   * A large result whose settlement was refused is nobody's, unless an earlier write of this
   * attempt won.
   */
  private void dropRefused(Start start, Change.Settlement item, @Nullable TaskEntry stands) {
    Value result = item.result();
    boolean inUse =
        stands != null
            && stands.attempt() == item.attempt()
            && stands.state() == TaskState.SUCCEEDED;
    if (result != null && result.stored() != null && !inUse) {
      writer.deleteValue(valueId(start));
    }
  }

  private Message.Settlement recorded(
      Start start, Change.Settlement item, @Nullable TaskEntry entry) {
    Message.Delivery d = start.delivery();
    TaskState state = entry == null ? TaskState.SUCCEEDED : entry.state();
    Value result = item.result();
    Failure failure = item.failure();
    byte[] bytes = end(start).result();
    return new Message.Settlement(
        d.block(),
        d.nonce(),
        d.index(),
        d.attempt(),
        state,
        entry == null ? d.attempt() : entry.attempt(),
        state.isFinal() ? 0 : Math.max(0, item.retryDueAt() - loop.wallMillis()),
        result,
        result != null && result.stored() != null ? bytes : null,
        failure);
  }
}
