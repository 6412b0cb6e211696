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
 * A key of the ledger map; without a ledger key it is the entry of the era, or a {@linkplain Marks
 * mark}. Hazelcast compares keys by their bytes, so these may never change, and carry no format
 * number.
 */
final class EntryKey implements IdentifiedDataSerializable, PartitionAware<Integer> {

  static final EntryKey ERA = new EntryKey();

  private static final int OF_ERA = 0;
  private static final int OF_LEDGER = 1;
  private static final int OF_MARK = 2;

  private @Nullable LedgerKey key;

  /** The number of a mark; -1 if it is none. */
  private int mark = -1;

  EntryKey() {}

  EntryKey(LedgerKey key) {
    this.key = key;
  }

  /**
   * That of a mark.
   *
   * @param number whose last 16 bits are the shard
   */
  static EntryKey mark(int number) {
    EntryKey made = new EntryKey();
    made.mark = number;
    return made;
  }

  boolean isEra() {
    return key == null && mark < 0;
  }

  boolean isMark() {
    return mark >= 0;
  }

  /** The block of this name; null if it is the key of something else. */
  @Nullable BlockId block() {
    return key instanceof BlockId id ? id : null;
  }

  int shard() {
    LedgerKey held = key;
    return held != null ? held.shard() : mark < 0 ? 0 : mark & (LedgerHost.SHARDS - 1);
  }

  @Override
  public Integer getPartitionKey() {
    return shard();
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    LedgerKey held = key;
    if (held != null) {
      out.writeByte(OF_LEDGER);
      BlockCodec.writeKey(held, out);
    } else if (mark < 0) {
      out.writeByte(OF_ERA);
    } else {
      out.writeByte(OF_MARK);
      out.writeInt(mark);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    int kind = in.readByte();
    switch (kind) {
      case OF_ERA -> {}
      case OF_LEDGER -> key = BlockCodec.readKey(in);
      case OF_MARK -> mark = in.readInt();
      default -> throw new IOException("no kind of key has the number " + kind);
    }
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
    return other instanceof EntryKey that && Objects.equals(key, that.key) && mark == that.mark;
  }

  @Override
  public int hashCode() {
    return 31 * Objects.hashCode(key) + mark;
  }

  @Override
  public String toString() {
    return key != null ? key.toString() : mark < 0 ? "era" : "mark " + mark;
  }
}
