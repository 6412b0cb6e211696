package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Archive;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole ledger, page by page: each block as all its replicas hold it, and the large
 * values that its tasks need. A page tells where the next one begins, so that nothing is kept here
 * between two. Confined to the front's loop.
 *
 * <p>A task keeps its attempt only if nobody can have started it, and none of that is left to be
 * found out by the heir of an owner that is gone: if every worker drains and holds nothing, or if
 * it is not due soon. Else the attempt is raised.
 */
final class Exporting {

  private static final int PAGE_BYTES = 1 << 20;
  private static final int READ_TOGETHER = 64;
  private static final long PAGE_TIME = 2_000_000_000L;
  private static final long PATIENCE = 10_000_000_000L;
  private static final long PAUSE = 100_000_000L;
  private static final int MOST_PAGES = 4;

  /**
   * Whoever forgets an outcome deletes its value first, and may die between the two. A value that
   * was not there for so long, and as often, while all replicas of its block answered, is no more.
   */
  private static final long NO_MORE_AFTER = 3_000_000_000L;

  private static final int LOOKS = 5;

  /** Of wall clocks: an owner may have started what is not due yet by the clock of this node. */
  private static final long CLOCKS_DIFFER_MILLIS = 60_000;

  private final Loop loop;
  private final Ledger ledger;
  private final LedgerWriter writer;
  private final Router router;
  private final Gone gone;
  private final Callbacks callbacks;
  private int pages;

  Exporting(
      Loop loop,
      Ledger ledger,
      LedgerWriter writer,
      Router router,
      Gone gone,
      Callbacks callbacks) {
    this.loop = loop;
    this.ledger = ledger;
    this.writer = writer;
    this.router = router;
    this.gone = gone;
    this.callbacks = callbacks;
  }

  /**
   * Reads one page. Completes on the callback executor.
   *
   * @param from what the page before told; empty for the first one
   */
  void page(String from, CompletableFuture<LedgerPage> done) {
    Cursor cursor;
    try {
      cursor = Cursor.of(from, ledger.parts());
    } catch (IllegalArgumentException e) {
      callbacks.add(() -> done.completeExceptionally(e));
      return;
    }
    if (pages >= MOST_PAGES) {
      fail(done, pages + " others export already; come back in a second");
      return;
    }
    pages++;
    done.whenComplete((page, error) -> loop.execute(() -> pages--));
    new Page(cursor, done).begin();
  }

  private void fail(CompletableFuture<?> done, String why) {
    callbacks.add(
        () ->
            done.completeExceptionally(
                new DispatcherException("the ledger cannot be exported now: " + why)));
    callbacks.flush();
  }

  /**
   * Where a page begins.
   *
   * @param block the first one that may be in it; null: the first of the part
   * @param value the first of the values of that block
   * @param told a check value of the names of those before it
   * @param gone which of those before it are no more
   */
  private record Cursor(int part, @Nullable BlockId block, int value, int told, BitSet gone) {

    Cursor(int part, @Nullable BlockId block) {
      this(part, block, 0, 0, new BitSet());
    }

    static Cursor at(int part, Block block, List<ValueId> values, int value, BitSet gone) {
      return new Cursor(part, block.id(), value, values.subList(0, value).hashCode(), gone);
    }

    static Cursor of(String text, int parts) {
      if (text.isEmpty()) {
        return new Cursor(0, null);
      }
      String[] fields = text.split("[.]", -1);
      int value = fields.length == 7 ? Integer.parseInt(fields[4]) : -1;
      if (value < 0) {
        throw new IllegalArgumentException("'" + text + "' was not told by a page before");
      }
      int part = Integer.parseInt(fields[0]);
      if (part < 0 || part >= parts) {
        throw new IllegalArgumentException("there is no part " + part + " of the ledger");
      }
      return new Cursor(
          part,
          new BlockId(
              Integer.parseInt(fields[1], 16),
              Long.parseUnsignedLong(fields[2], 16),
              Long.parseUnsignedLong(fields[3], 16)),
          value,
          Integer.parseInt(fields[5]),
          BitSet.valueOf(HexFormat.of().parseHex(fields[6])));
    }

