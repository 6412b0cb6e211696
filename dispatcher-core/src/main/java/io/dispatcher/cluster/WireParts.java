package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_ITEMS;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What frames of several kinds are made of: peers, names of blocks and tasks, counts, texts. */
final class WireParts {

  /** In the flags of an item: it is of the same block as the one before. */
  static final int SAME_BLOCK = 1;

  static final int MAX_NAME_BYTES = 512;
  private static final int MAX_TEXT_BYTES = 16 * 1024;
  private static final int MAX_NOTE_CHARS = 1024;

  // Numbers on the wire are places in this list: new values go to the end.
  static final TaskState[] STATES = {
    TaskState.WAITING,
    TaskState.RUNNING,
    TaskState.SUCCEEDED,
    TaskState.FAILED,
    TaskState.CANCELLED,
    TaskState.EXPIRED,
    TaskState.REMOVED
  };

  private WireParts() {}

  static <E extends Enum<E>> int number(E[] values, E value) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == value) {
        return i;
      }
    }
    throw new WireException("no number for " + value);
  }

  static void peer(WireBuffer out, Peer peer) {
    out.string(peer.node());
    out.fixed64(peer.incarnation());
  }

  static Peer peer(WireReader in) {
    return new Peer(in.string(MAX_NAME_BYTES, "a node name"), in.fixed64());
  }

  static void block(WireBuffer out, BlockId id) {
    out.u8(id.shard() >>> 8);
    out.u8(id.shard());
    out.fixed64(id.high());
    out.fixed64(id.low());
  }

  static BlockId block(WireReader in) {
    return new BlockId(in.u8() << 8 | in.u8(), in.fixed64(), in.fixed64());
  }

  static BlockId blockOrLast(WireReader in, int flags, @Nullable BlockId last) {
    if ((flags & SAME_BLOCK) == 0) {
      return block(in);
    }
    if (last == null) {
      throw in.malformed("the first item refers to one before it");
    }
    return last;
  }

  /** That of a block, which is named once too. */
  static long nonceOrLast(WireReader in, int flags, long last) {
    return (flags & SAME_BLOCK) == 0 ? in.fixed64() : last;
  }

  static void index(WireBuffer out, int index) {
    if (index < 0 || index > 0xff) {
      throw new WireException("index " + index + " is not within 0..255");
    }
    out.u8(index);
  }

  static void task(WireBuffer out, TaskRef task) {
    block(out, task.block());
    index(out, task.index());
  }

  static TaskRef task(WireReader in) {
    return new TaskRef(block(in), in.u8());
  }

  static void count(WireBuffer out, List<?> items) {
    if (items.size() > MAX_ITEMS) {
      throw new WireException(
          items.size() + " items in one message, at most " + MAX_ITEMS + " are allowed");
    }
    out.varint(items.size());
  }

  /** Text that must arrive as it is. */
  static void text(WireBuffer out, String text) {
    int before = out.size();
    out.string(text);
    if (out.size() - before > MAX_TEXT_BYTES) {
      throw new WireException(
          "a text of " + (out.size() - before) + " bytes, " + MAX_TEXT_BYTES + " are allowed");
    }
  }

  static String text(WireReader in, String what) {
    return in.string(MAX_TEXT_BYTES, what);
  }

  /** Text for people, cut if it is long. */
  static void note(WireBuffer out, String note) {
    out.string(note.length() <= MAX_NOTE_CHARS ? note : note.substring(0, MAX_NOTE_CHARS));
  }

  static void optionalNote(WireBuffer out, @Nullable String note) {
    out.bool(note != null);
    if (note != null) {
      note(out, note);
    }
  }

  static @Nullable String optionalText(WireReader in, String what) {
    return in.bool(what) ? text(in, what) : null;
  }
}
