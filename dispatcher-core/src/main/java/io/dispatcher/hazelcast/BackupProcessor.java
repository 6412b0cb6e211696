package io.dispatcher.hazelcast;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockCodec;
import io.dispatcher.ledger.Delta;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The backup half of a call: applies what the primary decided, or throws and is not counted. */
@SuppressWarnings("serial") // travels as IdentifiedDataSerializable, never by Java serialization
final class BackupProcessor
    implements EntryProcessor<EntryKey, Held, LedgerResult>, IdentifiedDataSerializable {

  private transient @Nullable Delta delta;
  private transient @Nullable Held value;

  BackupProcessor() {}

  private BackupProcessor(@Nullable Delta delta, @Nullable Held value) {
    this.delta = delta;
    this.value = value;
  }

  static BackupProcessor apply(Delta delta) {
    return new BackupProcessor(delta, null);
  }

  static BackupProcessor set(Held value) {
    return new BackupProcessor(null, value);
  }

  @Override
  @SuppressWarnings("NullAway") // Hazelcast: no value to return, and null removes the entry
  public LedgerResult process(Map.Entry<EntryKey, Held> entry) {
    if (value != null) {
      entry.setValue(value);
      return null;
    }
    Held held = entry.getValue();
    Block block = Held.block(held);
    Block next;
    try {
      next = Objects.requireNonNull(delta, "delta").applyTo(block);
    } catch (Delta.ReplicaBehind behind) {
      throw new ReplicaLags(entry.getKey() + ": " + behind.getMessage());
    }
    if (next == null) {
      if (held != null) {
        entry.setValue(null);
      }
    } else if (next != block) {
      entry.setValue(Held.of(next));
    }
    return null;
  }

  /** Makes Hazelcast withhold this replica's acknowledgement. */
  static final class ReplicaLags extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ReplicaLags(String message) {
      super(message, null, false, false);
    }
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Delta held = delta;
    out.writeByte(Serials.FORMAT);
    out.writeBoolean(held != null);
    if (held != null) {
      BlockCodec.writeDelta(held, out);
    } else {
      Objects.requireNonNull(value, "value").writeData(out);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    Serials.checkFormat(in.readByte());
    if (in.readBoolean()) {
      delta = BlockCodec.readDelta(in);
    } else {
      Held read = new Held();
      read.readData(in);
      value = read;
    }
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.BACKUP;
  }
}
