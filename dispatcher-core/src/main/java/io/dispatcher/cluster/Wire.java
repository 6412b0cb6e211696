package io.dispatcher.cluster;

import io.dispatcher.cluster.Message.Attempt;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.cluster.Message.Offered;
import io.dispatcher.cluster.Message.Room;
import io.dispatcher.cluster.Message.Settlement;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames as bytes. A link carries records: a length of four bytes and a body. The first record of
 * each side is a {@link Hello}, every other one a {@link Parcel}. Numbers are written in seven bits
 * per byte, low ones first; runs of deliveries or settlements of the same block and profile name
 * these once.
 *
 * <p>Reading trusts nothing: whatever is malformed, too long or of another version gives a {@link
 * WireException}, and nothing is allocated for a length that the bytes at hand do not bear out.
 * Stateless; the buffers are not thread-safe.
 */
public final class Wire {

  /** The format that is written. This one and the one before, if it was released, are read. */
  public static final int VERSION = 3;

  /** The oldest format that is read: 1 was never released. */
  public static final int OLDEST_VERSION = 2;

  /** Bytes of the length before each body. */
  public static final int HEADER_BYTES = 4;

  /** The longest body of a frame: a value of 1 MiB and what goes with it. */
  public static final int MAX_FRAME_BYTES = (1 << 20) + (64 << 10);

  /** The longest body of a hello. */
  public static final int MAX_HELLO_BYTES = 2048;

  /** The most items in one list. */
  public static final int MAX_ITEMS = 16 * 1024;

  private static final int BLOCK_BYTES = 18;
  private static final int MAGIC = 0x64737031; // dsp1
  private static final int MAX_NAME_BYTES = 512;
  private static final int MAX_TEXT_BYTES = 16 * 1024;
  private static final int MAX_NOTE_CHARS = 1024;

  // Numbers on the wire are places in these lists: new values go to the end.
  private static final Role[] ROLES = {Role.STORE, Role.FRONT, Role.WORKER};
  private static final TaskState[] STATES = {
    TaskState.WAITING,
    TaskState.RUNNING,
    TaskState.SUCCEEDED,
    TaskState.FAILED,
    TaskState.CANCELLED,
    TaskState.EXPIRED,
    TaskState.REMOVED
  };

  private static final int NONE = 0;
  private static final int DELIVER = 1;
  private static final int RETURNED = 2;
  private static final int SETTLED = 3;
  private static final int FENCED = 4;
  private static final int STOP = 5;
  private static final int OFFER = 6;
  private static final int REPORT = 7;
  private static final int WATCH = 8;
  private static final int WATCHED = 9;
  private static final int CANCEL = 10;
  private static final int CANCELLED = 11;
  private static final int PROGRESS = 12;
  private static final int VIEW_ASK = 13;
  private static final int VIEW_TOLD = 14;
  private static final int INVENTORY = 15;
  private static final int HOLDING = 16;
  private static final int LETTER_ASK = 17;
  private static final int LETTER_TOLD = 18;

  private static final int HAND_OVER = 20;
  private static final int TAKEN_OVER = 21;
  private static final int YIELD = 22;
  private static final int DRAIN = 23;

  private static final int SAME_BLOCK = 1;
  private static final int SAME_PROFILE = 2;
  private static final int HAS_KEY = 4;
  private static final int HAS_DEADLINE = 8;
  private static final int HAS_FAILURES = 16;
  private static final int HAS_DEATHS = 32;

  private static final int HAS_RESULT = 2;
  private static final int HAS_LARGE = 4;
  private static final int HAS_FAILURE = 8;
  private static final int OTHER_ATTEMPT = 16;
  private static final int HAS_RETRY = 32;

  private static final int IS_DRAINING = 1;
  private static final int HAS_CAPACITIES = 2;

  private static final int IS_KNOWN = 1;
  private static final int HAS_WHY = 2;
  private static final int HAS_PLACEMENT = 4;

  private static final int HAS_BYTES = 1;
  private static final int HAS_STORED = 2;

  private Wire() {}

  /**
   * What each side of a link says first.
   *
   * @param version the format it writes
   * @param cluster the name of its cluster
   * @param from itself
   * @param to whom it believes to speak to
   */
  public record Hello(int version, String cluster, Peer from, Peer to) {}

  /** A frame and the roles it travels between; the peers are those of the link. */
  public record Parcel(Role from, Role to, Frame frame) {}

