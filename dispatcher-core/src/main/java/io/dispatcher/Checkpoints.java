package io.dispatcher;

import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.StaleAttempt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Saves what attempts have done so far, and finds what earlier ones saved. One write of an attempt
 * at a time; of what is saved while one is under way only the newest is written. Confined to the
 * worker's loop.
 */
final class Checkpoints {

  /** The checkpoints of one attempt. */
  static final class Of {
    private boolean loaded;
    private boolean loading;
    private byte @Nullable [] newest;
    private @Nullable ValueId stored;
    private int sequence;
    private boolean writing;
    private byte @Nullable [] pending;
    private List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private List<CompletableFuture<byte @Nullable []>> asking = new ArrayList<>();
  }

  private final LedgerWriter writer;
  private final Meters meters;
  private final Consumer<Start> stale;
  private final Consumer<Start> yielded;

  /**
   * @param stale told of an attempt that the ledger does not count any more
   * @param yielded told of an attempt that was to end at its next checkpoint, once it is recorded
   */
  Checkpoints(LedgerWriter writer, Meters meters, Consumer<Start> stale, Consumer<Start> yielded) {
    this.writer = writer;
    this.meters = meters;
    this.stale = stale;
    this.yielded = yielded;
  }

  // ---------------------------------------------------------------- save

  /** Completes the future once these bytes, or newer ones, are on every replica. */
  void save(Start start, byte[] bytes, CompletableFuture<Void> done) {
    Of of = start.checkpoints();
    of.pending = bytes;
    of.waiting.add(done);
    if (!of.writing) {
      of.writing = true;
      // What an earlier attempt has stored beside the block is dropped once this one is recorded.
      last(start, before -> write(start, of));
    }
  }

  private void write(Start start, Of of) {
    byte[] bytes = of.pending;
    if (bytes == null || start.over()) {
      of.writing = false;
      refuse(start, of);
      return;
    }
    of.pending = null;
    List<CompletableFuture<Void>> waiting = of.waiting;
    of.waiting = new ArrayList<>();
    Message.Delivery d = start.delivery();
    of.sequence++;
    if (bytes.length <= Value.INLINE_LIMIT) {
      record(start, of, bytes, Value.inline(bytes), waiting);
      return;
    }
    ValueId before = of.stored;
    if (before != null && Arrays.equals(bytes, of.newest)) {
      // The ledger sees only names: by another one it would take the same bytes for newer ones.
      record(start, of, bytes, Value.stored(before, bytes.length), waiting);
      return;
    }
    ValueId id = new ValueId(d.block(), d.index(), d.nonce(), d.attempt(), of.sequence);
    writer.putValue(
        id, bytes, () -> record(start, of, bytes, Value.stored(id, bytes.length), waiting));
  }

  private void record(
      Start start, Of of, byte[] bytes, Value value, List<CompletableFuture<Void>> waiting) {
    Message.Delivery d = start.delivery();
    writer.write(
        d.block(),
        new Change.Save(writer.newWrite(), d.nonce(), d.index(), d.attempt(), of.sequence, value),
        answer -> {
          of.writing = false;
          if (answer.status() == Answer.Status.RECORDED && answer.items().get(0).recorded()) {
            meters.checkpoints.increment();
            meters.checkpointBytes.add(bytes.length);
            dropUnless(value.stored(), of);
            of.stored = value.stored();
            of.newest = bytes;
            if (of.pending == null && start.draining()) {
              // Ends it before the handler hears: nothing it does from then on counts.
              yielded.accept(start);
              waiting.forEach(done -> done.completeExceptionally(stale(start)));
              return;
            }
            waiting.forEach(done -> done.complete(null));
            if (of.pending != null) {
              of.writing = true;
              write(start, of);
            }
          } else {
            // A write that had no clean answer may have won before this attempt was overtaken.
            ValueId mine = value.stored();
            ValueId stands = stands(answer);
            if (mine != null && !mine.equals(stands)) {
              writer.deleteValue(mine);
            }
            dropUnless(stands, of);
            of.waiting.addAll(waiting);
            refuse(start, of);
            stale.accept(start);
          }
        });
  }

  private static @Nullable ValueId stands(Answer answer) {
    Value checkpoint = answer.items().isEmpty() ? null : answer.items().get(0).entry().checkpoint();
    return checkpoint == null ? null : checkpoint.stored();
  }

  private static void refuse(Start start, Of of) {
    of.pending = null;
    List<CompletableFuture<Void>> waiting = of.waiting;
    of.waiting = new ArrayList<>();
    waiting.forEach(done -> done.completeExceptionally(stale(start)));
  }

  private static StaleAttempt stale(Start start) {
    return new StaleAttempt(start.id(), start.node(), start.attempt());
  }

  private void dropUnless(@Nullable ValueId inUse, Of of) {
    ValueId old = of.stored;
    if (old != null && !old.equals(inUse)) {
      of.stored = null;
      writer.deleteValue(old);
    }
  }

  // ---------------------------------------------------------------- last

  /** Completes the future with the newest checkpoint of this task; null if there is none. */
  void last(Start start, CompletableFuture<byte @Nullable []> done) {
    Of of = start.checkpoints();
    if (start.attempt() == 1 || of.loaded) {
      of.loaded = true;
      done.complete(of.newest);
      return;
    }
    of.asking.add(done);
    if (!of.loading) {
      of.loading = true;
      read(start, of);
    }
  }

  private void last(Start start, Consumer<byte @Nullable []> then) {
    CompletableFuture<byte @Nullable []> known = new CompletableFuture<>();
    known.whenComplete((bytes, error) -> then.accept(bytes));
    last(start, known);
  }

  private void read(Start start, Of of) {
    Message.Delivery d = start.delivery();
    writer.write(
        d.block(),
        new Change.Confirm(writer.newWrite()),
        answer -> {
          Block block = answer.block();
          TaskEntry entry =
              block == null || block.nonce() != d.nonce() ? null : block.entry(d.index());
          if (entry == null || entry.isFinal() || entry.attempt() != d.attempt()) {
            of.loading = false;
            List<CompletableFuture<byte @Nullable []>> asking = of.asking;
            of.asking = new ArrayList<>();
            asking.forEach(done -> done.completeExceptionally(stale(start)));
            stale.accept(start);
          } else {
            read(start, of, entry.checkpoint());
          }
        });
  }

  private void read(Start start, Of of, @Nullable Value checkpoint) {
    ValueId id = checkpoint == null ? null : checkpoint.stored();
    if (id == null) {
      loaded(of, checkpoint == null ? null : Objects.requireNonNull(checkpoint.bytes()), null);
      return;
    }
    writer.getValue(
        id,
        bytes -> {
          if (bytes == null) {
            // Not to be had now, or this attempt was overtaken: the block tells.
            writer.later(() -> read(start, of));
          } else {
            loaded(of, bytes, id);
          }
        });
  }

  private static void loaded(Of of, byte @Nullable [] bytes, @Nullable ValueId stored) {
    of.loading = false;
    of.loaded = true;
    of.newest = bytes;
    of.stored = stored;
    List<CompletableFuture<byte @Nullable []>> asking = of.asking;
    of.asking = new ArrayList<>();
    asking.forEach(done -> done.complete(bytes));
  }
}
