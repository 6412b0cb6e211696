package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Repeats each write, with the same random id, until the ledger gives a clean answer. Until then
 * nothing is acknowledged, handed out, notified or shown. Confined to its role's loop.
 */
final class LedgerWriter {

  private static final long FIRST_PAUSE = 20_000_000L;
  private static final long SHORT_PAUSE = 80_000_000L;
  private static final long LONGEST_PAUSE = 200_000_000L;

  /**
   * So long after its first try the creation of a block is not repeated any more by a peer that is
   * no more: whoever took the block over may have forgotten it, but not much earlier than that.
   */
  private static final long CREATED_WITHIN = 90_000_000_000L;

  /** How a block is created, and what becomes of that. */
  interface Creation {
    /**
     * The ledger has answered.
     *
     * @param repeated an earlier try may yet arrive
     */
    void answered(Answer answer, boolean repeated);

    /** Asked as long as the ledger has only ever said that it did not happen. */
    boolean givesUp();

    /** It did not happen, and will not. */
    void gaveUp(String why);

    /** The block is {@linkplain Reply.Missing missing}: from now on it is not given up. */
    void missing();

    /** This peer is no more, and it is too late to try again: it may have happened. */
    void unknown();
  }

  private final Loop loop;
  private final Ledger ledger;
  private final Meters meters;
  private int underWay;
  private boolean closed;
  private boolean retired;

  LedgerWriter(Loop loop, Ledger ledger, Meters meters) {
    this.loop = loop;
    this.ledger = ledger;
    this.meters = meters;
  }

  /** The random id of a new write. */
  long newWrite() {
    return loop.random().nextLong();
  }

  /** Of the ledger: tells the names of its blocks from made-up ones. */
  long realm() {
    return ledger.realm();
  }

  /** Writes until the answer is clean. */
  void write(BlockId id, Change change, Consumer<Answer> then) {
    write(id, change, then, () -> false, why -> {});
  }

  /**
   * Writes until the answer is clean, or until the cluster has only ever said that the write did
   * not happen and the caller gives up.
   *
   * @param giveUp asked after each such refusal
   * @param gaveUp instead of {@code then}, with the ledger's words
   */
  void write(
      BlockId id,
      Change change,
      Consumer<Answer> then,
      BooleanSupplier giveUp,
      Consumer<String> gaveUp) {
    boolean creates = change instanceof Change.Create;
    repeat(reply -> ledger.write(id, change, loop, reply), then, giveUp, gaveUp, creates);
  }

  /** Creates a block, as {@link #write} does. */
  void create(Change.Create change, Creation creation) {
    underWay++;
    Change repeated = change.repeated();
    new Write(
            (again, reply) ->
                ledger.write(change.block().id(), again ? repeated : change, loop, reply),
            creation::answered,
            creation::givesUp,
            creation::gaveUp,
            true,
            () -> {
              creation.missing();
              return false;
            },
            creation::unknown)
        .call();
  }

  /**
   * Reads a block until the answer is clean.
   *
   * @param missing asked where it is {@linkplain Reply.Missing missing}; true if that is enough
   */
  void confirm(BlockId id, Consumer<Answer> then, BooleanSupplier missing) {
    Change change = new Change.Confirm(newWrite());
    underWay++;
    new Write(
            (again, reply) -> ledger.write(id, change, loop, reply),
            (answer, repeated) -> then.accept(answer),
            () -> false,
            why -> {},
            false,
            missing,
            null)
        .call();
  }

  /**
   * Reads a block as all its replicas hold it. A read leaves nothing behind, so it can be given up
   * whatever the ledger has said so far.
   *
   * @param goOn asked after each reply that is not clean; false ends it
   */
  void read(BlockId id, Consumer<Answer> then, Predicate<Reply> goOn) {
    read(id, then, goOn, 0);
  }

  private void read(BlockId id, Consumer<Answer> then, Predicate<Reply> goOn, int tries) {
    if (closed) {
      return;
    }
    meters.ledgerWrites.increment();
    ledger.write(
        id,
        new Change.Confirm(newWrite()),
        loop,
        reply -> {
          if (reply instanceof Reply.Clean clean) {
            then.accept(clean.answer());
          } else if (goOn.test(reply)) {
            meters.ledgerRepeats.increment();
            loop.after(pause(tries), () -> read(id, then, goOn, tries + 1));
          }
        });
  }

  /** What this node holds of a block, confirmed by nobody. */
  @Nullable Block copy(BlockId id) {
    return ledger.copy(id);
  }

  void putValue(ValueId id, byte[] bytes, Runnable then) {
    putValue(id, bytes, then, () -> false, why -> {});
  }