    /** The first of these values that is not told; of a block that has changed, all are. */
    int first(Block now, List<ValueId> values) {
      boolean same =
          now.id().equals(block)
              && value <= values.size()
              && values.subList(0, value).hashCode() == told;
      return same ? value : 0;
    }

    String text() {
      BlockId id = block == null ? new BlockId(0, Long.MIN_VALUE, Long.MIN_VALUE) : block;
      return part
          + "."
          + Integer.toHexString(id.shard())
          + "."
          + Long.toHexString(id.high())
          + "."
          + Long.toHexString(id.low())
          + "."
          + value
          + "."
          + told
          + "."
          + HexFormat.of().formatHex(gone.toByteArray());
    }
  }

  /** One page under way. */
  private final class Page {
    private final CompletableFuture<LedgerPage> done;
    private final long begun = loop.now();
    private final ByteArrayOutputStream records = new ByteArrayOutputStream();
    private final ArrayDeque<BlockId> names = new ArrayDeque<>();
    private Cursor at;
    private boolean ahead;

    /** The value that was not there when it was looked for last, and how often. */
    private @Nullable ValueId missing;

    private long missingSince;
    private int looks;
    private int tasks;
    private int outcomes;

    Page(Cursor from, CompletableFuture<LedgerPage> done) {
      this.at = from;
      this.done = done;
    }

    void begin() {
      ledger.names(
          at.part(),
          loop,
          found -> {
            if (found == null) {
              later("the names of its blocks cannot be read", this::begin);
              return;
            }
            BlockId first = at.block();
            for (BlockId name : found) {
              if (first == null || name.compareTo(first) >= 0) {
                names.add(name);
              }
            }
            next();
          });
    }

    private void later(String why, Runnable again) {
      if (loop.now() - begun > PATIENCE) {
        fail(done, why);
      } else {
        writer.later(PAUSE, again);
      }
    }

    /** A page that would end where it began is not: the next one would do no better. */
    private boolean full() {
      return records.size() >= PAGE_BYTES || (ahead && loop.now() - begun > PAGE_TIME);
    }

    private void next() {
      if (!names.isEmpty()) {
        BlockId first = names.getFirst();
        if (full()) {
          end(first.equals(at.block()) ? at : new Cursor(at.part(), first));
        } else {
          read();
        }
      } else if (at.part() + 1 == ledger.parts()) {
        end(null);
      } else if (full()) {
        end(new Cursor(at.part() + 1, null));
      } else {
        at = new Cursor(at.part() + 1, null);
        ahead = true;
        begin();
      }
    }

    private void end(@Nullable Cursor next) {
      LedgerPage page =
          new LedgerPage(records.toByteArray(), next == null ? null : next.text(), tasks, outcomes);
      callbacks.add(() -> done.complete(page));
      callbacks.flush();
    }

    private void read() {
      int count = Math.min(READ_TOGETHER, names.size());
      @Nullable Block[] blocks = new Block[count];
      BlockId[] ids = new BlockId[count];
      int[] open = {count};
      for (int i = 0; i < count; i++) {
        int place = i;
        ids[i] = names.remove();
        writer.read(
            ids[i],
            answer -> {
              blocks[place] = answer.block();
              ahead |= answer.block() == null;
              if (--open[0] == 0) {
                add(new ArrayDeque<>(Arrays.stream(blocks).filter(b -> b != null).toList()));
              }
            },
            reply -> {
              if (loop.now() - begun > PATIENCE && !done.isDone()) {
                String why = reply instanceof Reply.Unclean ? "no answer" : reply.why();
                fail(done, why);
              }
              return !done.isDone();
            });
      }
    }

    /** Adds these, as far as there is room. */
    private void add(ArrayDeque<Block> blocks) {
      Block block = blocks.poll();
      if (block == null) {
        next();
        return;
      }
      if (full()) {
        putBack(block, blocks);
        next();
        return;
      }
      List<ValueId> values = values(block);
      int first = at.first(block, values);
      addValues(block, values, first, first == 0 ? new BitSet() : at.gone(), blocks);
    }

