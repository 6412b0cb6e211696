package io.dispatcher.sim;

import static io.dispatcher.sim.ErringLedger.MILLI;
import static io.dispatcher.sim.ErringLedger.PARTITIONS;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Delta;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.LedgerKey;
import io.dispatcher.ledger.Orphans;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.Transition;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.sim.LedgerCall.Effect;
import io.dispatcher.sim.LedgerCall.Operation;
import io.dispatcher.sim.Partition.Replica;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One node's way to the ledger. */
final class LedgerView implements Ledger {

  private static final Answer DONE = new Answer(Answer.Status.RECORDED, null, 0, List.of(), null);

  private final ErringLedger ledger;
  private final SimWorld world;
  private final RandomGenerator random;
  private final Labels labels;

  private final SimNode node;

  /** For sabotage. */
  private Set<Peer> scanned = Set.of();

  private final Set<Long> written = new HashSet<>();

  LedgerView(ErringLedger ledger, SimNode node) {
    this.ledger = ledger;
    this.world = ledger.world;
    this.random = ledger.random;
    this.labels = world.labels();
    this.node = node;
  }

  @Override
  public BlockId newBlockId() {
    int partition = random.nextInt(PARTITIONS);
    if (random.nextBoolean()) {
      for (int i = 0; i < PARTITIONS; i++) {
        Partition candidate = world.side(node).partitions.get((partition + i) % PARTITIONS);
        if (!candidate.replicas.isEmpty() && candidate.replicas.get(0) == node) {
          partition = candidate.id;
          break;
        }
      }
    }
    BlockId id =
        BlockId.issued(
            realm(),
            partition + PARTITIONS * random.nextInt(5_000),
            ++ledger.names,
            node.peer().incarnation());
    labels.of(id);
    return id;
  }

  @Override
  public long realm() {
    return 7;
  }

