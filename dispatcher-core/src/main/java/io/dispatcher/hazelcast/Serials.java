package io.dispatcher.hazelcast;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;

/** Makes the empty objects that Hazelcast reads from bytes. */
final class Serials implements DataSerializableFactory {

  static final int FACTORY = 0x44495350;
  static final int KEY = 1;
  static final int HELD = 2;
  static final int PROCESSOR = 3;
  static final int BACKUP = 4;
  static final int RESULT = 5;
  static final int MERGE = 6;
  static final int LOOK = 7;
  static final int OPERATION = 8;

  /** The format this version writes. */
  static final int FORMAT = 1;

  @Override
  public IdentifiedDataSerializable create(int typeId) {
    return switch (typeId) {
      case KEY -> new EntryKey();
      case HELD -> new Held();
      case PROCESSOR -> new LedgerProcessor();
      case BACKUP -> new BackupProcessor();
      case RESULT -> new LedgerResult();
      case MERGE -> new HigherVersionMerge();
      case LOOK -> new LookOp();
      case OPERATION -> new LedgerOperation();
      default -> throw new IllegalArgumentException("no class of the ledger has the id " + typeId);
    };
  }

  static void checkFormat(int format) throws IOException {
    if (format != FORMAT) {
      throw new IOException("format " + format + " is unknown, this version reads " + FORMAT);
    }
  }

  static long[] longs(ObjectDataInput in) throws IOException {
    long[] read = in.readLongArray();
    return read == null ? new long[0] : read;
  }
}
