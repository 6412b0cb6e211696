package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.PartitionReplica;
import com.hazelcast.spi.impl.NodeEngine;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the processors need of the member they run on. Lies in the instance's user context, where
 * each processor finds it. Thread-safe.
 */
final class LedgerHost {

  static final String MAP = "dispatcher.ledger";
  static final int SHARDS = 1 << 16;
  private static final String CONTEXT = "io.dispatcher.ledger";

  private final NodeEngine engine;
  private final int[] partitions = new int[SHARDS];
  private final AtomicLong era = new AtomicLong();
  private final int backups;

  private LedgerHost(HazelcastInstance instance) {
    this.engine = engine(instance);
    this.backups = instance.getConfig().findMapConfig(MAP).getBackupCount();
    for (int shard = 0; shard < SHARDS; shard++) {
      partitions[shard] = engine.getPartitionService().getPartitionId((Object) shard);
    }
  }

  static LedgerHost of(HazelcastInstance instance) {
    Object host = instance.getUserContext().get(CONTEXT);
    if (host == null) {
      host = instance.getUserContext().computeIfAbsent(CONTEXT, key -> new LedgerHost(instance));
    }
    return (LedgerHost) host;
  }

  static NodeEngine engine(HazelcastInstance instance) {
    HazelcastInstanceImpl original =
        instance instanceof HazelcastInstanceProxy proxy
            ? proxy.getOriginal()
            : (HazelcastInstanceImpl) instance;
    return original.node.getNodeEngine();
  }

  NodeEngine engine() {
    return engine;
  }

  /** How many backups a clean answer needs. */
  int backups() {
    return backups;
  }

  /** A shard of this partition; every partition has many. */
  int shardIn(int partition) {
    for (int shard = 0; shard < SHARDS; shard++) {
      if (partitions[shard] == partition) {
        return shard;
      }
    }
    throw new IllegalArgumentException("no shard lies in partition " + partition);
  }

  int partitionId(int shard) {
    return partitions[shard];
  }

  /** Whether the primary of this shard is here. */
  boolean isPrimary(int shard) {
    return partition(shard).isLocal();
  }

  /** The backups of this shard, of those the ledger waits for, that lie on live members. */
  int liveBackups(int shard) {
    InternalPartition partition = partition(shard);
    int live = 0;
    for (int i = 1; i <= backups; i++) {
      PartitionReplica replica = partition.getReplica(i);
      live += replica != null && isMember(replica) ? 1 : 0;
    }
    return live;
  }

  /** For tests: the UUIDs of the members that hold this shard's backups. */
  Set<UUID> backupHolders(int shard) {
    InternalPartition partition = partition(shard);
    Set<UUID> holders = new HashSet<>();
    for (int i = 1; i <= backups; i++) {
      PartitionReplica replica = partition.getReplica(i);
      if (replica != null) {
        holders.add(replica.uuid());
      }
    }
    return holders;
  }

  private InternalPartition partition(int shard) {
    return (InternalPartition) engine.getPartitionService().getPartition(partitions[shard], false);
  }

  private boolean isMember(PartitionReplica replica) {
    return engine.getClusterService().getMember(replica.address(), replica.uuid()) != null;
  }

  long era() {
    return era.get();
  }

  void sawEra(long seen) {
    era.accumulateAndGet(seen, Math::max);
  }
}
