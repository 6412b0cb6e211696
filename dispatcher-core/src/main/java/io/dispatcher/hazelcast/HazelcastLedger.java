package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.LocalMemberResetException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.core.OperationTimeoutException;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.operation.MapOperationProvider;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.partition.NoDataMemberInClusterException;
import com.hazelcast.query.Predicates;
import com.hazelcast.spi.exception.RetryableException;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.operationservice.Operation;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.LedgerKey;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger on a Hazelcast map. Every call is one processor on one key, decided on the primary and
 * acknowledged by all synchronous backups, which are counted there. Thread-safe.
 */
public final class HazelcastLedger implements Ledger, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HazelcastLedger.class);

  /** The share of the heap that ledger data may fill: the rest is for running, and for adoption. */
  private static final double HEAP_SHARE = 0.45;

  private static final int TRIES_FOR_A_LOCAL_SHARD = 24;
  private static final double MOST_LOCAL_SHARE = 1.5;

  /** Below this it does not matter how the data is spread. */
  private static final long SMALL = 16L << 20;

  private static final long SCAN_MILLIS = 250;

  /** While next to nothing is here: as often as it is reported. */
  private static final long IDLE_SCAN_MILLIS = 500;

  private static final double NEXT_TO_NOTHING = 0.01;
  private static final long SCAN_PAUSE_FACTOR = 50;

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final HazelcastMembership membership;
  private final boolean store;
  private final MapOperationProvider operations;
  private final long limit;
  private final long realm;
  private final Set<String> logged = ConcurrentHashMap.newKeySet();
  private final @Nullable Thread scanner;

  /** Its queue is as long as there are fronts here: each asks one question at a time. */
  private final ExecutorService scans =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "dispatcher-ledger-orphans");
            thread.setDaemon(true);
            return thread;
          });

  private volatile Usage usage;
  private volatile boolean preferLocal;
  private volatile boolean closed;

  HazelcastLedger(
      HazelcastInstance instance, LedgerHost host, HazelcastMembership membership, boolean store) {
    this.instance = instance;
    this.host = host;
    this.membership = membership;
    this.store = store;
    // Also makes the map, with its configuration, on this member.
    instance.getMap(LedgerHost.MAP);
    MapService service = host.engine().getService(MapService.SERVICE_NAME);
    this.operations = service.getMapServiceContext().getMapOperationProvider(LedgerHost.MAP);
    this.realm = realm(instance.getConfig().getClusterName());
    this.limit = (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE);
    this.usage = store ? new Usage(0, limit) : Usage.NONE;
    this.preferLocal = store;
    if (store) {
      Thread thread = new Thread(this::scan, "dispatcher-ledger-usage");
      thread.setDaemon(true);
      thread.start();
      this.scanner = thread;
    } else {
      this.scanner = null;
    }
  }

  private static long realm(String clusterName) {
    long realm = 0;
    for (int i = 0; i < clusterName.length(); i++) {
      realm = 0x100_0000_01b3L * (realm ^ clusterName.charAt(i));
    }
    return realm;
  }

  @Override
  public BlockId newBlockId() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    int shard = random.nextInt(LedgerHost.SHARDS);
    if (preferLocal) {
      for (int i = 0; i < TRIES_FOR_A_LOCAL_SHARD && !host.isPrimary(shard); i++) {
        shard = random.nextInt(LedgerHost.SHARDS);
      }
    }
    return BlockId.issued(realm, shard, random.nextLong(), random.nextLong());
  }

  /** Of the cluster's name: ids stay valid when the whole cluster starts again. */
  @Override
  public long realm() {
    return realm;
  }

  @Override
  public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
    submit(id, LedgerProcessor.write(change), executor, then);
  }

  @Override
  public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
    submit(id, LedgerProcessor.put(bytes), executor, then);
  }

  @Override
  public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
    submit(id, LedgerProcessor.delete(), executor, then);
  }

  @Override
  public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
    if (membership.closed() != null) {
      executor.execute(() -> then.accept(null));
      return;
    }
    CompletionStage<Data> call;
    try {
      call = call(id, LedgerProcessor.get());
    } catch (RuntimeException failed) {
      executor.execute(() -> then.accept(null));
      return;
    }
    call.whenCompleteAsync(
        (result, failed) -> then.accept(result == null ? null : result(result).bytes()), executor);
  }

  private void submit(
      LedgerKey key, LedgerProcessor processor, Executor executor, Consumer<Reply> then) {
    String why = membership.closed();
    if (why != null) {
      executor.execute(() -> then.accept(new Reply.Unavailable(why)));
      return;
    }
    CompletionStage<Data> call;
    try {
      call = call(key, processor);
    } catch (HazelcastInstanceNotActiveException stopped) {
      executor.execute(() -> then.accept(new Reply.Unavailable("this node has left the cluster")));
      return;
    } catch (RuntimeException failed) {
      Reply reply = failure(failed);
      executor.execute(() -> then.accept(reply));
      return;
    }
    call.whenCompleteAsync(
        (result, failed) -> then.accept(failed == null ? reply(result(result)) : failure(failed)),
        executor);
  }

  /**
   * What {@code IMap.submitToKey} does, less its detour: that one reads the result on the common
   * pool, a further thread to wake for each call.
   */
  private CompletionStage<Data> call(LedgerKey key, LedgerProcessor processor) {
    NodeEngine engine = host.engine();
    Data data = engine.toData(new EntryKey(key));
    Operation operation =
        processor.reads()
            ? operations.createEntryOperation(LedgerHost.MAP, data, processor)
            : new LedgerOperation(data, processor);
    return engine
        .getOperationService()
        .createInvocationBuilder(MapService.SERVICE_NAME, operation, host.partitionId(key.shard()))
        .setResultDeserialized(false)
        .setFailOnIndeterminateOperationState(true)
        .invoke();
  }

  private LedgerResult result(Data data) {
    return host.engine().toObject(data);
  }

  private Reply reply(LedgerResult result) {
    Answer answer = result.answer();
    if (answer == null) {
      return new Reply.Unclean("the primary gave no answer");
    }
    if (result.backups() == LedgerResult.MISSING) {
      return new Reply.Missing();
    }
    if (result.backups() < host.backups()) {
      return new Reply.Unclean(
          "thin: the partition has %d of %d backups".formatted(result.backups(), host.backups()));
    }
    return new Reply.Clean(answer);
  }

  private Reply failure(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && !(cause instanceof MemberLeftException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof SplitBrainProtectionException) {
      return new Reply.Unavailable(
          "no majority of the store nodes is here, or what they hold is being put together");
    }
    if (cause instanceof NoDataMemberInClusterException) {
      return new Reply.Unavailable("no store node is here");
    }
    String text = cause.getClass().getSimpleName() + ": " + cause.getMessage();
    boolean expected =
        cause instanceof IndeterminateOperationStateException
            || cause instanceof LocalMemberResetException
            || cause instanceof OperationTimeoutException
            || cause instanceof HazelcastInstanceNotActiveException
            || cause instanceof RejectedExecutionException
            || cause instanceof RetryableException;
    if (!expected && logged.add(cause.getClass().getName())) {
      log.error("A ledger call failed in a way that was not foreseen (logged once)", cause);
    }
    return new Reply.Unclean(text);
  }

  @Override
  public void orphans(Set<Peer> live, int most, Executor executor, Consumer<List<Orphan>> then) {
    Set<Peer> known = Set.copyOf(live);
    try {
      scans.execute(
          () -> {
            List<Orphan> found = orphans(known, most);
            executor.execute(() -> then.accept(found));
          });
    } catch (RejectedExecutionException closing) {
      executor.execute(() -> then.accept(List.of()));
    }
  }

  private List<Orphan> orphans(Set<Peer> live, int most) {
    List<Orphan> urgent = new ArrayList<>();
    List<Orphan> finished = new ArrayList<>();
    try {
      eachPartition(
          (records, local) -> {
            if (local && urgent.size() < most) {
              records.forEach(
                  (key, record) -> orphan(record.getValue(), live, most, urgent, finished),
                  false,
                  true,
                  true);
            }
          });
    } catch (RuntimeException failed) {
      log.debug("Looking for orphans failed; trying again", failed);
    }
    finished.subList(0, Math.min(finished.size(), most - urgent.size())).forEach(urgent::add);
    return urgent;
  }

  private void orphan(
      @Nullable Object value,
      Set<Peer> live,
      int most,
      List<Orphan> urgent,
      List<Orphan> finished) {
    Block block = block(value);
    if (block != null && !live.contains(block.owner())) {
      Orphan orphan = Orphan.of(block);
      List<Orphan> list = orphan.unfinished() ? urgent : finished;
      if (list.size() < most) {
        list.add(orphan);
      }
    }
  }

  @Override
  public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
    membership.onLoss(
        lost -> {
          try {
            executor.execute(
                () -> listener.accept(id -> lost.contains(host.partitionId(id.shard()))));
          } catch (RejectedExecutionException closing) {
            log.debug("Nobody hears of the loss of {} partitions", lost.size());
          }
        });
  }

  @Override
  public int parts() {
    return host.engine().getPartitionService().getPartitionCount();
  }

  @Override
  public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
    try {
      scans.execute(
          () -> {
            List<BlockId> names = names(part);
            executor.execute(() -> then.accept(names));
          });
    } catch (RejectedExecutionException closing) {
      executor.execute(() -> then.accept(null));
    }
  }

  private @Nullable List<BlockId> names(int part) {
    try {
      IMap<EntryKey, Held> map = instance.getMap(LedgerHost.MAP);
      List<BlockId> names = new ArrayList<>();
      for (EntryKey key :
          map.keySet(Predicates.partitionPredicate(host.shardIn(part), Predicates.alwaysTrue()))) {
        BlockId name = key.block();
        if (name != null) {
          names.add(name);
        }
      }
      names.sort(null);
      return names;
    } catch (RuntimeException failed) {
      log.debug("The names of the blocks of partition {} cannot be read now", part, failed);
      return null;
    }
  }

  /** Calls with the records of each partition of the ledger here, and whether it is a primary. */
  @Override
  public @Nullable Block copy(BlockId id) {
    EntryKey key = new EntryKey(id);
    MapService service = host.engine().getService(MapService.SERVICE_NAME);
    int partition = host.partitionId(id.shard());
    @Nullable RecordStore<?> records =
        service.getMapServiceContext().getExistingRecordStore(partition, LedgerHost.MAP);
    @Nullable Record<?> record =
        records == null ? null : records.getRecord(host.engine().toData(key));
    return record == null ? null : block(record.getValue());
  }

  private @Nullable Block block(@Nullable Object value) {
    return Held.block(
        value instanceof Data data
            ? host.engine().<Held>toObject(data)
            : value instanceof Held held ? held : null);
  }

  private void eachPartition(BiConsumer<RecordStore<?>, Boolean> visit) {
    MapService service = host.engine().getService(MapService.SERVICE_NAME);
    MapServiceContext context = service.getMapServiceContext();
    int partitions = host.engine().getPartitionService().getPartitionCount();
    for (int partition = 0; partition < partitions; partition++) {
      @Nullable RecordStore<?> records = context.getExistingRecordStore(partition, LedgerHost.MAP);
      if (records != null && records.size() > 0) {
        visit.accept(
            records, host.engine().getPartitionService().getPartition(partition, false).isLocal());
      }
    }
  }

  @Override
  public Usage usage() {
    return usage;
  }

  /** Weighs all local records, resting fifty times as long as it took. */
  private void scan() {
    while (!closed) {
      long start = System.nanoTime();
      try {
        weigh();
      } catch (RuntimeException failed) {
        if (closed || !instance.getLifecycleService().isRunning()) {
          return;
        }
        log.debug("Weighing the ledger failed; trying again", failed);
      }
      long took = System.nanoTime() - start;
      try {
        long millis = usage.bytes() < NEXT_TO_NOTHING * limit ? IDLE_SCAN_MILLIS : SCAN_MILLIS;
        TimeUnit.NANOSECONDS.sleep(
            Math.max(TimeUnit.MILLISECONDS.toNanos(millis), took * SCAN_PAUSE_FACTOR));
      } catch (InterruptedException interrupted) {
        return;
      }
    }
  }

  private void weigh() {
    long[] bytes = new long[2];
    eachPartition(
        (records, local) -> {
          Weight weight = new Weight();
          records.forEach((key, record) -> weight.add(record.getValue()), true, true, true);
          bytes[local ? 0 : 1] += weight.bytes;
        });
    long primary = bytes[0];
    long backup = bytes[1];
    usage = new Usage(primary + backup, limit);
    preferLocal = primary <= Math.max(SMALL, MOST_LOCAL_SHARE * mean(primary, backup));
  }

  /** Each other node's primaries have their copies spread evenly over the rest, so over us too. */
  private double mean(long primary, long backup) {
    int stores = Math.max(1, membership.roster().stores());
    if (stores == 1 || host.backups() == 0) {
      return primary;
    }
    int copies = Math.min(host.backups(), stores - 1);
    return (primary + (double) backup * (stores - 1) / copies) / stores;
  }

  private static final class Weight {
    private long bytes;

    void add(@Nullable Object value) {
      bytes +=
          value instanceof Held held
              ? held.weight()
              : value instanceof Data data ? data.totalSize() : 0;
    }
  }

  /** Stops the scan; the map stays. */
  @Override
  public void close() {
    closed = true;
    scans.shutdown();
    Thread thread = scanner;
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** For tests: on how many backups a shard lies. */
  int liveBackups(int shard) {
    return host.liveBackups(shard);
  }

  /** For tests: whether the primary of this shard is here. */
  boolean isPrimary(BlockId id) {
    return store && host.isPrimary(id.shard());
  }
}
