package io.dispatcher;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps every call until the test answers it. */
final class HeldCalls implements Ledger {
  private record Call(String name, Consumer<Reply> then) {}

  private final List<Call> open = new ArrayList<>();
  private int blocks;
  private @Nullable Block created;
  private @Nullable Change change;

  List<String> names() {
    return open.stream().map(Call::name).toList();
  }

  /** What the last create was to record. */
  @Nullable Block created() {
    return created;
  }

  /** The last write. */
  @Nullable Change change() {
    return change;
  }

  /** The oldest call. */
  void answer(Reply reply) {
    open.remove(0).then.accept(reply);
  }

  @Override
  public BlockId newBlockId() {
    return new BlockId(1, 2, ++blocks);
  }

  @Override
  public long realm() {
    return 1;
  }

  @Override
  public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
    this.change = change;
    if (change instanceof Change.Create create) {
      created = create.block();
    }
    open.add(new Call(change.getClass().getSimpleName().toLowerCase(Locale.ROOT), then));
  }

  @Override
  public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
    open.add(new Call("put value", then));
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    open.add(new Call("delete value", then));
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    throw new IllegalStateException("not asked for");
  }

  @Override
  public void orphans(
      Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
    throw new IllegalStateException("not asked for");
  }

  @Override
  public int parts() {
    return 1;
  }

  @Override
  public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Usage usage() {
    return Usage.NONE;
  }
}
