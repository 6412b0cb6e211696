package io.dispatcher.hazelcast;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A mark in each partition of the ledger, copied like all else there: where it is missing, no copy
 * of the partition was left, and nothing in it is newer than what any node held. Without it, what
 * is missing in a partition might just have ended and been forgotten. That all partitions had
 * theirs stands in each of them: where the one is lost, the other must not be. Thread-safe.
 */
final class Marks {

  /** In the number of a mark that says that all partitions had theirs. */
  private static final int ALL = LedgerHost.SHARDS;

  private static final byte[] SET = {1};

  private final LedgerHost host;
  private final int partitions;

  Marks(LedgerHost host) {
    this.host = host;
    this.partitions = host.engine().getPartitionService().getPartitionCount();
  }

  /** Sets those that are missing; completes with whether all of them lie on all their replicas. */
  CompletableFuture<Boolean> set() {
    return setEach(false)
        .thenCompose(all -> all ? setEach(true) : CompletableFuture.completedFuture(false));
  }

  private CompletableFuture<Boolean> setEach(boolean ofAll) {
    List<CompletableFuture<Boolean>> each = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      each.add(
          call(partition, ofAll, LedgerProcessor.put(SET))
              .thenApply(result -> result.backups() >= host.backups()));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
        .thenApply(done -> each.stream().allMatch(CompletableFuture::join));
  }

  /**
   * The key of a partition's mark.
   *
   * @param ofAll of the one that says that all partitions had theirs
   */
  static EntryKey key(LedgerHost host, int partition, boolean ofAll) {
    return EntryKey.mark((ofAll ? ALL : 0) | host.shardIn(partition));
  }

  private CompletableFuture<LedgerResult> call(
      int partition, boolean ofAll, LedgerProcessor processor) {
    return LedgerOperation.submit(host, key(host, partition, ofAll), processor);
  }

  /**
   * The partitions of which no copy was left since they had their marks; none if it cannot be told.
   * Blocks for 15 s at most.
   */
  Set<Integer> missing() throws ExecutionException, InterruptedException, TimeoutException {
    return lost().get(15, TimeUnit.SECONDS);
  }

  /** Whether no mark is left that says that all had theirs. Blocks for 15 s at most. */
  boolean never() throws ExecutionException, InterruptedException, TimeoutException {
    return unset(true).get(15, TimeUnit.SECONDS).size() == partitions;
  }

  /** Completes with what {@link #missing} returns. */
  CompletableFuture<Set<Integer>> lost() {
    // First whether they had been set, or one that is just being set would be missing.
    return unset(true)
        .thenCompose(
            never ->
                never.size() < partitions
                    ? unset(false)
                    : CompletableFuture.completedFuture(Set.<Integer>of()));
  }

  private CompletableFuture<Set<Integer>> unset(boolean ofAll) {
    Set<Integer> unset = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<Void>> each = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      Integer number = partition;
      each.add(
          call(partition, ofAll, LedgerProcessor.get())
              .thenApply(result -> result.bytes() != null)
              .thenAccept(
                  set -> {
                    if (!set) {
                      unset.add(number);
                    }
                  }));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new)).thenApply(done -> unset);
  }
}
