package io.dispatcher.vertx;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of the part of the cluster that this node is in now: a write that began in the part it
 * has left is repeated in the one it has joined. Thread-safe.
 */
final class SwitchedLedger implements Ledger {

  private final Supplier<Ledger> now;

  SwitchedLedger(Supplier<Ledger> now) {
    this.now = now;
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
    now.get().write(id, change, executor, then);
  }

  @Override
  public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
    now.get().putValue(id, bytes, executor, then);
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    now.get().deleteValue(id, executor, then);
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    now.get().getValue(id, executor, then);
  }

  @Override
  public void orphans(Set<Peer> live, int most, Executor executor, Consumer<List<Orphan>> then) {
    now.get().orphans(live, most, executor, then);
  }

  @Override
  public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
    now.get().onLoss(executor, listener);
  }

  @Override
  public Usage usage() {
    return now.get().usage();
  }
}
