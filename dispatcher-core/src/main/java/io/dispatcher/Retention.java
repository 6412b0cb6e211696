package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.ValueId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Forgets outcomes: ten seconds after their submitter has them, or after their retention, or
 * earlier, the oldest fetched first, when they outgrow their budget or the store nodes run full.
 * What has an idempotency key stays for its retention though it was fetched, so that a repeat finds
 * it. Whole blocks are deleted; of a block that a straggler keeps alive the fetched outcomes are
 * dropped one by one. Confined to the front's loop.
 */
final class Retention {

  private static final long FETCHED_NANOS = 10_000_000_000L;

  /** What was sent to the ledger longer ago is not carried out any more: its calls time out. */
  private static final long NOTHING_COMES_NANOS = 20_000_000_000L;

  /**
   * As that, for what was taken over: whoever created it and was cut off may try it again, for a
   * minute and a half after its first try, as soon as it is back.
   */
  private static final long NOBODY_COMES_BACK_NANOS = 120_000_000_000L;

  /** An outcome that is to go once it was fetched waits this long for somebody to fetch it. */
  private static final long NOBODY_CAME_NANOS = 300_000_000_000L;

  private static final long TICK = 250_000_000L;
  private static final int MAX_DELETES = 8;

  /** This part of the budget may be filled beyond it while others make room. */
  private static final int OVER = 4;

  /** A block and when it goes, if it has not to make room earlier. */
  private record Kept(OwnedBlock block, long until) {}

  /**
   * A block that may be recorded anew until then: it stays, however little room is left.
   *
   * @param line where it goes then
   */
  private record Barred(Kept kept, long until, Queue<Kept> line) {}

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;

  /** Told of a block that another front has taken over. */
  private final Consumer<OwnedBlock> disowned;

  private final long budget;

  /** All stay equally long, so that they go in the order in which they came. */
  private final ArrayDeque<Kept> fetched = new ArrayDeque<>();

  /** Fetched too, but their time is their own: of an idempotency key, shorter, or longer. */
  private final PriorityQueue<Kept> timed =
      new PriorityQueue<>(Comparator.comparingLong(Kept::until));

  private final PriorityQueue<Kept> unfetched =
      new PriorityQueue<>(Comparator.comparingLong(Kept::until));

  /** In a line of their own, so that they keep no other from making room. */
  private final PriorityQueue<Barred> barred =
      new PriorityQueue<>(Comparator.comparingLong(Barred::until));

  private final ArrayDeque<Kept> stragglers = new ArrayDeque<>();
  private long weight;
  private boolean tight;
  private int deletes;
  private boolean ticking;

  Retention(Loop loop, LedgerWriter writer, Peer self, long budget, Consumer<OwnedBlock> disowned) {
    this.disowned = disowned;
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.budget = budget;
  }

  /** Bytes of outcomes kept, roughly. */
  long weight() {
    return weight;
  }

  /**
   * Whether outcomes that may not go yet fill the budget, or so many are over it that those which
   * make room do not get on: their deletion waits for copies that are missing.
   */
  boolean full() {
    boolean makesRoom = !fetched.isEmpty() || !timed.isEmpty() || deletes > 0;
    return weight > (makesRoom ? budget + budget / OVER : budget);
  }

  /** Whether store nodes have little room left. */
  void tight(boolean now) {
    tight = now;
  }

  /** Whoever owns the blocks from now on keeps their outcomes. */
  void forgetAll() {
    fetched.clear();
    timed.clear();
    unfetched.clear();
    barred.clear();
    stragglers.clear();
    weight = 0;
  }

  /** An outcome came to be. */
  void add(OwnedBlock block, int bytes) {
    block.weight += bytes;
    weight += bytes;
  }

  /** The block is no more. */
  void drop(OwnedBlock block) {
    weight -= block.weight;
    block.weight = 0;
  }

  /** The first task of a block is final while others are not. */
  void straggling(OwnedBlock block) {
    stragglers.add(new Kept(block, loop.now() + FETCHED_NANOS));
    tick();
  }

  /** Every task of the block is final. */
  void complete(OwnedBlock block) {
    boolean all = true;
    long retention = 0;
    List<ValueId> stored = new ArrayList<>(0);
    for (OwnedTask task : block.tasks) {
      all &= task.fetched;
      retention = Math.max(retention, task.profile.retentionMillis());
      if (task.storedResult != null) {
        stored.add(task.storedResult);
      }
    }
    block.storedResults = stored;
    long nanos = retention * 1_000_000L;
    long now = loop.now();
    if (!all) {
      keep(block, now, nanos == 0 ? NOBODY_CAME_NANOS : nanos, unfetched);
    } else if (block.keyed || block.mayComeAgain || nanos < FETCHED_NANOS) {
      keep(block, now, block.keyed || nanos < FETCHED_NANOS ? nanos : FETCHED_NANOS, timed);
    } else {
      keep(block, now, FETCHED_NANOS, fetched);
    }
    trim();
    tick();
  }

