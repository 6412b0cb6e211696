package io.dispatcher.cluster;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is in the cluster. A link that closes is only a hint; membership decides. Implementations
 * MUST deliver to each listener, on its executor and in order, the full list first and then after
 * every change, and never show a peer again that was once missing from a list. Thread-safe.
 */
public interface Membership {

  /** This node. */
  Member self();

  /** Calls back with all live members, this node included, now and after every change. */
  void listen(Executor executor, Consumer<List<Member>> listener);

  /** Why the ledger cannot be used now, for people; null if it can. */
  default @Nullable String closed() {
    return null;
  }

  /** The era of the ledger, and how often this node's place in the cluster was in doubt. */
  default Standing standing() {
    return Standing.NONE;
  }

  /** The declared number of store nodes. */
  int size();

  /** How many copies the ledger keeps of each block, the primary included. */
  int copies();
}