  // Records

  /** Appends a hello with its length. */
  public static void writeHello(WireBuffer out, Hello hello) {
    int start = out.size();
    out.fixed32(0);
    out.fixed32(MAGIC);
    out.u8(hello.version());
    out.string(hello.cluster());
    peer(out, hello.from());
    peer(out, hello.to());
    finish(out, start, MAX_HELLO_BYTES, "hello");
  }

  /**
   * Reads the body of a hello.
   *
   * @throws WireException if it is none, or of a version that is not read here
   */
  public static Hello readHello(byte[] bytes, int offset, int length) {
    WireReader in = new WireReader(bytes, offset, length);
    int magic = in.fixed32();
    if (magic != MAGIC) {
      throw in.malformed("not a dispatcher: it begins with " + Integer.toHexString(magic));
    }
    int version = in.u8();
    if (version < OLDEST_VERSION || version > VERSION) {
      throw in.malformed(
          "format version " + version + "; this node reads " + OLDEST_VERSION + " to " + VERSION);
    }
    String cluster = in.string(MAX_NAME_BYTES, "a cluster name");
    Hello hello = new Hello(version, cluster, peer(in), peer(in));
    in.end();
    return hello;
  }

  /**
   * Appends a frame with its length. If it throws, the buffer is as before.
   *
   * @throws WireException if the frame is over a limit
   */
  public static void write(WireBuffer out, Role from, Role to, Frame frame) {
    int start = out.size();
    try {
      out.fixed32(0);
      out.u8(number(ROLES, from) | number(ROLES, to) << 4);
      out.varlong(frame.number());
      out.varlong(frame.handled());
      message(out, frame.message());
      finish(out, start, MAX_FRAME_BYTES, "frame");
    } catch (WireException e) {
      out.truncate(start);
      throw e;
    }
  }

  /**
   * Reads the body of a frame.
   *
   * @throws WireException if it is malformed
   */
  public static Parcel read(byte[] bytes, int offset, int length) {
    WireReader in = new WireReader(bytes, offset, length);
    try {
      int roles = in.u8();
      Role from = role(in, roles & 0xf);
      Role to = role(in, roles >>> 4);
      Frame frame = new Frame(in.varlong(), in.varlong(), message(in));
      in.end();
      return new Parcel(from, to, frame);
    } catch (IllegalArgumentException | ArithmeticException e) {
      // A value that its own class refuses.
      throw in.malformed(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Checks the length before a body.
   *
   * @param hello whether a hello is expected
   * @throws WireException if it is over the limit
   */
  public static int checkLength(int length, boolean hello) {
    int most = hello ? MAX_HELLO_BYTES : MAX_FRAME_BYTES;
    if (length <= 0 || length > most) {
      throw new WireException(
          (hello ? "hello of " : "frame of ")
              + Integer.toUnsignedString(length)
              + " bytes, 1 to "
              + most
              + " are allowed");
    }
    return length;
  }

  /** The bytes of a frame, roughly, for bounds on what waits. */
  public static int weight(Frame frame) {
    int weight = 64;
    if (frame.message() instanceof Message.Deliver deliver) {
      for (Delivery item : deliver.items()) {
        weight += 32 + item.payload().length;
      }
    } else if (frame.message() instanceof Message.Settled settled) {
      for (Settlement item : settled.items()) {
        Value result = item.result();
        byte[] inline = result == null ? null : result.bytes();
        byte[] large = item.large();
        weight += 32 + (inline == null ? 0 : inline.length) + (large == null ? 0 : large.length);
      }
    } else if (frame.message() instanceof Message.ViewTold told) {
      weight += told.view().length;
    } else if (frame.message() instanceof Message.LetterTold told) {
      weight += told.told().length;
    }
    return weight;
  }

  private static void finish(WireBuffer out, int start, int most, String what) {
    int length = out.size() - start - HEADER_BYTES;
    if (length > most) {
      throw new WireException(
          "a " + what + " of " + length + " bytes, at most " + most + " are allowed");
    }
    out.patch32(start, length);
  }

  private static <E extends Enum<E>> int number(E[] values, E value) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == value) {
        return i;
      }
    }
    throw new WireException("no number for " + value);
  }

  private static Role role(WireReader in, int number) {
    if (number >= ROLES.length) {
      throw in.malformed("no role has the number " + number);
    }
    return ROLES[number];
  }

