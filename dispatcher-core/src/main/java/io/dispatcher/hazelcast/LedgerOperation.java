package io.dispatcher.hazelcast;

import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.operation.EntryOperation;
import com.hazelcast.spi.impl.NodeEngine;

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
