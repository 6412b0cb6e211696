package io.dispatcher.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.partition.PartitionAware;
import io.dispatcher.ledger.BlockCodec;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.LedgerKey;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A key of the ledger map; without a ledger key it is the entry of the era. Hazelcast compares keys
 * by their bytes, so these may never change, and carry no format number.
 */
final class EntryKey implements IdentifiedDataSerializable, PartitionAware<Integer> {

  static final EntryKey ERA = new EntryKey();

  private @Nullable LedgerKey key;

  EntryKey() {}

  EntryKey(LedgerKey key) {
    this.key = key;
  }

  /** The block of this name; null if it is the key of something else. */
  @Nullable BlockId block() {
    return key instanceof BlockId id ? id : null;
  }

  int shard() {
    LedgerKey held = key;
    return held == null ? 0 : held.shard();
  }

  @Override
  public Integer getPartitionKey() {
    return shard();
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    LedgerKey held = key;
    out.writeBoolean(held != null);
    if (held != null) {
      BlockCodec.writeKey(held, out);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    key = in.readBoolean() ? BlockCodec.readKey(in) : null;
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.KEY;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EntryKey that && Objects.equals(key, that.key);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(key);
  }

  @Override
  public String toString() {
    return key == null ? "era" : key.toString();
  }
}