  // Messages

  private static void message(WireBuffer out, @Nullable Message message) {
    if (message == null) {
      out.u8(NONE);
    } else if (message instanceof Message.Deliver m) {
      out.u8(DELIVER);
      deliveries(out, m.items());
    } else if (message instanceof Message.Settled m) {
      out.u8(SETTLED);
      settlements(out, m.items());
      room(out, m.room());
    } else if (message instanceof Message.Report m) {
      out.u8(REPORT);
      room(out, m.room());
      out.u8(m.worker() ? 1 : 0);
      out.varlong(m.storeBytes());
      out.varlong(m.storeLimit());
      out.varint(m.running());
    } else if (message instanceof Message.Returned m) {
      out.u8(RETURNED);
      attempts(out, m.items());
      note(out, m.why());
    } else if (message instanceof Message.Fenced m) {
      out.u8(FENCED);
      attempts(out, m.items());
      room(out, m.room());
    } else if (message instanceof Message.Stop m) {
      out.u8(STOP);
      attempts(out, m.items());
    } else if (message instanceof Message.Offer m) {
      out.u8(OFFER);
      offer(out, m);
    } else if (message instanceof Message.Watch m) {
      out.u8(WATCH);
      task(out, m.task());
    } else if (message instanceof Message.Watched m) {
      out.u8(WATCHED);
      watched(out, m);
    } else if (message instanceof Message.Cancel m) {
      out.u8(CANCEL);
      task(out, m.task());
    } else if (message instanceof Message.Cancelled m) {
      out.u8(CANCELLED);
      task(out, m.task());
      out.u8(m.done() ? 1 : 0);
    } else if (message instanceof Message.Progress m) {
      out.u8(PROGRESS);
      block(out, m.attempt().block());
      index(out, m.attempt().index());
      out.varint(m.attempt().attempt());
      note(out, m.note());
    } else if (message instanceof Message.Inventory m) {
      out.u8(INVENTORY);
      out.varlong(m.question());
      attempts(out, m.items());
    } else if (message instanceof Message.Holding m) {
      out.u8(HOLDING);
      out.varlong(m.question());
      attempts(out, m.items());
    } else if (message instanceof Message.ViewAsk m) {
      out.u8(VIEW_ASK);
      out.varlong(m.question());
    } else if (message instanceof Message.ViewTold m) {
      out.u8(VIEW_TOLD);
      out.varlong(m.question());
      out.blob(m.view());
    } else if (message instanceof Message.HandOver m) {
      out.u8(HAND_OVER);
      shares(out, m.blocks());
      count(out, m.holders());
      m.holders().forEach(holder -> peer(out, holder));
    } else if (message instanceof Message.TakenOver m) {
      out.u8(TAKEN_OVER);
      blocks(out, m.taken());
      blocks(out, m.refused());
    } else if (message instanceof Message.Yield m) {
      out.u8(YIELD);
      attempts(out, m.items());
    } else if (message instanceof Message.Drain m) {
      out.u8(DRAIN);
      out.u8(m.stay() ? 1 : 0);
    } else if (message instanceof Message.LetterAsk m) {
      out.u8(LETTER_ASK);
      out.varlong(m.question());
      out.blob(m.ask());
    } else if (message instanceof Message.LetterTold m) {
      out.u8(LETTER_TOLD);
      out.varlong(m.question());
      out.blob(m.told());
    } else {
      throw new WireException("no form for " + message.getClass().getName());
    }
  }

