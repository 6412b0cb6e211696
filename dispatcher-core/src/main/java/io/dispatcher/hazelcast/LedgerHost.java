package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.PartitionReplica;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngine;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What the processors need of the member they run on. Lies in the instance's user context, where
 * each processor finds it. Thread-safe.
 */
final class LedgerHost {

  static final String MAP = "dispatcher.ledger";
  static final int SHARDS = 1 << 16;
  private static final String CONTEXT = "io.dispatcher.ledger";

  private final HazelcastInstance instance;
  private final NodeEngine engine;
  private final int size;

  /** Each shard's partition: asked for at once, as an instance that has ended answers nothing. */
  private final int[] partitions = new int[SHARDS];

  /** Keys of the marks, by partition. */
  private final Data[] marks;

  private final AtomicLong era = new AtomicLong();
  private final int backups;
  private volatile Supplier<@Nullable Part> part = () -> null;
  private volatile BooleanSupplier open = () -> false;
  private volatile Set<Long> restored = Set.of();
  private volatile Seen seen = new Seen(Set.of(), false);

  /** A member list, and whether a majority of the store nodes is in it. */
  private record Seen(Set<Member> members, boolean quorate) {}

  private LedgerHost(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = engine(instance);
    String declared = instance.getCluster().getLocalMember().getAttribute(Roster.SIZE);
    this.size = declared == null ? 1 : Integer.parseInt(declared);
    this.backups = instance.getConfig().findMapConfig(MAP).getBackupCount();
    for (int shard = 0; shard < SHARDS; shard++) {
      partitions[shard] = engine.getPartitionService().getPartitionId((Object) shard);
    }
    this.marks = new Data[engine.getPartitionService().getPartitionCount()];
    for (int partition = 0; partition < marks.length; partition++) {
      marks[partition] = engine.toData(Marks.key(this, partition, false));
    }
  }

  /**
   * Whether the shard's partition has its mark. Where it has none, what a node that was cut off
   * still holds may come back, and must not find gone what has ended meanwhile. On the thread of
   * the partition, at its primary.
   */
  boolean marked(int shard) {
    int partition = partitionId(shard);
    MapService service = engine.getService(MapService.SERVICE_NAME);
    RecordStore<?> records = service.getMapServiceContext().getExistingRecordStore(partition, MAP);
    return records != null && records.existInMemory(marks[partition]);
  }

  /** Calls with the records of each partition of the ledger here, and whether it is a primary. */
  void eachPartition(BiConsumer<RecordStore<?>, Boolean> visit) {
    MapService service = engine.getService(MapService.SERVICE_NAME);
    for (int partition = 0; partition < marks.length; partition++) {
      @Nullable RecordStore<?> records =
          service.getMapServiceContext().getExistingRecordStore(partition, MAP);
      if (records != null && records.size() > 0) {
        visit.accept(
            records, engine.getPartitionService().getPartition(partition, false).isLocal());
      }
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
      if (partitionId(shard) == partition) {
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
    return liveBackupsOf(partitionId(shard));
  }

  /** As {@link #liveBackups}, of a partition. */
  int liveBackupsOf(int id) {
    InternalPartition partition =
        (InternalPartition) engine.getPartitionService().getPartition(id, false);
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
    return (InternalPartition) engine.getPartitionService().getPartition(partitionId(shard), false);
  }

  private boolean isMember(PartitionReplica replica) {
    return engine.getClusterService().getMember(replica.address(), replica.uuid()) != null;
  }

  /**
   * Whether a majority of the store nodes is here, by the member list of this moment. A partition
   * gets its new primary after the list has changed: so whoever asks as the primary can trust it,
   * while Hazelcast's own protection, and this node's membership, may hear of the change later.
   */
  @SuppressWarnings("ReferenceEquality") // Hazelcast makes a new set for every change
  boolean quorate() {
    Set<Member> now = instance.getCluster().getMembers();
    Seen last = seen;
    if (last.members != now) {
      last = new Seen(now, Roster.of(now, size).missing() == 0);
      seen = last;
    }
    return last.quorate;
  }

  /**
   * Whether records may be written: there is a majority, and what each of its members has brought
   * along is put together.
   */
  boolean open() {
    return open.getAsBoolean() && quorate();
  }

  void open(BooleanSupplier told) {
    open = told;
  }

  /** The part of the cluster that this member is in; null if that cannot be told. */
  @Nullable Part part() {
    return part.get();
  }

  void part(Supplier<@Nullable Part> told) {
    part = told;
  }

  /** Incarnations of nodes that have put back what they had brought along. */
  Set<Long> restored() {
    return restored;
  }

  void sawRestored(long[] incarnations) {
    restored = LongStream.of(incarnations).boxed().collect(Collectors.toUnmodifiableSet());
  }

  long era() {
    return era.get();
  }

  void sawEra(long seen) {
    era.accumulateAndGet(seen, Math::max);
  }
}