  void putValue(
      ValueId id, byte[] bytes, Runnable then, BooleanSupplier giveUp, Consumer<String> gaveUp) {
    repeat(reply -> ledger.putValue(id, bytes, loop, reply), a -> then.run(), giveUp, gaveUp, true);
  }

  /** Deletes until the answer is clean. */
  void deleteValue(ValueId id) {
    repeat(reply -> ledger.deleteValue(id, loop, reply), a -> {}, () -> false, why -> {}, false);
  }

  /** As {@link #deleteValue}, for one whose block was never created: this is not given up. */
  void deleteUnused(ValueId id) {
    repeat(reply -> ledger.deleteValue(id, loop, reply), a -> {}, () -> false, why -> {}, true);
  }

  /** A task is final: nobody starts from its checkpoint any more. */
  void dropCheckpoint(TaskEntry entry) {
    Value checkpoint = entry.checkpoint();
    ValueId stored = checkpoint == null ? null : checkpoint.stored();
    if (stored != null) {
      deleteValue(stored);
    }
  }

  /** Reads once; null if there is no value, or none to be had now. */
  void getValue(ValueId id, Consumer<byte @Nullable []> then) {
    ledger.getValue(id, loop, then);
  }

  private void repeat(
      Consumer<Consumer<Reply>> call,
      Consumer<Answer> then,
      BooleanSupplier giveUp,
      Consumer<String> gaveUp,
      boolean creates) {
    underWay++;
    new Write(
            (again, reply) -> call.accept(reply),
            (answer, repeated) -> then.accept(answer),
            giveUp,
            gaveUp,
            creates,
            () -> false,
            null)
        .call();
  }

  /** One write, from its first call to its clean answer. */
  private final class Write {
    private final BiConsumer<Boolean, Consumer<Reply>> call;
    private final BiConsumer<Answer, Boolean> then;
    private final BooleanSupplier giveUp;
    private final Consumer<String> gaveUp;
    private final boolean creates;
    private final BooleanSupplier missing;
    private final @Nullable Runnable unknown;
    private final long begun = loop.now();
    private int tries;
    private boolean mayHaveHappened;

    /**
     * @param call told whether it may have happened already
     */
    Write(
        BiConsumer<Boolean, Consumer<Reply>> call,
        BiConsumer<Answer, Boolean> then,
        BooleanSupplier giveUp,
        Consumer<String> gaveUp,
        boolean creates,
        BooleanSupplier missing,
        @Nullable Runnable unknown) {
      this.creates = creates;
      this.missing = missing;
      this.call = call;
      this.then = then;
      this.giveUp = giveUp;
      this.gaveUp = gaveUp;
      this.unknown = unknown;
    }

    void call() {
      if (closed || (retired && !creates)) {
        underWay--;
        return;
      }
      if (retired && !mayHaveHappened && giveUp.getAsBoolean()) {
        underWay--;
        gaveUp.accept("the writer is no more");
        return;
      }
      if (retired && unknown != null && loop.now() - begun > CREATED_WITHIN) {
        underWay--;
        unknown.run();
        return;
      }
      meters.ledgerWrites.increment();
      call.accept(mayHaveHappened, this::handle);
    }

    private void handle(Reply reply) {
      if (reply instanceof Reply.Clean clean) {
        underWay--;
        then.accept(clean.answer(), mayHaveHappened);
        return;
      }
      if (reply instanceof Reply.Missing && missing.getAsBoolean()) {
        underWay--;
        return;
      }
      meters.ledgerRepeats.increment();
      // What waits for copies has reached the ledger, which may carry it out once more behind it.
      mayHaveHappened |= !(reply instanceof Reply.Unavailable);
      if (!mayHaveHappened && giveUp.getAsBoolean()) {
        underWay--;
        gaveUp.accept(reply.why());
        return;
      }
      loop.after(pause(tries++), this::call);
    }
  }

  /** Short while a partition finds its new replicas, which takes some hundred milliseconds. */
  private static long pause(int tries) {
    return Math.min(FIRST_PAUSE << Math.min(tries, 10), tries < 30 ? SHORT_PAUSE : LONGEST_PAUSE);
  }

  /** Runs on the loop after a short pause, unless this writer was closed. */
  void later(Runnable turn) {
    later(SHORT_PAUSE, turn);
  }

  /** Runs on the loop after a pause, unless this writer was closed. */
  void later(long pause, Runnable turn) {
    loop.after(
        pause,
        () -> {
          if (!closed) {
            turn.run();
          }
        });
  }

  /**
   * The peer that writes is no more: only what may have been accepted is still repeated, so that
   * its submitter learns of it. Everything else was decided by what that peer knew: an adoption
   * would take a block from an owner who lives.
   */
  void retire() {
    retired = true;
  }

  /** Writes without an answer yet. */
  int underWay() {
    return underWay;
  }

  /** Starts no write any more. */
  void close() {
    closed = true;
  }
}
