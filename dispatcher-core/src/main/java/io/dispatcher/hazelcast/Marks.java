package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A mark in each partition of the ledger, copied like all else there: where it is missing, no copy
 * of the partition was left, and nothing in it is newer than what any node held. Without it, what
 * is missing in a partition might just have ended and been forgotten. One more mark says that all
 * partitions had theirs. Thread-safe.
 */
final class Marks {

  private static final int ALL = LedgerHost.SHARDS;
  private static final byte[] SET = {1};

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final int partitions;

  Marks(HazelcastInstance instance, LedgerHost host) {
    this.instance = instance;
    this.host = host;
    this.partitions = host.engine().getPartitionService().getPartitionCount();
  }

  /** Sets those that are missing; completes with whether all of them lie on all their replicas. */
  CompletableFuture<Boolean> set() {
    List<CompletableFuture<Boolean>> each = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      each.add(set(host.shardIn(partition)));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
        .thenCompose(
            done ->
                each.stream().allMatch(CompletableFuture::join)
                    ? set(ALL)
                    : CompletableFuture.completedFuture(false));
  }

  private CompletableFuture<Boolean> set(int number) {
    return call(number, LedgerProcessor.put(SET))
        .thenApply(result -> result.backups() >= host.backups());
  }

  private CompletableFuture<LedgerResult> call(int number, LedgerProcessor processor) {
    IMap<EntryKey, Held> map = instance.getMap(LedgerHost.MAP);
    CompletionStage<LedgerResult> stage = map.submitToKey(EntryKey.mark(number), processor);
    return stage.toCompletableFuture();
  }

  /**
   * The partitions of which no copy was left since they had their marks; none if it cannot be told.
   * Blocks for 15 s at most.
   */
  Set<Integer> missing() throws ExecutionException, InterruptedException, TimeoutException {
    // First whether they had been set, or one that is just being set would be missing.
    return isSet(ALL)
        .thenCompose(all -> all ? unset() : CompletableFuture.completedFuture(Set.of()))
        .get(15, TimeUnit.SECONDS);
  }

  private CompletableFuture<Set<Integer>> unset() {
    Set<Integer> unset = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<Void>> each = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) {
      Integer number = partition;
      each.add(
          isSet(host.shardIn(partition))
              .thenAccept(
                  set -> {
                    if (!set) {
                      unset.add(number);
                    }
                  }));
    }
    return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new)).thenApply(done -> unset);
  }

  private CompletableFuture<Boolean> isSet(int number) {
    return call(number, LedgerProcessor.get()).thenApply(result -> result.bytes() != null);
  }
}
