package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.operation.EntryOperation;
import com.hazelcast.spi.impl.NodeEngine;
import java.util.concurrent.CompletableFuture;

/**
 * A call to the ledger that counts the backups once more after they were sent: Hazelcast sends
 * nothing to one that has just left the member list, and does not wait for it. What the processor
 * counted before would then be taken for copies that nobody has.
 */
class LedgerOperation extends EntryOperation {

  LedgerOperation() {}

  LedgerOperation(Data key, LedgerProcessor processor) {
    super(LedgerHost.MAP, key, processor);
  }

  /**
   * What {@code IMap.submitToKey} does, less its detour, and with the second count: that one reads
   * the result on the common pool, a further thread to wake for each call.
   *
   * @return the {@link LedgerResult}, to be read with {@link NodeEngine#toObject}; completes on a
   *     thread of Hazelcast
   */
  static CompletableFuture<Data> call(LedgerHost host, EntryKey key, LedgerProcessor processor) {
    NodeEngine engine = host.engine();
    Data data = engine.toData(key);
    EntryOperation operation =
        processor.reads()
            ? new EntryOperation(LedgerHost.MAP, data, processor)
            : new LedgerOperation(data, processor);
    return engine
        .getOperationService()
        .createInvocationBuilder(MapService.SERVICE_NAME, operation, host.partitionId(key.shard()))
        .setResultDeserialized(false)
        .setFailOnIndeterminateOperationState(true)
        .invoke();
  }

  /**
   * As {@link #call}, with the result read.
   *
   * @throws HazelcastInstanceNotActiveException if this member has stopped
   */
  static CompletableFuture<LedgerResult> submit(
      LedgerHost host, EntryKey key, LedgerProcessor processor) {
    if (!host.engine().isRunning()) {
      throw new HazelcastInstanceNotActiveException();
    }
    return call(host, key, processor).thenApply(host.engine()::<LedgerResult>toObject);
  }

  @Override
  public Object getResponse() {
    Object response = super.getResponse();
    NodeEngine engine = getNodeEngine();
    LedgerHost host = LedgerHost.of(engine.getHazelcastInstance());
    int left = host.liveBackupsOf(getPartitionId());
    if (left >= host.backups()) {
      return response;
    }
    LedgerResult result = engine.toObject(response);
    return result.backups() < host.backups() ? response : engine.toData(LedgerResult.thin(left));
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.OPERATION;
  }
}