  private static @Nullable Message message(WireReader in) {
    int kind = in.u8();
    return switch (kind) {
      case NONE -> null;
      case DELIVER -> new Message.Deliver(deliveries(in));
      case SETTLED -> new Message.Settled(settlements(in), room(in));
      case REPORT ->
          new Message.Report(
              room(in), in.bool("a report"), in.varlong(), in.varlong(), in.varint());
      case INVENTORY -> new Message.Inventory(in.varlong(), attempts(in));
      case HOLDING -> new Message.Holding(in.varlong(), attempts(in));
      case VIEW_ASK -> new Message.ViewAsk(in.varlong());
      case VIEW_TOLD -> new Message.ViewTold(in.varlong(), in.blob(MAX_FRAME_BYTES, "a view"));
      case LETTER_ASK ->
          new Message.LetterAsk(in.varlong(), in.blob(MAX_FRAME_BYTES, "a question"));
      case LETTER_TOLD ->
          new Message.LetterTold(in.varlong(), in.blob(MAX_FRAME_BYTES, "dead letters"));
      case RETURNED -> new Message.Returned(attempts(in), text(in, "a reason"));
      case FENCED -> new Message.Fenced(attempts(in), room(in));
      case STOP -> new Message.Stop(attempts(in));
      case OFFER -> offer(in);
      case WATCH -> new Message.Watch(task(in));
      case WATCHED -> watched(in);
      case CANCEL -> new Message.Cancel(task(in));
      case CANCELLED -> new Message.Cancelled(task(in), in.bool("a cancellation"));
      case PROGRESS ->
          new Message.Progress(
              new Attempt(block(in), in.u8(), in.varint()), text(in, "a progress note"));
      case HAND_OVER -> new Message.HandOver(shares(in), holders(in));
      case TAKEN_OVER -> new Message.TakenOver(blocks(in), blocks(in));
      case YIELD -> new Message.Yield(attempts(in));
      case DRAIN -> new Message.Drain(in.bool("a drain"));
      default -> throw in.malformed("no message has the number " + kind);
    };
  }

  private static void deliveries(WireBuffer out, List<Delivery> items) {
    count(out, items);
    Delivery last = null;
    for (Delivery item : items) {
      boolean sameBlock =
          last != null
              && item.nonce() == last.nonce()
              && item.epoch() == last.epoch()
              && item.block().equals(last.block());
      boolean sameProfile = last != null && item.profile().equals(last.profile());
      String key = item.key();
      out.u8(
          (sameBlock ? SAME_BLOCK : 0)
              | (sameProfile ? SAME_PROFILE : 0)
              | (key != null ? HAS_KEY : 0)
              | (item.deadlineInMillis() != 0 ? HAS_DEADLINE : 0)
              | (item.failures() != 0 ? HAS_FAILURES : 0)
              | (item.deaths() != 0 ? HAS_DEATHS : 0));
      if (!sameBlock) {
        block(out, item.block());
        out.fixed64(item.nonce());
        out.varlong(item.epoch());
      }
      if (!sameProfile) {
        profile(out, item.profile());
      }
      index(out, item.index());
      out.varint(item.attempt());
      if (item.failures() != 0) {
        out.varint(item.failures());
      }
      if (item.deaths() != 0) {
        out.varint(item.deaths());
      }
      if (key != null) {
        text(out, key);
      }
      if (item.deadlineInMillis() != 0) {
        out.varlong(item.deadlineInMillis());
      }
      out.blob(item.payload());
      last = item;
    }
  }

  private static List<Delivery> deliveries(WireReader in) {
    int known = SAME_BLOCK | SAME_PROFILE | HAS_KEY | HAS_DEADLINE | HAS_FAILURES | HAS_DEATHS;
    int count = in.count(MAX_ITEMS, 4, "deliveries");
    List<Delivery> items = new ArrayList<>(count);
    Delivery last = null;
    for (int i = 0; i < count; i++) {
      int flags = in.flags(known, "a delivery");
      boolean sameBlock = (flags & SAME_BLOCK) != 0;
      boolean sameProfile = (flags & SAME_PROFILE) != 0;
      if (last == null && (sameBlock || sameProfile)) {
        throw in.malformed("the first delivery refers to one before it");
      }
      BlockId block = sameBlock && last != null ? last.block() : block(in);
      long nonce = sameBlock && last != null ? last.nonce() : in.fixed64();
      long epoch = sameBlock && last != null ? last.epoch() : in.varlong();
      Profile profile = sameProfile && last != null ? last.profile() : profile(in);
      int index = in.u8();
      int attempt = in.varint();
      int failures = (flags & HAS_FAILURES) != 0 ? in.varint() : 0;
      int deaths = (flags & HAS_DEATHS) != 0 ? in.varint() : 0;
      String key = (flags & HAS_KEY) != 0 ? text(in, "a key") : null;
      long deadline = (flags & HAS_DEADLINE) != 0 ? in.varlong() : 0;
      byte[] payload = in.blob(MAX_FRAME_BYTES, "a payload");
      last =
          new Delivery(
              block, nonce, epoch, index, attempt, failures, deaths, profile, key, payload,
              deadline);
      items.add(last);
    }
    return items;
  }

