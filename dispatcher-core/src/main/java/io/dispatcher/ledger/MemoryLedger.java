package io.dispatcher.ledger;

import io.dispatcher.ledger.Answer.Status;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The ledger of a node without a cluster: this JVM's memory, gone when it ends. Thread-safe. */
public final class MemoryLedger implements Ledger {

  private final ConcurrentHashMap<BlockId, Block> blocks = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ValueId, byte[]> values = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong stamps = new AtomicLong();
  private final AtomicLong names = new AtomicLong();
  private final long origin;
  private final long limit;

  /**
   * @param random names the blocks
   * @param limit bytes to hold at the most before fronts refuse submits
   */
  public MemoryLedger(RandomGenerator random, long limit) {
    this.origin = random.nextLong();
    this.limit = limit;
  }

  @Override
  public BlockId newBlockId() {
    long name = names.incrementAndGet();
    return BlockId.issued(origin, (int) (name & 0xffff), origin, name);
  }

  /** Drawn once: what another process accepted is unknown here. */
  @Override
  public long realm() {
    return origin;
  }

  @Override
  public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
    Answer[] answer = new Answer[1];
    blocks.compute(
        id,
        (key, block) -> {
          Transition transition = Transition.of(block, change, 0, stamps.incrementAndGet());
          answer[0] = transition.answer();
          Block next = transition.next();
          bytes.addAndGet(
              (next == null ? 0 : next.weight()) - (block == null ? 0 : block.weight()));
          return next;
        });
    executor.execute(() -> then.accept(new Reply.Clean(answer[0])));
  }

  @Override
  public void putValue(ValueId id, byte[] value, Executor executor, Consumer<Reply> then) {
    if (values.putIfAbsent(id, value) == null) {
      bytes.addAndGet(value.length);
    }
    executor.execute(() -> then.accept(new Reply.Clean(Answer.of(Status.RECORDED, null))));
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    byte[] old = values.remove(id);
    if (old != null) {
      bytes.addAndGet(-old.length);
    }
    executor.execute(() -> then.accept(new Reply.Clean(Answer.of(Status.RECORDED, null))));
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    byte[] value = values.get(id);
    executor.execute(() -> then.accept(value));
  }

  /** None: there is one owner, and the blocks end with it. */
  @Override
  public void orphans(
      Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
    executor.execute(() -> then.accept(Found.NONE));
  }

  @Override
  public int parts() {
    return 1;
  }

  @Override
  public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
    List<BlockId> names = blocks.keySet().stream().sorted().toList();
    executor.execute(() -> then.accept(names));
  }

  @Override
  public Usage usage() {
    return new Usage(bytes.get(), limit);
  }
}