  @Override
  public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
    new LedgerCall(
            ledger,
            node,
            partition(id),
            labels.of(id, change),
            (primary, again) -> apply(primary, id, planted(change), again),
            executor,
            told -> {
              if (change instanceof Change.Begin begin && told instanceof Reply.Clean) {
                ledger.observer.heard(id, begin);
              } else if (change instanceof Change.Withdraw gone && told instanceof Reply.Clean) {
                ledger.observer.heard(id, gone);
              }
              then.accept(told);
            })
        .readBack(() -> readBack(id, change))
        .start();
  }

  private Change planted(Change change) {
    return ledger.sabotage == Sabotage.NO_WRITE_IDS && !written.add(change.write())
        ? PlantedBugs.withNewId(change, random.nextLong())
        : change;
  }

  /** What a reader would take for a clean answer: the primary shows the write. */
  private @Nullable Reply readBack(BlockId id, Change change) {
    Partition partition = partition(id);
    if (partition.replicas.isEmpty() || change instanceof Change.Confirm) {
      return null;
    }
    Block block = partition.primary().blocks.get(id);
    if (block == null) {
      return null;
    }
    Transition seen = Transition.of(block, change, 0, 0);
    boolean shown = seen.next() == block && seen.answer().status() == Answer.Status.RECORDED;
    return shown ? new Reply.Clean(seen.answer()) : null;
  }

  private @Nullable Effect apply(Replica primary, BlockId id, Change written, boolean again) {
    Block block = primary.blocks.get(id);
    if (Transition.waitsForCopies(written, block == null)
        && !partition(id).marked
        && ledger.sabotage != Sabotage.HAZELCAST_DEFAULT) {
      return null;
    }
    Change change = written;
    if (again && block == null && change instanceof Change.Create && ledger.deleted.contains(id)) {
      // Hazelcast keeps the order of one caller's calls, so no late create follows a delete.
      return Effect.only(DONE);
    }
    if (block != null) {
      change = ledger.bugs.inPlaceOf(change, block);
      Answer told = ledger.bugs.inWordsOnly(change, block);
      if (told != null) {
        return Effect.only(told);
      }
    }
    Transition transition =
        Transition.of(
            ledger.bugs.seenBy(change, block), change, world.side(node).seen, random.nextLong());
    Block next = transition.next();
    primary.set(id, next);
    if (block == null
        && next != null
        && !partition(id).marked
        && !world.side(node).brings(partition(id).id, id)) {
      ledger.observer.remade(id);
    }
    ledger.observer.applied(id, block, next);
    if (change instanceof Change.Delete && next == null) {
      ledger.deleted.add(id);
    }
    Delta delta = transition.delta();
    Change applied = change;
    boolean asked = ledger.sabotage != Sabotage.GONE_UNASKED || !(delta instanceof Delta.Absent);
    LedgerCall.Copying copying =
        backup ->
            backup.set(
                id,
                ledger.sabotage == Sabotage.BACKUPS_DECIDE
                    ? Transition.of(backup.blocks.get(id), applied, 0, 0).next()
                    : delta.applyTo(backup.blocks.get(id)));
    return new Effect(
        transition.answer(), asked ? copying : null, () -> ledger.observer.replicated(id, next));
  }

  @Override
  public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
    Operation put =
        (primary, again) -> {
          primary.values.put(id, bytes);
          return new Effect(DONE, backup -> backup.values.put(id, bytes), () -> {});
        };
    new LedgerCall(ledger, node, partition(id), "put value " + labels.of(id), put, executor, then)
        .start();
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    Operation delete =
        (primary, again) -> {
          primary.values.remove(id);
          ledger.observer.dropped(id);
          return new Effect(DONE, backup -> backup.values.remove(id), () -> {});
        };
    String what = "delete value " + labels.of(id);
    new LedgerCall(ledger, node, partition(id), what, delete, executor, then).start();
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    Partition partition = partition(id);
    long delay = 2 * world.network().delay();
    boolean fails = ledger.hit(world.faults().readFails(), "value not read");
    node.after(
        delay,
        () -> {
          boolean there =
              !fails
                  && !partition.replicas.isEmpty()
                  && !partition.primaryAway
                  && partition.replicas.get(0).running()
                  && world.reaches(node, partition.replicas.get(0))
                  && world.reaches(partition.replicas.get(0), node)
                  && world.side(node).takesCalls(world.simulation().now());
          byte[] value = there ? partition.primary().values.get(id) : null;
          executor.execute(() -> then.accept(value));
        });
  }

  /** A vault's part is looked after by whoever asks: vaults run nothing. */
  @Override
  public void orphans(
      Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
    if (node.rejoining()) {
      executor.execute(() -> then.accept(Found.NONE));
      return;
    }
    List<Block> found = new ArrayList<>();
    boolean once = ledger.sabotage == Sabotage.ONE_SCAN;
    Set<Peer> before = scanned;
    scanned = Set.copyOf(live);
    for (Partition partition : world.side(node).partitions) {
      SimNode primary = partition.holder();
      if (!partition.primaryAway
          && (primary == node || (primary != null && world.isVault(primary)))) {
        for (Block block : partition.primary().blocks.values()) {
          boolean wanted = !once || before.contains(block.owner());
          if (wanted && !live.contains(block.owner())) {
            found.add(block);
          }
        }
      }
    }
    found.sort(Comparator.comparing(Block::id));
    Orphans orphans = new Orphans(live, gone, most);
    for (Block block : found) {
      Partition partition = partition(block.id());
      orphans.look(block, partition.replicas.size() + partition.away >= ledger.copies());
    }
    Found told = orphans.found();
    executor.execute(() -> then.accept(told));
  }

  @Override
  public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
    ledger.holders.onLoss(
        (side, partition) -> {
          if (world.side(node) == side) {
            node.after(
                random.nextLong(50 * MILLI),
                () ->
                    executor.execute(
                        () -> listener.accept(id -> id.shard() % PARTITIONS == partition)));
          }
        });
  }

  @Override
  public int parts() {
    return PARTITIONS;
  }

  @Override
  public @Nullable Block copy(BlockId id) {
    Replica replica = partition(id).data.get(node);
    return replica == null ? null : replica.blocks.get(id);
  }

  @Override
  public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
    Partition partition = world.side(node).partitions.get(part);
    // Of the primary, if its backups know it as that and no copy may come back.
    boolean told =
        world.side(node).takesCalls(world.simulation().now())
            && !partition.replicas.isEmpty()
            && !partition.primaryAway
            && partition.marked
            && partition.away == 0
            && partition.replicas.get(0).running()
            && partition.replicas.stream()
                .allMatch(each -> world.reaches(node, each) && world.reaches(each, node));
    List<BlockId> names =
        told ? partition.primary().blocks.keySet().stream().sorted().toList() : null;
    executor.execute(() -> then.accept(names));
  }

  @Override
  public Usage usage() {
    long bytes = 0;
    boolean holds = false;
    for (Partition partition : world.side(node).partitions) {
      Replica replica = partition.data.get(node);
      if (replica != null) {
        holds = true;
        bytes += replica.weight();
      }
    }
    return holds ? new Usage(bytes, 64L << 20) : Usage.NONE;
  }

  private Partition partition(LedgerKey key) {
    return world.side(node).partitions.get(key.shard() % PARTITIONS);
  }
}
