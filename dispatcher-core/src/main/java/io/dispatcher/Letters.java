package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Failure;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters that this front keeps: those of tasks that failed here, and those adopted from
 * fronts that are gone. Each is a ledger entry of its own, so it survives whoever keeps it. Dropped
 * after 7 days, or, the oldest first, when they outgrow their budget. Confined to the front's loop.
 */
final class Letters {

  static final long KEPT_MILLIS = 7 * 24 * 3_600_000L;

  private static final long TICK = 1_000_000_000L;

  /** Wall clocks are set now and then. */
  private static final long LONGEST_TICK = 3_600 * TICK;

  private static final int MOST_DELETES = 8;

  /** What is known here of a dead letter; the rest lies in the ledger. */
  record Letter(
      BlockId block,
      long epoch,
      TaskRef task,
      long nonce,
      String type,
      @Nullable String key,
      Failure failure,
      int attempts,
      int payloadBytes,
      @Nullable ValueId stored,
      long failedAt,
      int weight) {

    static Letter of(Block block) {
      TaskEntry entry = block.entry(0);
      Value payload = entry.payload();
      Failure failure =
          Objects.requireNonNullElse(entry.failure(), new Failure("", "", "", "", entry.attempt()));
      return new Letter(
          block.id(),
          block.ownerEpoch(),
          Objects.requireNonNull(block.letterOf()),
          block.nonce(),
          entry.profile().type(),
          entry.key(),
          new Failure(failure.type(), failure.message(), "", failure.node(), failure.attempt()),
          entry.attempt(),
          payload == null ? 0 : payload.size(),
          payload == null ? null : payload.stored(),
          block.createdAt(),
          400 + block.weight() + (payload == null ? 0 : payload.size()));
    }
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Meters meters;
  private final long budget;
  private final TreeSet<Letter> oldestFirst =
      new TreeSet<>(Comparator.comparingLong(Letter::failedAt).thenComparing(Letter::block));
  private final Map<TaskRef, Letter> byTask = new HashMap<>();
  private long weight;
  private int deletes;
  private boolean ticking;
  private boolean over;
  private Runnable room = () -> {};

  /**
   * @param budget weight of all of them here, at the most
   */
  Letters(Loop loop, LedgerWriter writer, Peer self, Meters meters, long budget) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.meters = meters;
    this.budget = budget;
  }

  /** What a failed task will weigh here, roughly. */
  static int weight(OwnedTask task) {
    Failure failure = task.failure;
    int words = failure == null ? 0 : failure.message().length() + failure.trace().length();
    return 800 + words + (task.storedPayload ? 1 : 2) * task.size;
  }

  int size() {
    return oldestFirst.size();
  }

  long weight() {
    return weight;
  }

  long budget() {
    return budget;
  }

  /** Whether they outgrow their budget: the oldest ones go, but have not gone yet. */
  boolean full() {
    return weight > budget;
  }

  /** To be told whenever there may be room again. */
  void onRoom(Runnable told) {
    room = told;
  }

  @Nullable Letter find(TaskRef task) {
    return byTask.get(task);
  }

  Iterator<Letter> newestFirst() {
    return oldestFirst.descendingIterator();
  }

  Iterator<Letter> oldestFirst() {
    return oldestFirst.iterator();
  }

  /** This front keeps it from now on. */
  void add(Block block) {
    Letter letter = Letter.of(block);
    if (!over && oldestFirst.add(letter)) {
      weight += letter.weight();
      // Of two tasks of one idempotency key the later one is meant.
      byTask.merge(letter.task(), letter, (a, b) -> a.failedAt() > b.failedAt() ? a : b);
      trim();
      tick();
    }
  }

  /** Others keep them from now on. */
  void forgetAll() {
    over = true;
    oldestFirst.clear();
    byTask.clear();
    weight = 0;
  }

  /** It is this front's no more. */
  private void forget(Letter letter) {
    if (oldestFirst.remove(letter)) {
      weight -= letter.weight();
      byTask.remove(letter.task(), letter);
    }
  }

  private void tick() {
    if (!ticking && !oldestFirst.isEmpty()) {
      ticking = true;
      long due = KEPT_MILLIS - (loop.wallMillis() - oldestFirst.first().failedAt());
      loop.after(
          Math.max(TICK, Math.min(due * 1_000_000L, LONGEST_TICK)),
          () -> {
            ticking = false;
            trim();
            tick();
          });
    }
  }

  private void trim() {
    long before = loop.wallMillis() - KEPT_MILLIS;
    while (deletes < MOST_DELETES && !oldestFirst.isEmpty()) {
      Letter oldest = oldestFirst.first();
      boolean over = weight > budget;
      if (oldest.failedAt() > before && !over) {
        return;
      }
      deletes++;
      delete(
          oldest,
          deleted -> {
            if (deleted && oldest.failedAt() > before) {
              meters.lettersEvicted.increment();
            }
            deletes--;
            trim();
            room.run();
          });
    }
  }

  /**
   * Drops it, unless another front keeps it by now.
   *
   * @param then told whether it is gone
   */
  void delete(Letter letter, Consumer<Boolean> then) {
    forget(letter);
    ValueId stored = letter.stored();
    if (stored == null) {
      deleteBlock(letter, then);
      return;
    }
    read(
        letter,
        block -> {
          if (block == null) {
            then.accept(false);
          } else {
            // First what nobody would find again.
            writer.deleteValue(stored);
            deleteBlock(letter, then);
          }
        });
  }

  private void deleteBlock(Letter letter, Consumer<Boolean> then) {
    writer.write(
        letter.block(),
        new Change.Delete(writer.newWrite(), self, letter.epoch(), letter.nonce()),
        // A repeat finds what it has deleted gone.
        answer -> then.accept(answer.status() != Answer.Status.FENCED));
  }

  /** What the ledger holds of it; null if it is gone, or another front's. */
  void read(Letter letter, Consumer<@Nullable Block> then) {
    writer.write(
        letter.block(),
        new Change.Confirm(writer.newWrite()),
        answer -> {
          boolean mine = self.equals(answer.owner()) && answer.ownerEpoch() == letter.epoch();
          if (!mine) {
            forget(letter);
          }
          then.accept(mine ? answer.block() : null);
        });
  }

  /** Its payload; null if it is not to be had. */
  void payload(Block block, Consumer<byte @Nullable []> then) {
    Value payload = block.entry(0).payload();
    ValueId stored = payload == null ? null : payload.stored();
    if (payload == null) {
      then.accept(null);
    } else if (stored == null) {
      then.accept(payload.bytes());
    } else {
      writer.getValue(stored, then);
    }
  }

  /** Makes a dead letter of a failed task, as its block has it; calls back once it is recorded. */
  void write(TaskRef task, long nonce, TaskEntry failed, Runnable then) {
    long write = writer.newWrite();
    Block letter = Block.letter(task, nonce, self, loop.wallMillis(), failed.letter(write));
    writer.write(
        letter.id(),
        new Change.Create(write, letter),
        answer -> {
          // Else an owner before this one has made it, and who adopts its letters keeps it.
          if (answer.status() == Answer.Status.RECORDED
              && self.equals(answer.owner())
              && answer.ownerEpoch() == 1) {
            add(letter);
          }
          then.run();
        });
  }

  /** All of them, as a copy. */
  List<Letter> all() {
    return List.copyOf(oldestFirst);
  }
}