  private void keep(OwnedBlock block, long now, long nanos, Queue<Kept> line) {
    long bar = mayCome(block);
    Kept kept = new Kept(block, now + Math.max(bar, nanos));
    if (bar == 0) {
      line.add(kept);
    } else {
      barred.add(new Barred(kept, now + bar, line));
    }
  }

  /** How long it may be recorded anew. */
  private static long mayCome(OwnedBlock block) {
    if (!block.mayComeAgain) {
      return 0;
    }
    return block.epoch > 1 ? NOBODY_COMES_BACK_NANOS : NOTHING_COMES_NANOS;
  }

  private void tick() {
    if (!ticking) {
      ticking = true;
      loop.after(
          TICK,
          () -> {
            ticking = false;
            trim();
            forgetFetched();
            if (!fetched.isEmpty()
                || !timed.isEmpty()
                || !unfetched.isEmpty()
                || !barred.isEmpty()
                || !stragglers.isEmpty()) {
              tick();
            }
          });
    }
  }

  private void trim() {
    long now = loop.now();
    Barred next = barred.peek();
    while (next != null && next.until() - now <= 0) {
      barred.remove();
      next.line().add(next.kept());
      next = barred.peek();
    }
    while (deletes < MAX_DELETES) {
      boolean forced = tight || weight > budget;
      Kept due = due(fetched, now, forced);
      if (due == null) {
        due = due(timed, now, forced);
      }
      if (due == null) {
        due = due(unfetched, now, false);
      }
      if (due == null) {
        return;
      }
      delete(due.block());
    }
  }

  /** Takes the first one if its time is over, or if it has to make room. */
  private static @Nullable Kept due(Queue<Kept> line, long now, boolean forced) {
    Kept first = line.peek();
    if (first == null || (!forced && first.until() - now > 0)) {
      return null;
    }
    return line.poll();
  }

  private void delete(OwnedBlock block) {
    deletes++;
    if (block.storedResults.isEmpty()) {
      deleteBlock(block);
      return;
    }
    ifStillOwned(
        block,
        () -> {
          block.storedResults.forEach(writer::deleteValue);
          deleteBlock(block);
        },
        () -> deleted(block));
  }

  private void deleteBlock(OwnedBlock block) {
    writer.write(
        block.id,
        new Change.Delete(writer.newWrite(), self, block.epoch, block.nonce),
        answer -> deleted(block));
  }

  private void deleted(OwnedBlock block) {
    deletes--;
    drop(block);
    trim();
  }

  /**
   * Values beside a block are dropped without a question, unlike what is in it: whoever took the
   * block over from a node that was frozen keeps its outcomes by a clock of its own.
   */
  private void ifStillOwned(OwnedBlock block, Runnable then, Runnable otherwise) {
    writer.write(
        block.id,
        new Change.Confirm(writer.newWrite()),
        answer -> {
          if (self.equals(answer.owner()) && answer.ownerEpoch() == block.epoch) {
            then.run();
          } else {
            otherwise.run();
          }
        });
  }

  private void forgetFetched() {
    long now = loop.now();
    int count = stragglers.size();
    for (int i = 0; i < count; i++) {
      Kept kept = stragglers.remove();
      if (kept.block().unfinished == 0) {
        continue;
      }
      boolean due = kept.until() - now <= 0;
      if (!due && !kept.block().once) {
        stragglers.add(kept);
        continue;
      }
      List<Integer> indexes = new ArrayList<>();
      List<ValueId> results = new ArrayList<>(0);
      long freed = 0;
      for (OwnedTask task : kept.block().tasks) {
        boolean wanted = !due && task.profile.retentionMillis() != 0;
        if (task.fetched && task.isFinal() && !task.forgotten && !task.moving && !wanted) {
          task.forgotten = true;
          if (task.storedResult != null) {
            results.add(task.storedResult);
            task.storedResult = null;
          }
          indexes.add(task.index);
          freed += task.kept;
        }
      }
      if (!indexes.isEmpty()) {
        if (results.isEmpty()) {
          forget(kept.block(), indexes);
        } else {
          ifStillOwned(
              kept.block(),
              () -> {
                results.forEach(writer::deleteValue);
                forget(kept.block(), indexes);
              },
              () -> {});
        }
        kept.block().weight -= freed;
        weight -= freed;
      }
      stragglers.add(due ? new Kept(kept.block(), now + FETCHED_NANOS) : kept);
    }
  }

  private void forget(OwnedBlock block, List<Integer> indexes) {
    writer.write(
        block.id,
        new Change.Forget(writer.newWrite(), self, block.epoch, List.copyOf(indexes)),
        answer -> {
          if (answer.status() == Status.FENCED) {
            disowned.accept(block);
          }
        });
  }
}
