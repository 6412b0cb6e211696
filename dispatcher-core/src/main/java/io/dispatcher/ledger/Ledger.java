package io.dispatcher.ledger;

import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The replicated map of blocks: the only truth about what is unfinished. Implementations MUST:
 *
 * <ol>
 *   <li>apply {@link Transition} at the primary, one write of a block at a time, and its {@link
 *       Delta} at the backups;
 *   <li>reply {@link Reply.Clean} only when the primary and all synchronous backups, counted, hold
 *       the result;
 *   <li>call back exactly once per call, on the given executor, however long it takes or however it
 *       fails;
 *   <li>never block the caller, and never throw for a fault of the cluster.
 * </ol>
 *
 * <p>Thread-safe.
 */
public interface Ledger {

  /** A new name for a block of this node, if possible on a partition whose primary is here. */
  BlockId newBlockId();

  /**
   * A number that is the same on every node of this cluster and different elsewhere. The names of
   * blocks carry a mark made with it.
   */
  long realm();

  /** Applies a write to a block. Not repeated: see {@link Reply.Unclean}. */
  void write(BlockId id, Change change, Executor executor, Consumer<Reply> then);

  /**
   * The copy of a block that this node holds, if it holds one and can tell without waiting for
   * anybody. Confirmed by nobody: it may be older than what was acknowledged, or newer.
   */
  default @Nullable Block copy(BlockId id) {
    return null;
  }

  /**
   * Stores a large value beside its block. Idempotent: the same id always has the same bytes. The
   * reply's answer carries nothing but its status.
   */
  void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then);

  /** Deletes a large value; one that does not exist is no error. */
  void deleteValue(ValueId id, Executor executor, Consumer<Reply> then);

  /**
   * Reads a large value; null if there is none. A failure to read is a null reply too: ask again.
   */
  void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then);

  /**
   * Blocks on partitions whose primary is here and whose owner is none of these peers. What is read
   * is only what this node holds, so it may be out of date: a hint to adopt, never a proof. One
   * call at a time.
   *
   * @param gone owners that are gone for certain
   * @param most how many to tell of either kind at the most
   */
  void orphans(Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then);

  /** In how many parts the names of all blocks can be asked for. */
  int parts();

  /**
   * The names of all blocks of one part, wherever they lie, in their order; null if they cannot be
   * had now. What comes and goes meanwhile may be missing. One call at a time.
   *
   * @param part 0 to {@link #parts()} - 1
   */
  void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then);

  /**
   * A block whose owner seems to be gone.
   *
   * @param unfinished whether a task in it has no outcome
   */
  record Orphan(BlockId id, Peer owner, long ownerEpoch, boolean unfinished) {
    /** This block, as an orphan. */
    public static Orphan of(Block block) {
      boolean unfinished = false;
      for (int i = 0; i < block.size() && !unfinished; i++) {
        unfinished = !block.entry(i).isFinal();
      }
      return new Orphan(block.id(), block.owner(), block.ownerEpoch(), unfinished);
    }
  }

  /**
   * Blocks whose owners seem to be gone; in each list those with unfinished tasks first.
   *
   * @param ready their owners are gone for certain, and their partitions have all their copies
   * @param others adopting them would have to wait
   */
  record Found(List<Orphan> ready, List<Orphan> others) {
    /** There are none. */
    public static final Found NONE = new Found(List.of(), List.of());
  }

  /**
   * Calls back, on the executor, whenever no copy is left of a part of the ledger, with what tells
   * the blocks that were there.
   */
  default void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {}

  /**
   * What this node's share of the ledger weighs. Cheap; at most some hundreds of milliseconds old.
   */
  Usage usage();

  /**
   * The weight of the ledger data on one node, copies included.
   *
   * @param bytes held now, roughly
   * @param limit the most this node should hold; {@link Long#MAX_VALUE} on a node without the role
   *     store
   */
  record Usage(long bytes, long limit) {
    /** A node that holds nothing. */
    public static final Usage NONE = new Usage(0, Long.MAX_VALUE);
  }
}
