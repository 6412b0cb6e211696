package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockCodec;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Delta;
import io.dispatcher.ledger.Transition;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The only thing that touches the ledger map: one call for one key, run on the primary. It decides
 * there; its backup half carries the decision. Hazelcast may run one object several times.
 */
@SuppressWarnings("serial") // travels as IdentifiedDataSerializable, never by Java serialization
final class LedgerProcessor
    implements EntryProcessor<EntryKey, Held, LedgerResult>,
        HazelcastInstanceAware,
        IdentifiedDataSerializable {

  private static final int WRITE = 0;
  private static final int PUT = 1;
  private static final int GET = 2;
  private static final int DELETE = 3;
  private static final int RAISE_ERA = 4;
  private static final int READ_ERA = 5;
  private static final int RESTORE = 6;
  private static final int RESTORED = 7;
  private static final int MOST_RESTORED = 64;

  static final Answer DONE = new Answer(Answer.Status.RECORDED, null, 0, List.of(), null);

  private int kind;
  private transient @Nullable Change change;
  private byte @Nullable [] bytes;
  private long era;
  private long[] present = {};
  private @Nullable Held brought;

  private transient @Nullable HazelcastInstance instance;
  private transient @Nullable BackupProcessor backup;

  LedgerProcessor() {}

  private LedgerProcessor(int kind, @Nullable Change change, byte @Nullable [] bytes, long era) {
    this.kind = kind;
    this.change = change;
    this.bytes = bytes;
    this.era = era;
  }

  static LedgerProcessor write(Change change) {
    return new LedgerProcessor(WRITE, change, null, 0);
  }

  static LedgerProcessor put(byte[] bytes) {
    return new LedgerProcessor(PUT, null, bytes, 0);
  }

  static LedgerProcessor get() {
    return new LedgerProcessor(GET, null, null, 0);
  }

  /** Whether backups take no part in it. */
  boolean reads() {
    return kind == GET;
  }

  static LedgerProcessor delete() {
    return new LedgerProcessor(DELETE, null, null, 0);
  }

  /**
   * Raises the era above the stored one and this one.
   *
   * @param present incarnations of the store nodes with which the era begins
   */
  static LedgerProcessor raiseEra(long above, long[] present) {
    LedgerProcessor processor = new LedgerProcessor(RAISE_ERA, null, null, above);
    processor.present = present;
    return processor;
  }

  /**
   * Reads the era, of which no copy may be left here.
   *
   * @param known the last one that is known: the entry must not fall behind it
   * @param present with whom that one began, as far as it is known
   */
  static LedgerProcessor readEra(long known, long[] present) {
    LedgerProcessor processor = new LedgerProcessor(READ_ERA, null, null, known);
    processor.present = present;
    return processor;
  }

  /** Puts back what a node has brought along, unless what stands there is newer. */
  static LedgerProcessor restore(Held brought) {
    LedgerProcessor processor = new LedgerProcessor(RESTORE, null, null, 0);
    processor.brought = brought;
    return processor;
  }

  /** A node has put back all it had brought along. */
  static LedgerProcessor restored(long incarnation) {
    return new LedgerProcessor(RESTORED, null, null, incarnation);
  }

  @Override
  public void setHazelcastInstance(HazelcastInstance hazelcast) {
    instance = hazelcast;
  }

  @Override
  public LedgerResult process(Map.Entry<EntryKey, Held> entry) {
    backup = null;
    LedgerHost host = LedgerHost.of(Objects.requireNonNull(instance, "instance"));
    if (kind == WRITE ? !host.open() : kind != GET && kind != READ_ERA && !host.quorate()) {
      // It was sent before that was known. Alone with its copy this member would take what it does
      // not know for new, or for ended; and before all is put together, for older than it is.
      throw new SplitBrainProtectionException("the ledger is closed on this member");
    }
    int backups = host.liveBackups(entry.getKey().shard());
    Held held = entry.getValue();
    return switch (kind) {
      case WRITE ->
          waitsForCopies(host, entry.getKey(), held)
              ? new LedgerResult(DONE, null, LedgerResult.MISSING)
              : new LedgerResult(write(host, entry, held), null, backups);
      case PUT -> {
        Held value = Held.of(Objects.requireNonNull(bytes, "bytes"));
        if (held == null) {
          entry.setValue(value);
        }
        backup = BackupProcessor.set(value);
        yield new LedgerResult(DONE, null, backups);
      }
      case GET -> new LedgerResult(DONE, held == null ? null : held.bytes(), backups);
      case DELETE -> {
        if (held != null) {
          remove(entry);
        }
        backup = BackupProcessor.apply(new Delta.Gone());
        yield new LedgerResult(DONE, null, backups);
      }
      case RAISE_ERA -> {
        long next = Math.max(era, held == null ? 0 : held.era()) + 1;
        yield setEra(entry, Held.ofEra(next, restored(held), present), backups);
      }
      case READ_ERA -> {
        if (era > (held == null ? 0 : held.era()) && host.quorate()) {
          yield setEra(entry, Held.ofEra(era, restored(held), present), backups);
        }
        // Who was thrown out, and has not heard of it, may have raised it alone.
        backup = held == null ? null : BackupProcessor.set(held);
        yield new LedgerResult(held, backups);
      }
      case RESTORED -> {
        long[] before = restored(held);
        int kept = Math.min(before.length, MOST_RESTORED - 1);
        long[] restored = Arrays.copyOfRange(before, before.length - kept, before.length + 1);
        restored[kept] = era;
        long[] same = held == null ? new long[0] : held.present();
        yield setEra(entry, Held.ofEra(held == null ? 0 : held.era(), restored, same), backups);
      }
      case RESTORE -> {
        Held incoming = Objects.requireNonNull(brought, "brought");
        // What stands in an open ledger may have been shown since: what comes late, and nobody
        // acknowledged, is not newer.
        boolean stands = held != null && Held.block(held) != null && host.open();
        Held next = held == null ? incoming : stands ? held : Held.newer(held, incoming);
        if (next != held) {
          entry.setValue(next);
        }
        backup = BackupProcessor.set(next);
        yield new LedgerResult(DONE, null, backups);
      }
      default -> throw new IllegalStateException("no kind of call has the number " + kind);
    };
  }

  private static long[] restored(@Nullable Held held) {
    return held == null ? new long[0] : held.restored();
  }

  private LedgerResult setEra(Map.Entry<EntryKey, Held> entry, Held next, int backups) {
    entry.setValue(next);
    backup = BackupProcessor.set(next);
    return new LedgerResult(next, backups);
  }

  private boolean waitsForCopies(LedgerHost host, EntryKey key, @Nullable Held held) {
    Change written = Objects.requireNonNull(change, "change");
    return Transition.waitsForCopies(written, Held.block(held) == null)
        && !host.marked(key.shard());
  }

  private Answer write(LedgerHost host, Map.Entry<EntryKey, Held> entry, @Nullable Held held) {
    Block block = Held.block(held);
    Transition transition =
        Transition.of(
            block,
            Objects.requireNonNull(change, "change"),
            host.era(),
            ThreadLocalRandom.current().nextLong());
    Block next = transition.next();
    if (next != block) {
      if (next == null) {
        remove(entry);
      } else {
        entry.setValue(Held.of(next));
      }
    }
    // Sent even if nothing changed here: what the backups acknowledge makes the answer clean.
    backup = BackupProcessor.apply(transition.delta());
    return transition.answer();
  }

  @SuppressWarnings("NullAway") // Hazelcast removes the entry whose value is set to null
  private static void remove(Map.Entry<EntryKey, Held> entry) {
    entry.setValue(null);
  }

  @Override
  public @Nullable EntryProcessor<EntryKey, Held, LedgerResult> getBackupProcessor() {
    return backup;
  }

  @Override
  public void writeData(ObjectDataOutput out) throws IOException {
    Change written = change;
    out.writeByte(Serials.FORMAT);
    out.writeByte(kind);
    if (written != null) {
      BlockCodec.writeChange(written, out);
    }
    if (kind == PUT) {
      out.writeByteArray(bytes);
    }
    if (kind == RAISE_ERA || kind == READ_ERA || kind == RESTORED) {
      out.writeLong(era);
      out.writeLongArray(present);
    }
    Held held = brought;
    if (held != null) {
      held.writeData(out);
    }
  }

  @Override
  public void readData(ObjectDataInput in) throws IOException {
    Serials.checkFormat(in.readByte());
    kind = in.readByte();
    switch (kind) {
      case WRITE -> change = BlockCodec.readChange(in);
      case PUT -> bytes = in.readByteArray();
      case RAISE_ERA, READ_ERA, RESTORED -> {
        era = in.readLong();
        present = Serials.longs(in);
      }
      case RESTORE -> {
        Held read = new Held();
        read.readData(in);
        brought = read;
      }
      default -> {}
    }
  }

  @Override
  public int getFactoryId() {
    return Serials.FACTORY;
  }

  @Override
  public int getClassId() {
    return Serials.PROCESSOR;
  }
}