  private static void settlements(WireBuffer out, List<Settlement> items) {
    count(out, items);
    BlockId last = null;
    for (Settlement item : items) {
      boolean sameBlock = item.block().equals(last);
      Value result = item.result();
      byte[] large = item.large();
      Failure failure = item.failure();
      out.u8(
          (sameBlock ? SAME_BLOCK : 0)
              | (result != null ? HAS_RESULT : 0)
              | (large != null ? HAS_LARGE : 0)
              | (failure != null ? HAS_FAILURE : 0)
              | (item.nextAttempt() != item.attempt() ? OTHER_ATTEMPT : 0)
              | (item.retryInMillis() != 0 ? HAS_RETRY : 0));
      if (!sameBlock) {
        block(out, item.block());
      }
      index(out, item.index());
      out.varint(item.attempt());
      out.u8(number(STATES, item.state()));
      if (item.nextAttempt() != item.attempt()) {
        out.varint(item.nextAttempt());
      }
      if (item.retryInMillis() != 0) {
        out.varlong(item.retryInMillis());
      }
      if (result != null) {
        value(out, result);
      }
      if (large != null) {
        out.blob(large);
      }
      if (failure != null) {
        failure(out, failure);
      }
      last = item.block();
    }
  }

  private static List<Settlement> settlements(WireReader in) {
    int known = SAME_BLOCK | HAS_RESULT | HAS_LARGE | HAS_FAILURE | OTHER_ATTEMPT | HAS_RETRY;
    int count = in.count(MAX_ITEMS, 4, "settlements");
    List<Settlement> items = new ArrayList<>(count);
    BlockId block = null;
    for (int i = 0; i < count; i++) {
      int flags = in.flags(known, "a settlement");
      block = blockOrLast(in, flags, block);
      int index = in.u8();
      int attempt = in.varint();
      items.add(
          new Settlement(
              block,
              index,
              attempt,
              in.one(STATES, "state"),
              (flags & OTHER_ATTEMPT) != 0 ? in.varint() : attempt,
              (flags & HAS_RETRY) != 0 ? in.varlong() : 0,
              (flags & HAS_RESULT) != 0 ? value(in) : null,
              (flags & HAS_LARGE) != 0 ? in.blob(MAX_FRAME_BYTES, "a result") : null,
              (flags & HAS_FAILURE) != 0 ? failure(in) : null));
    }
    return items;
  }

  private static void attempts(WireBuffer out, List<Attempt> items) {
    count(out, items);
    BlockId last = null;
    for (Attempt item : items) {
      boolean sameBlock = item.block().equals(last);
      out.u8(sameBlock ? SAME_BLOCK : 0);
      if (!sameBlock) {
        block(out, item.block());
      }
      index(out, item.index());
      out.varint(item.attempt());
      last = item.block();
    }
  }

  private static List<Attempt> attempts(WireReader in) {
    int count = in.count(MAX_ITEMS, 3, "attempts");
    List<Attempt> items = new ArrayList<>(count);
    BlockId block = null;
    for (int i = 0; i < count; i++) {
      block = blockOrLast(in, in.flags(SAME_BLOCK, "an attempt"), block);
      items.add(new Attempt(block, in.u8(), in.varint()));
    }
    return items;
  }

  private static void shares(WireBuffer out, List<Message.Share> shares) {
    count(out, shares);
    for (Message.Share share : shares) {
      block(out, share.block());
      out.varlong(share.epoch());
      count(out, share.idle());
      for (Message.Idle task : share.idle()) {
        index(out, task.index());
        out.varint(task.attempt());
      }
    }
  }