    /** Where they were: a page ends before the first of the names, and never looks behind it. */
    private void putBack(Block first, ArrayDeque<Block> rest) {
      while (!rest.isEmpty()) {
        names.addFirst(rest.removeLast().id());
      }
      names.addFirst(first.id());
    }

    private void addValues(
        Block block, List<ValueId> values, int index, BitSet gone, ArrayDeque<Block> rest) {
      if (index == values.size()) {
        addBlock(Archive.without(block, gone.stream().map(i -> values.get(i).index()).toArray()));
        add(rest);
        return;
      }
      ValueId value = values.get(index);
      if (full()) {
        at = Cursor.at(at.part(), block, values, index, gone);
        putBack(block, rest);
        next();
        return;
      }
      writer.getValue(
          value,
          bytes -> {
            if (bytes == null && isNoMore(block, value)) {
              gone.set(index);
              ahead = true;
              addValues(block, values, index + 1, gone, rest);
            } else if (bytes == null) {
              // Not to be had now, or dropped meanwhile: the block tells.
              at = Cursor.at(at.part(), block, values, index, gone);
              putBack(block, rest);
              later("a value of block " + block.id() + " cannot be read", this::next);
            } else {
              append(record(value, bytes));
              addValues(block, values, index + 1, gone, rest);
            }
          });
    }

    /** Only what nobody needs to go on with a task. */
    private boolean isNoMore(Block block, ValueId value) {
      if (!value.equals(missing)) {
        missing = value;
        missingSince = loop.now();
        looks = 0;
      }
      looks++;
      return looks >= LOOKS
          && loop.now() - missingSince > NO_MORE_AFTER
          && block.entry(value.index()).isFinal();
    }

    private void addBlock(Block block) {
      ahead = true;
      boolean anything = false;
      for (int i = 0; i < block.size(); i++) {
        TaskEntry entry = block.entry(i);
        boolean outcome = entry.isFinal() && entry.state() != TaskState.REMOVED;
        tasks += entry.isFinal() ? 0 : 1;
        outcomes += outcome ? 1 : 0;
        anything |= outcome || !entry.isFinal();
      }
      if (anything) {
        append(record(Archive.copy(block, raised(block))));
      }
    }

    private void append(byte[] record) {
      ahead = true;
      records.writeBytes(record);
    }
  }

  private Predicate<TaskEntry> raised(Block block) {
    boolean known = gone.settled() && (block.ownerEpoch() == 1 || gone.knowsWhoLeft());
    boolean still = router.quiet() && gone.live().contains(block.owner()) && known;
    long soon = loop.wallMillis() + CLOCKS_DIFFER_MILLIS;
    return entry -> !still && Math.max(entry.dueAt(), entry.profile().notBefore()) <= soon;
  }

  /** What its tasks need beside it. */
  private static List<ValueId> values(Block block) {
    List<ValueId> ids = new ArrayList<>();
    for (int i = 0; i < block.size(); i++) {
      TaskEntry entry = block.entry(i);
      if (entry.isFinal()) {
        add(ids, entry.result());
        if (entry.state() == TaskState.FAILED) {
          // It is a dead letter, or becomes one.
          add(ids, entry.payload());
        }
      } else {
        add(ids, entry.payload());
        add(ids, entry.checkpoint());
      }
    }
    return ids;
  }

  private static void add(List<ValueId> ids, @Nullable Value value) {
    ValueId id = value == null ? null : value.stored();
    if (id != null) {
      ids.add(id);
    }
  }

  private static byte[] record(Block block) {
    try {
      return Archive.record(block);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("block " + block.id() + " has no form", e);
    }
  }

  private static byte[] record(ValueId id, byte[] bytes) {
    try {
      return Archive.record(id, bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("a value of block " + id.block() + " has no form", e);
    }
  }
}
