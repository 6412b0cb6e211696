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
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.partition.NoDataMemberInClusterException;
import com.hazelcast.query.Predicates;
import com.hazelcast.spi.exception.RetryableException;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.LedgerKey;
import io.dispatcher.ledger.Orphans;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  private static final int TRIES_FOR_A_LOCAL_SHARD = 24;
  private static final int NAMES_SECONDS = 5;

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final HazelcastMembership membership;
  private final long realm;
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  /** None where no records are. */
  private final @Nullable LedgerScales scales;

  /** Its queue is as long as there are fronts here: each asks one question at a time. */
  private final ExecutorService scans =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "dispatcher-ledger-orphans");
            thread.setDaemon(true);
            return thread;
          });

  HazelcastLedger(
      HazelcastInstance instance, LedgerHost host, HazelcastMembership membership, boolean store) {
    this.instance = instance;
    this.host = host;
    this.membership = membership;
    // Also makes the map, with its configuration, on this member.
    instance.getMap(LedgerHost.MAP);
    this.realm = realm(instance.getConfig().getClusterName());
    this.scales = store ? new LedgerScales(instance, host, membership) : null;
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
    if (scales != null && scales.preferLocal()) {
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
    CompletableFuture<Data> call;
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
    CompletableFuture<Data> call;
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

  private CompletableFuture<Data> call(LedgerKey key, LedgerProcessor processor) {
    return LedgerOperation.call(host, new EntryKey(key), processor);
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
  public void orphans(
      Set<Peer> live, Set<Peer> gone, int most, Executor executor, Consumer<Found> then) {
    Orphans orphans = new Orphans(Set.copyOf(live), Set.copyOf(gone), most);
    try {
      scans.execute(
          () -> {
            Found found = look(orphans);
            executor.execute(() -> then.accept(found));
          });
    } catch (RejectedExecutionException closing) {
      executor.execute(() -> then.accept(Found.NONE));
    }
  }

  private Found look(Orphans orphans) {
    try {
      host.eachPartition(
          (records, local) -> {
            if (local && !orphans.full()) {
              int partition = records.getPartitionId();
              boolean whole = host.liveBackupsOf(partition) >= host.backups();
              records.forEach(
                  (key, record) -> {
                    Block block = block(record.getValue());
                    if (block != null) {
                      orphans.look(block, whole);
                    }
                  },
                  false,
                  true,
                  true);
            }
          });
    } catch (RuntimeException failed) {
      log.debug("Looking for orphans failed; trying again", failed);
    }
    return orphans.found();
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
      return isKnownPrimary(host.shardIn(part)) ? names : null;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException | TimeoutException | RuntimeException failed) {
      log.debug("The names of the blocks of partition {} cannot be read now", part, failed);
      return null;
    }
  }

  /**
   * Whether the backups take who answers for the shard for its primary still. One that was thrown
   * out, and has not heard of it, would show what it has.
   */
  private boolean isKnownPrimary(int shard)
      throws ExecutionException, InterruptedException, TimeoutException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    BlockId nobody = BlockId.issued(realm, shard, random.nextLong(), random.nextLong());
    LedgerProcessor read = LedgerProcessor.write(new Change.Confirm(random.nextLong()));
    Data answer = call(nobody, read).get(NAMES_SECONDS, TimeUnit.SECONDS);
    return reply(result(answer)) instanceof Reply.Clean;
  }

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

  @Override
  public Usage usage() {
    return scales == null ? Usage.NONE : scales.usage();
  }

  /** Stops looking into the map; it stays. */
  @Override
  public void close() {
    scans.shutdown();
    if (scales != null) {
      scales.close();
    }
  }

  /** For tests: on how many backups a shard lies. */
  int liveBackups(int shard) {
    return host.liveBackups(shard);
  }

  /** For tests: whether the primary of this shard is here. */
  boolean isPrimary(BlockId id) {
    return scales != null && host.isPrimary(id.shard());
  }
}