  private static List<Message.Share> shares(WireReader in) {
    int count = in.count(MAX_ITEMS, BLOCK_BYTES + 2, "blocks to take over");
    List<Message.Share> shares = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      BlockId block = block(in);
      long epoch = in.varlong();
      int tasks = in.count(Block.MAX_TASKS, 2, "tasks that nobody has");
      List<Message.Idle> idle = new ArrayList<>(tasks);
      for (int j = 0; j < tasks; j++) {
        idle.add(new Message.Idle(in.u8(), in.varint()));
      }
      shares.add(new Message.Share(block, epoch, idle));
    }
    return shares;
  }

  private static List<Peer> holders(WireReader in) {
    int count = in.count(MAX_ITEMS, 9, "workers");
    List<Peer> peers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      peers.add(peer(in));
    }
    return peers;
  }

  private static void blocks(WireBuffer out, List<BlockId> ids) {
    count(out, ids);
    ids.forEach(id -> block(out, id));
  }

  private static List<BlockId> blocks(WireReader in) {
    int count = in.count(MAX_ITEMS, BLOCK_BYTES, "blocks");
    List<BlockId> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(block(in));
    }
    return ids;
  }

  private static BlockId blockOrLast(WireReader in, int flags, @Nullable BlockId last) {
    if ((flags & SAME_BLOCK) == 0) {
      return block(in);
    }
    if (last == null) {
      throw in.malformed("the first item refers to one before it");
    }
    return last;
  }

  private static void offer(WireBuffer out, Message.Offer offer) {
    count(out, offer.types());
    for (Offered type : offer.types()) {
      text(out, type.type());
      text(out, type.pool());
      out.varint(type.slots());
    }
    out.varint(offer.slots());
    out.fixed64(Double.doubleToLongBits(offer.weight()));
    boolean measured = offer.types().stream().anyMatch(type -> type.capacity() > 0);
    out.u8((offer.draining() ? IS_DRAINING : 0) | (measured ? HAS_CAPACITIES : 0));
    if (measured) {
      offer.types().forEach(type -> out.fixed64(Double.doubleToLongBits(type.capacity())));
    }
  }

  private static Message.Offer offer(WireReader in) {
    int count = in.count(MAX_ITEMS, 3, "types");
    List<Offered> types = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      types.add(new Offered(text(in, "a type"), text(in, "a pool"), in.varint(), 0));
    }
    int slots = in.varint();
    double weight = Double.longBitsToDouble(in.fixed64());
    int flags = in.flags(IS_DRAINING | HAS_CAPACITIES, "an offer");
    if ((flags & HAS_CAPACITIES) != 0) {
      types.replaceAll(
          type ->
              new Offered(
                  type.type(), type.pool(), type.slots(), Double.longBitsToDouble(in.fixed64())));
    }
    return new Message.Offer(types, slots, weight, (flags & IS_DRAINING) != 0);
  }

  private static void watched(WireBuffer out, Message.Watched watched) {
    Placement placement = watched.placement();
    String why = watched.why();
    task(out, watched.task());
    out.u8(
        (watched.known() ? IS_KNOWN : 0)
            | (why != null ? HAS_WHY : 0)
            | (placement != null ? HAS_PLACEMENT : 0));
    text(out, watched.type());
    out.u8(number(STATES, watched.state()));
    optionalNote(out, watched.reason());
    optionalNote(out, watched.node());
    out.varint(watched.attempt());
    optionalNote(out, watched.progress());
    if (why != null) {
      note(out, why);
    }
    if (placement != null) {
      PlacementForm.write(out, placement);
    }
  }

  private static Message.Watched watched(WireReader in) {
    TaskRef task = task(in);
    int flags = in.flags(IS_KNOWN | HAS_WHY | HAS_PLACEMENT, "a watched task");
    return new Message.Watched(
        task,
        (flags & IS_KNOWN) != 0,
        text(in, "a type"),
        in.one(STATES, "state"),
        optionalText(in, "a reason"),
        optionalText(in, "a node"),
        in.varint(),
        optionalText(in, "a progress note"),
        (flags & HAS_WHY) == 0 ? null : text(in, "why a task waits"),
        (flags & HAS_PLACEMENT) == 0 ? null : PlacementForm.read(in));
  }

  private static void room(WireBuffer out, Room room) {
    out.varint(room.credit());
    out.varint(room.total());
    out.varint(room.mine());
  }

  private static Room room(WireReader in) {
    return new Room(in.varint(), in.varint(), in.varint());
  }

  // Parts

  private static void peer(WireBuffer out, Peer peer) {
    out.string(peer.node());
    out.fixed64(peer.incarnation());
  }

  private static Peer peer(WireReader in) {
    return new Peer(in.string(MAX_NAME_BYTES, "a node name"), in.fixed64());
  }

  private static void block(WireBuffer out, BlockId id) {
    out.u8(id.shard() >>> 8);
    out.u8(id.shard());
    out.fixed64(id.high());
    out.fixed64(id.low());
  }

  private static BlockId block(WireReader in) {
    return new BlockId(in.u8() << 8 | in.u8(), in.fixed64(), in.fixed64());
  }

  private static void index(WireBuffer out, int index) {
    if (index < 0 || index > 0xff) {
      throw new WireException("index " + index + " is not within 0..255");
    }
    out.u8(index);
  }

  private static void task(WireBuffer out, TaskRef task) {
    block(out, task.block());
    index(out, task.index());
  }

  private static TaskRef task(WireReader in) {
    return new TaskRef(block(in), in.u8());
  }

  /** Without what only its owner has to know: labels, and whether it explains. */
  private static void profile(WireBuffer out, Profile profile) {
    Backoff backoff = profile.backoff();
    text(out, profile.type());
    out.varint(profile.retries());
    out.varlong(backoff.initial().toNanos());
    out.fixed64(Double.doubleToLongBits(backoff.factor()));
    out.varlong(backoff.cap().toNanos());
    out.fixed64(Double.doubleToLongBits(backoff.jitter()));
    out.varlong(profile.timeLimitMillis());
    out.varlong(profile.deadlineMillis());
    out.varlong(profile.notBefore());
    out.varint(profile.priority());
    out.varlong(profile.retentionMillis());
  }

  private static Profile profile(WireReader in) {
    return new Profile(
        text(in, "a type"),
        in.varint(),
        new Backoff(
            Duration.ofNanos(in.varlong()),
            Double.longBitsToDouble(in.fixed64()),
            Duration.ofNanos(in.varlong()),
            Double.longBitsToDouble(in.fixed64())),
        in.varlong(),
        in.varlong(),
        in.varlong(),
        in.varint(),
        in.varlong());
  }

  private static void value(WireBuffer out, Value value) {
    byte[] bytes = value.bytes();
    ValueId stored = value.stored();
    out.u8((bytes != null ? HAS_BYTES : 0) | (stored != null ? HAS_STORED : 0));
    out.varint(value.size());
    if (bytes != null) {
      out.blob(bytes);
    }
    if (stored != null) {
      block(out, stored.block());
      index(out, stored.index());
      out.fixed64(stored.nonce());
      out.varint(stored.attempt());
      out.varint(stored.sequence());
    }
  }

  private static Value value(WireReader in) {
    int flags = in.flags(HAS_BYTES | HAS_STORED, "a value");
    int size = in.varint();
    if (size < 0) {
      throw in.malformed("a value of " + size + " bytes");
    }
    byte[] bytes = (flags & HAS_BYTES) != 0 ? in.blob(MAX_FRAME_BYTES, "a value") : null;
    ValueId stored =
        (flags & HAS_STORED) != 0
            ? new ValueId(block(in), in.u8(), in.fixed64(), in.varint(), in.varint())
            : null;
    return new Value(bytes, stored, size);
  }

  private static void failure(WireBuffer out, Failure failure) {
    text(out, failure.type());
    text(out, failure.message());
    text(out, failure.trace());
    text(out, failure.node());
    out.varint(failure.attempt());
  }

  private static Failure failure(WireReader in) {
    return new Failure(
        text(in, "an error's type"),
        text(in, "an error's message"),
        text(in, "a stack trace"),
        text(in, "a node"),
        in.varint());
  }

  private static void count(WireBuffer out, List<?> items) {
    if (items.size() > MAX_ITEMS) {
      throw new WireException(
          items.size() + " items in one message, at most " + MAX_ITEMS + " are allowed");
    }
    out.varint(items.size());
  }

  /** Text that must arrive as it is. */
  private static void text(WireBuffer out, String text) {
    int before = out.size();
    out.string(text);
    if (out.size() - before > MAX_TEXT_BYTES) {
      throw new WireException(
          "a text of " + (out.size() - before) + " bytes, " + MAX_TEXT_BYTES + " are allowed");
    }
  }

  private static String text(WireReader in, String what) {
    return in.string(MAX_TEXT_BYTES, what);
  }

  /** Text for people, cut if it is long. */
  private static void note(WireBuffer out, String note) {
    out.string(note.length() <= MAX_NOTE_CHARS ? note : note.substring(0, MAX_NOTE_CHARS));
  }

  private static void optionalNote(WireBuffer out, @Nullable String note) {
    out.u8(note == null ? 0 : 1);
    if (note != null) {
      note(out, note);
    }
  }

  private static @Nullable String optionalText(WireReader in, String what) {
    return in.bool(what) ? text(in, what) : null;
  }
}
