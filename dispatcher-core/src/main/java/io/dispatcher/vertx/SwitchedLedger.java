package io.dispatcher.vertx;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of the part of the cluster that this node is in now: a write that began in the part it
 * has left is repeated in the one it has joined. Thread-safe.
 */
final class SwitchedLedger implements Ledger {

  private static final String WHY = "this node joins its cluster again";

  private final Supplier<Ledger> now;
  private final BooleanSupplier on;

  /**
   * @param on whether it can be used now
   */
  SwitchedLedger(Supplier<Ledger> now, BooleanSupplier on) {
    this.now = now;
    this.on = on;
  }

  @Override
  public BlockId newBlockId() {
    return now.get().newBlockId();
  }

  @Override
  public long realm() {
    return now.get().realm();
  }

  @Override
  public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
    if (usable(executor, then)) {
      now.get().write(id, change, executor, then);
    }
  }

  @Override
  public @Nullable Block copy(BlockId id) {
    return on.getAsBoolean() ? now.get().copy(id) : null;
  }

  @Override
  public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
    if (usable(executor, then)) {
      now.get().putValue(id, bytes, executor, then);
    }
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    if (usable(executor, then)) {
      now.get().deleteValue(id, executor, then);
    }
  }

  private boolean usable(Executor executor, Consumer<Reply> then) {
    if (on.getAsBoolean()) {
      return true;
    }
    executor.execute(() -> then.accept(new Reply.Unavailable(WHY)));
    return false;
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    if (on.getAsBoolean()) {
      now.get().getValue(id, executor, then);
    } else {
      executor.execute(() -> then.accept(null));
    }
  }

  @Override
  public void orphans(
      Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
    if (on.getAsBoolean()) {
      now.get().orphans(live, gone, most, executor, then);
    } else {
      executor.execute(() -> then.accept(Found.NONE));
    }
  }

  @Override
  public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
    now.get().onLoss(executor, listener);
  }

  @Override
  public Usage usage() {
    return now.get().usage();
  }

  @Override
  public int parts() {
    return now.get().parts();
  }

  @Override
  public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
    if (on.getAsBoolean()) {
      now.get().names(part, executor, then);
    } else {
      executor.execute(() -> then.accept(null));
    }
  }
}
