package io.dispatcher.sim;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.ValueId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that errs as Hazelcast does, with the rules of the real one.
 *
 * <pre>
 *   caller ──request──▶ primary: applies at once, and shows it        (lost, late, twice)
 *                          ├──delta──▶ backup: applies or refuses     (lost, late, behind)
 *   caller ◀──reply── all backups and the count of copies right: clean, else unclean after a time-out
 * </pre>
 *
 * <p>Deltas of one partition to one backup keep their order, as they do on Hazelcast's one
 * connection; a lost one leaves the replica behind, and it refuses what comes after until a whole
 * block or a re-replication heals it. When a holder dies, its primaries are taken over by their
 * first backup, whatever that one holds; the partition is thin, and every write unclean, until a
 * new copy was made.
 */
public final class ErringLedger {

  static final int PARTITIONS = 11;
  static final long MILLI = 1_000_000L;

  /** Sees what the replicas hold, as no caller can. */
  public interface Observer {

    /** Whoever looks away. */
    Observer NONE =
        new Observer() {
          @Override
          public void replicated(BlockId id, @Nullable Block block) {}

          @Override
          public void applied(BlockId id, @Nullable Block before, @Nullable Block after) {}
        };

    /** All copies hold this block now; null: all have dropped it. */
    void replicated(BlockId id, @Nullable Block block);

    /** The primary of the block applied a write. */
    void applied(BlockId id, @Nullable Block before, @Nullable Block after);

    /** No copy of the block was left on the side of the majority, and its owner made it anew. */
    default void remade(BlockId id) {}

    /** The primary has dropped a large value. */
    default void dropped(ValueId id) {}

    /** A worker is told that its starts are written ahead. */
    default void heard(BlockId id, Change.Begin begin) {}

    /** A worker heard that it is recorded what it does not start after all. */
    default void heard(BlockId id, Change.Withdraw withdraw) {}
  }

  final SimWorld world;
  final Simulation simulation;
  final RandomGenerator random;
  final Sabotage sabotage;
  final PlantedBugs bugs;
  final LedgerCopies copying;
  final LedgerHolders holders;
  final long timeout;
  final Set<BlockId> deleted = new HashSet<>();
  Observer observer = Observer.NONE;
  long names;
  private final int copies;

  ErringLedger(SimWorld world, int copies, Sabotage sabotage) {
    this.world = world;
    this.simulation = world.simulation();
    this.random = world.random("ledger");
    this.copies = copies;
    this.sabotage = sabotage;
    this.timeout = (100 + random.nextLong(900)) * MILLI;
    this.bugs = new PlantedBugs(sabotage);
    this.copying = new LedgerCopies(this);
    this.holders = new LedgerHolders(this);
  }

  static Side side() {
    Side side = new Side(PARTITIONS);
    side.era = 1;
    side.seen = 1;
    side.open = true;
    return side;
  }

  public void observer(Observer watcher) {
    this.observer = watcher;
  }

  int copies() {
    return copies;
  }

  /** The ledger as one node sees it. */
  Ledger at(SimNode node) {
    return new LedgerView(this, node);
  }

  /** Blocks as their primaries show them, in the order of their ids. */
  public List<Block> contents() {
    TreeMap<BlockId, Block> all = new TreeMap<>();
    for (Partition partition : world.main().partitions) {
      if (!partition.replicas.isEmpty()) {
        all.putAll(partition.primary().blocks);
      }
    }
    return List.copyOf(all.values());
  }

  /** Large values as their primaries have them. */
  public Set<ValueId> values() {
    Set<ValueId> all = new HashSet<>();
    for (Partition partition : world.main().partitions) {
      if (!partition.replicas.isEmpty()) {
        all.addAll(partition.primary().values.keySet());
      }
    }
    return all;
  }

  /**
   * Whether one more death loses nothing: every partition has all its copies, on holders that live.
   */
  public boolean whole() {
    return copying.whole(world.main());
  }

  boolean hit(double probability, String what) {
    if (probability <= 0 || random.nextDouble() >= probability) {
      return false;
    }
    simulation.count(what);
    return true;
  }
}
