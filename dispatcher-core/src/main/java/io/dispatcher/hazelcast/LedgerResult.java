package io.dispatcher.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockCodec;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a processor brings back: the answer, and on how many live backups the entry should lie. */
final class LedgerResult implements IdentifiedDataSerializable {

  /** In place of the number of backups: nothing was done, and a copy may still come. */
  static final int MISSING = -1;

  private @Nullable Answer answer;
  private byte @Nullable [] bytes;
  private int backups;
  private long era;
  private long[] restored = {};
  private long[] present = {};

  LedgerResult() {}

  LedgerResult(@Nullable Answer answer, byte @Nullable [] bytes, int backups) {
    this.answer = answer;
    this.bytes = bytes;
    this.backups = backups;
  }

  /** Of the entry of the era. */
  LedgerResult(@Nullable Held held, int backups) {
    this.backups = backups;
    this.era = held == null ? 0 : held.era();
    this.restored = held == null ? restored : held.restored();
    this.present = held == null ? present : held.present();
  }

  /** Of a call that too few backups heard of. */
  static LedgerResult thin(int backups) {
    return new LedgerResult(LedgerProcessor.DONE, null, backups);
  }

  /** As {@link Held#ofEra} says. */
  long[] present() {
    return present;
  }

  /** As {@link Held#ofEra} says. */
  long[] restored() {
    return restored;
  }

  @Nullable Answer answer() {
    return answer;
  }

  byte @Nullable [] bytes() {
    return bytes;
  }

  int backups() {
    return backups;
  }

  long era() {
    return era;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Answer held = answer;
    out.writeByte(Serials.FORMAT);
    out.writeInt(backups);
    out.writeLong(era);
    out.writeBoolean(held != null);
    if (held != null) {
      BlockCodec.writeAnswer(held, out);
    }
    out.writeByteArray(bytes);
    out.writeLongArray(restored);
    out.writeLongArray(present);
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    Serials.checkFormat(in.readByte());
    backups = in.readInt();
    era = in.readLong();
    answer = in.readBoolean() ? BlockCodec.readAnswer(in) : null;
    bytes = in.readByteArray();
    restored = Serials.longs(in);
    present = Serials.longs(in);
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.RESULT;
  }
}
