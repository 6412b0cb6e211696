package io.dispatcher.hazelcast;

import com.hazelcast.internal.cluster.impl.operations.JoinOperation;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.spi.impl.operationservice.Operation;
import java.io.IOException;

/**
 * Asks a member of another part of the cluster how it stands there. A join operation to Hazelcast,
 * because only these are taken from somebody who is no member. Changes nothing.
 */
final class LookOp extends Operation implements JoinOperation {

  private transient long[] answer = {};

  LookOp() {}

  @Override
  public void run() {
    Part part = LedgerHost.of(getNodeEngine().getHazelcastInstance()).part();
    answer = part == null ? new long[0] : part.toLongs();
  }

  @Override
  public Object getResponse() {
    return answer;
  }

  @Override
  protected void writeInternal(ObjectDataOutput out) throws IOException {
    super.writeInternal(out);
    out.writeByte(Serials.FORMAT);
  }

  @Override
  protected void readInternal(ObjectDataInput in) throws IOException {
    super.readInternal(in);
    Serials.checkFormat(in.readByte());
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.LOOK;
  }
}
