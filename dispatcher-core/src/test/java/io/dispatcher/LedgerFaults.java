package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Transport;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cluster whose ledger can be made to give the same reply to every write of a block, to keep the
 * clean replies to some and the word of a loss back, and to miss a value.
 */
final class LedgerFaults implements Cluster {

  private final Cluster real;
  private volatile @Nullable Reply reply;
  private final AtomicReference<@Nullable Miss> miss = new AtomicReference<>();
  private final AtomicInteger stored = new AtomicInteger();
  private final List<Class<? extends Change>> slow = new CopyOnWriteArrayList<>();
  private final Queue<Held> held = new ConcurrentLinkedQueue<>();
  private final AtomicInteger gone = new AtomicInteger();
  private final Queue<Runnable> losses = new ConcurrentLinkedQueue<>();
  private volatile boolean tellsNoLoss;

  private record Held(Change change, Runnable reply) {}

  private record Miss(Predicate<ValueId> which, Supplier<CompletionStage<?>> meanwhile) {}

  LedgerFaults(Cluster real) {
    this.real = real;
  }

  /** From now on; null: the real one's. */
  void replies(@Nullable Reply always) {
    reply = always;
  }

  /** From now on nobody hears that such writes are done. */
  void keepsBack(Class<? extends Change> kind) {
    slow.add(kind);
  }

  /** How many such writes are done and nobody has heard of it. */
  long keptBack(Class<? extends Change> kind) {
    return held.stream().filter(each -> kind.isInstance(each.change)).count();
  }

  /** All is heard of such writes, now and from now on. */
  void tells(Class<? extends Change> kind) {
    slow.remove(kind);
    for (Held each : List.copyOf(held)) {
      if (kind.isInstance(each.change) && held.remove(each)) {
        each.reply.run();
      }
    }
  }

  /** From now on it is heard of such writes; not of those that were kept back. */
  void keepsBackNoMore(Class<? extends Change> kind) {
    slow.remove(kind);
  }

  /** From now on nobody hears that a part of the ledger was lost. */
  void keepsLossesBack() {
    tellsNoLoss = true;
  }

  /** All is heard of what was lost. */
  void tellsLosses() {
    tellsNoLoss = false;
    for (Runnable each = losses.poll(); each != null; each = losses.poll()) {
      each.run();
    }
  }

  /** How often the ledger said, asked for a block, that there is none. */
  int gone() {
    return gone.get();
  }

  /**
   * The next read of such a value finds nothing.
   *
   * @param meanwhile what happens before its answer
   */
  void misses(Predicate<ValueId> which, Supplier<CompletionStage<?>> meanwhile) {
    miss.set(new Miss(which, meanwhile));
  }

  /** How many values were stored. */
  int stored() {
    return stored.get();
  }

  /** Whether such a value was asked for. */
  boolean missed() {
    return miss.get() == null;
  }

  @Override
  public Loop loop(String name) {
    return real.loop(name);
  }

  @Override
  public Ledger ledger() {
    return new Faulty(real.ledger());
  }

  @Override
  public Transport transport() {
    return real.transport();
  }

  @Override
  public Membership membership() {
    return real.membership();
  }

  @Override
  public void onEnd(Consumer<Throwable> listener) {
    real.onEnd(listener);
  }

  @Override
  public void close() {
    real.close();
  }

  private final class Faulty implements Ledger {
    private final Ledger ledger;

    Faulty(Ledger ledger) {
      this.ledger = ledger;
    }

    @Override
    public BlockId newBlockId() {
      return ledger.newBlockId();
    }

    @Override
    public long realm() {
      return ledger.realm();
    }

    @Override
    public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
      Reply always = reply;
      if (always == null) {
        ledger.write(id, change, executor, heard -> replied(change, heard, executor, then));
      } else {
        executor.execute(() -> then.accept(always));
      }
    }

    private void replied(Change change, Reply reply, Executor executor, Consumer<Reply> then) {
      if (change instanceof Change.Confirm
          && reply instanceof Reply.Clean clean
          && clean.answer().status() == Answer.Status.GONE) {
        gone.incrementAndGet();
      }
      if (reply instanceof Reply.Clean && slow.contains(change.getClass())) {
        held.add(new Held(change, () -> executor.execute(() -> then.accept(reply))));
      } else {
        then.accept(reply);
      }
    }

    @Override
    public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
      stored.incrementAndGet();
      ledger.putValue(id, bytes, executor, then);
    }

    @Override
    public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
      ledger.deleteValue(id, executor, then);
    }

    @Override
    public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
      Miss next = miss.get();
      if (next != null && next.which.test(id) && miss.compareAndSet(next, null)) {
        next.meanwhile
            .get()
            .whenComplete((done, error) -> executor.execute(() -> then.accept(null)));
      } else {
        ledger.getValue(id, executor, then);
      }
    }

    @Override
    public void orphans(
        Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
      ledger.orphans(live, gone, most, executor, then);
    }

    @Override
    public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
      ledger.onLoss(
          executor,
          where -> {
            if (tellsNoLoss) {
              losses.add(() -> executor.execute(() -> listener.accept(where)));
            } else {
              listener.accept(where);
            }
          });
    }

    @Override
    public int parts() {
      return ledger.parts();
    }

    @Override
    public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
      ledger.names(part, executor, then);
    }

    @Override
    public Usage usage() {
      return ledger.usage();
    }
  }
}
