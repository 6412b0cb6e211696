package io.dispatcher.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockCodec;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A value of the ledger map: a block, the bytes of a large value, or the era. Never changed. */
final class Held implements IdentifiedDataSerializable {

  private @Nullable Block block;
  private byte @Nullable [] bytes;
  private long era;
  private long[] restored = {};
  private long[] present = {};

  Held() {}

  private Held(@Nullable Block block, byte @Nullable [] bytes, long era) {
    this.block = block;
    this.bytes = bytes;
    this.era = era;
  }

  static Held of(Block block) {
    return new Held(block, null, 0);
  }

  static Held of(byte[] bytes) {
    return new Held(null, bytes, 0);
  }

  /**
   * @param restored incarnations of the last store nodes that have put back what they brought along
   * @param present incarnations of the store nodes with which the era began
   */
  static Held ofEra(long era, long[] restored, long[] present) {
    Held held = new Held(null, null, era);
    held.restored = restored;
    held.present = present;
    return held;
  }

  long[] present() {
    return present;
  }

  long[] restored() {
    return restored;
  }

  static @Nullable Block block(@Nullable Held held) {
    return held == null ? null : held.block;
  }

  byte @Nullable [] bytes() {
    return bytes;
  }

  long era() {
    return era;
  }

  long weight() {
    Block heldBlock = block;
    byte[] heldBytes = bytes;
    return heldBlock != null ? heldBlock.weight() : heldBytes != null ? 64L + heldBytes.length : 64;
  }

  /** The one to keep when two halves of a cluster come together again. */
  static Held newer(Held one, Held other) {
    Block first = one.block;
    Block second = other.block;
    if (first != null && second != null) {
      return first.version().compareTo(second.version()) >= 0 ? one : other;
    }
    return one.era >= other.era ? one : other;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Block heldBlock = block;
    byte[] heldBytes = bytes;
    out.writeByte(Serials.FORMAT);
    if (heldBlock != null) {
      out.writeByte(0);
      BlockCodec.writeBlock(heldBlock, out);
    } else if (heldBytes != null) {
      out.writeByte(1);
      out.writeByteArray(heldBytes);
    } else {
      out.writeByte(2);
      out.writeLong(era);
      out.writeLongArray(restored);
      out.writeLongArray(present);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    Serials.checkFormat(in.readByte());
    int kind = in.readByte();
    switch (kind) {
      case 0 -> block = BlockCodec.readBlock(in);
      case 1 -> bytes = in.readByteArray();
      case 2 -> {
        era = in.readLong();
        restored = Serials.longs(in);
        present = Serials.longs(in);
      }
      default -> throw new IOException("no kind of entry has the number " + kind);
    }
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.HELD;
  }
}
