package io.dispatcher.ledger;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Blocks, writes, deltas and answers as bytes. Every piece starts with the number of its format,
 * except keys, whose bytes must stay the same for ever. What the tasks of a block share, such as
 * their {@link Profile} and the id of the write that made them, is written once. Reading checks
 * every size against a limit, and throws {@link IOException} for whatever this class cannot have
 * written.
 */
public final class BlockCodec {

  /** The format written. */
  private static final int FORMAT = 2;

  /** The format before, which is read: without histories, dead letters, and where attempts ran. */
  private static final int FORMAT_BEFORE = 1;

  /** The most bytes of one value inside its block: what a task may have, plus some. */
  static final int MAX_VALUE = (1 << 20) + (1 << 12);

  static final int MAX_TEXT = 64 * 1024;

  /** The most bytes that the values and texts of one piece may have together. */
  static final int MAX_TOTAL = 16 << 20;

  private static final int HAS_KEY = 1;
  private static final int HAS_PAYLOAD = 1 << 1;
  private static final int HAS_RESULT = 1 << 2;
  private static final int HAS_FAILURE = 1 << 3;
  private static final int HAS_CHECKPOINT = 1 << 4;
  private static final int SAME_WRITE = 1 << 5;
  private static final int COUNTERS = 1 << 6;
  private static final int FIRST_ATTEMPT = 1 << 7;

  /** Beside the priority of a profile. */
  private static final int PRIORITY = 0xf;

  private static final int HAS_REQUIRES = 1 << 4;
  private static final int EXPLAINS = 1 << 5;

  private static final int HAS_WORKER = 1;
  private static final int HAS_RETRY_OF = 1 << 1;
  private static final int IS_CANCELLED = 1 << 2;

  // The places in these arrays are the format; the order of the enums is not.
  private static final TaskState[] STATES = {
    TaskState.WAITING,
    TaskState.RUNNING,
    TaskState.SUCCEEDED,
    TaskState.FAILED,
    TaskState.CANCELLED,
    TaskState.EXPIRED,
    TaskState.REMOVED
  };
  private static final Change.Cause[] CAUSES = {
    Change.Cause.DEATH, Change.Cause.LAPSE, Change.Cause.RETURNED, Change.Cause.ADOPTED
  };
  private static final PastAttempt.Cause[] PAST_CAUSES = {
    PastAttempt.Cause.SUCCEEDED,
    PastAttempt.Cause.FAILED,
    PastAttempt.Cause.NODE_DIED,
    PastAttempt.Cause.LEASE_LAPSED,
    PastAttempt.Cause.OWNER_DIED
  };
  private static final Answer.Status[] STATUSES = {
    Answer.Status.RECORDED,
    Answer.Status.EXISTS,
    Answer.Status.CONFLICT,
    Answer.Status.GONE,
    Answer.Status.FENCED
  };

  /** Stands where a patch leaves the profile out; the replica has it. */
  private static final Value OMITTED_VALUE = Value.inline(new byte[0]);

  private static final Profile OMITTED = new Profile("", 0, Backoff.DEFAULT, 0, 0, 0, 5, 0);

  private BlockCodec() {}

  /** Writes a key; equal keys give equal bytes, in every version. */
  public static void writeKey(LedgerKey key, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    Out out = new Out(buffer);
    if (key instanceof BlockId id) {
      buffer.writeByte(0);
      out.blockId(id);
    } else if (key instanceof ValueId id) {
      buffer.writeByte(1);
      out.valueId(id);
    }
    buffer.drainTo(to);
  }

  /** Reads what {@link #writeKey} wrote. */
  public static LedgerKey readKey(DataInput from) throws IOException {
    In in = new In(from, FORMAT);
    int kind = from.readUnsignedByte();
    return switch (kind) {
      case 0 -> in.blockId();
      case 1 -> in.valueId();
      default -> throw new IOException("no kind of ledger key has the number " + kind);
    };
  }

  /** Writes a peer. */
  public static void writePeer(Peer peer, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    buffer.writeByte(FORMAT);
    new Out(buffer).peer(peer);
    buffer.drainTo(to);
  }

  /** Reads what {@link #writePeer} wrote. */
  public static Peer readPeer(DataInput from) throws IOException {
    return new In(from, from.readUnsignedByte()).peer();
  }

  /** Writes a block. */
  public static void writeBlock(Block block, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    buffer.writeByte(FORMAT);
    new Out(buffer).block(block);
    buffer.drainTo(to);
  }

  /** Reads what {@link #writeBlock} wrote. */
  public static Block readBlock(DataInput from) throws IOException {
    return new In(from, from.readUnsignedByte()).block();
  }

  /** Writes a change. */
  public static void writeChange(Change change, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    buffer.writeByte(FORMAT);
    new Out(buffer).change(change);
    buffer.drainTo(to);
  }

  /** Reads what {@link #writeChange} wrote. */
  public static Change readChange(DataInput from) throws IOException {
    return new In(from, from.readUnsignedByte()).change();
  }

  /** Writes a delta. A patch goes without profiles, keys and payloads: the replica has them. */
  public static void writeDelta(Delta delta, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    buffer.writeByte(FORMAT);
    new Out(buffer).delta(delta);
    buffer.drainTo(to);
  }

  /** Reads what {@link #writeDelta} wrote. */
  public static Delta readDelta(DataInput from) throws IOException {
    return new In(from, from.readUnsignedByte()).delta();
  }

  /** Writes an answer. */
  public static void writeAnswer(Answer answer, DataOutput to) throws IOException {
    OutBuffer buffer = OutBuffer.ofThread();
    buffer.writeByte(FORMAT);
    new Out(buffer).answer(answer);
    buffer.drainTo(to);
  }

  /** Reads what {@link #writeAnswer} wrote. */
  public static Answer readAnswer(DataInput from) throws IOException {
    return new In(from, from.readUnsignedByte()).answer();
  }

  private static <T> int placeOf(T[] all, T one) {
    for (int i = 0; i < all.length; i++) {
      if (all[i] == one) {
        return i;
      }
    }
    throw new IllegalStateException("no number for " + one);
  }

  /** Writes one piece. In a dictionary 0 means a new item, which follows; else its place from 1. */
  private static final class Out {
    private final OutBuffer to;
    private final Map<String, Integer> texts = new HashMap<>();
    private final Map<Profile, Integer> profiles = new HashMap<>();
    private @Nullable Profile lastProfile;
    private int lastProfileNumber;
    private long lastWrite;

    Out(OutBuffer to) {
      this.to = to;
    }

    void number(int value) throws IOException {
      int rest = value;
      while ((rest & ~0x7f) != 0) {
        to.writeByte((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      to.writeByte(rest);
    }

    void bytes(byte[] bytes) throws IOException {
      number(bytes.length);
      to.write(bytes, 0, bytes.length);
    }

    void text(String text) throws IOException {
      bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    void shared(String text) throws IOException {
      Integer known = texts.putIfAbsent(text, texts.size() + 1);
      number(known == null ? 0 : known);
      if (known == null) {
        text(text);
      }
    }

    void peer(Peer peer) throws IOException {
      text(peer.node());
      to.writeLong(peer.incarnation());
    }

    void blockId(BlockId id) throws IOException {
      to.writeShort(id.shard());
      to.writeLong(id.high());
      to.writeLong(id.low());
    }

    void valueId(ValueId id) throws IOException {
      blockId(id.block());
      number(id.index());
      to.writeLong(id.nonce());
      number(id.attempt());
      number(id.sequence());
    }

    void version(Version version) throws IOException {
      to.writeLong(version.era());
      to.writeLong(version.counter());
      to.writeLong(version.stamp());
    }

    void value(Value value) throws IOException {
      byte[] bytes = value.bytes();
      ValueId stored = value.stored();
      if (bytes != null) {
        to.writeByte(0);
        bytes(bytes);
      } else if (stored != null) {
        to.writeByte(1);
        valueId(stored);
        number(value.size());
      } else {
        throw new IllegalArgumentException("a value has neither bytes nor the name of its entry");
      }
    }

    void failure(Failure failure) throws IOException {
      shared(failure.type());
      shared(failure.message());
      shared(failure.trace());
      shared(failure.node());
      number(failure.attempt());
    }

    void profile(Profile profile) throws IOException {
      Profile last = lastProfile;
      if (profile.equals(last)) {
        number(lastProfileNumber);
        return;
      }
      Integer known = profiles.putIfAbsent(profile, profiles.size() + 1);
      lastProfile = profile;
      lastProfileNumber = known == null ? profiles.size() : known;
      number(known == null ? 0 : known);
      if (known == null) {
        shared(profile.type());
        number(profile.retries());
        Backoff backoff = profile.backoff();
        to.writeLong(backoff.initial().toNanos());
        to.writeDouble(backoff.factor());
        to.writeLong(backoff.cap().toNanos());
        to.writeDouble(backoff.jitter());
        to.writeLong(profile.timeLimitMillis());
        to.writeLong(profile.deadlineMillis());
        to.writeLong(profile.notBefore());
        List<String> requires = profile.requires();
        number(
            profile.priority()
                | (requires.isEmpty() ? 0 : HAS_REQUIRES)
                | (profile.explain() ? EXPLAINS : 0));
        to.writeLong(profile.retentionMillis());
        if (!requires.isEmpty()) {
          number(requires.size());
          for (String label : requires) {
            shared(label);
          }
        }
      }
    }

    void entry(TaskEntry entry, boolean patch) throws IOException {
      String key = patch ? null : entry.key();
      // Of a failed task a patch tells whether the replica is to keep the payload that it has.
      boolean kept = patch && entry.state() == TaskState.FAILED && entry.payload() != null;
      Value payload = patch ? null : entry.payload();
      Value result = entry.result();
      Failure failure = entry.failure();
      Value checkpoint = entry.checkpoint();
      History history = entry.history();
      boolean counters = entry.failures() != 0 || entry.dueAt() != 0 || history != null;
      boolean sameWrite = entry.lastWrite() == lastWrite;
      to.writeByte(
          (key == null ? 0 : HAS_KEY)
              | (payload == null && !kept ? 0 : HAS_PAYLOAD)
              | (result == null ? 0 : HAS_RESULT)
              | (failure == null ? 0 : HAS_FAILURE)
              | (checkpoint == null ? 0 : HAS_CHECKPOINT)
              | (sameWrite ? SAME_WRITE : 0)
              | (counters ? COUNTERS : 0)
              | (entry.attempt() == 1 ? FIRST_ATTEMPT : 0));
      to.writeByte(placeOf(STATES, entry.state()));
      if (!patch) {
        profile(entry.profile());
      }
      if (key != null) {
        text(key);
      }
      if (payload != null) {
        value(payload);
      }
      if (entry.attempt() != 1) {
        number(entry.attempt());
      }
      if (counters) {
        number(entry.failures());
        to.writeLong(entry.dueAt());
        to.writeBoolean(history != null);
        if (history != null) {
          history(history);
        }
      }
      if (!sameWrite) {
        to.writeLong(entry.lastWrite());
        lastWrite = entry.lastWrite();
      }
      if (result != null) {
        value(result);
      }
      if (failure != null) {
        failure(failure);
      }
      if (checkpoint != null) {
        value(checkpoint);
        number(entry.saves());
      }
    }

    private void history(History history) throws IOException {
      Peer worker = history.worker();
      TaskId retryOf = history.retryOf();
      to.writeByte(
          (worker == null ? 0 : HAS_WORKER)
              | (retryOf == null ? 0 : HAS_RETRY_OF)
              | (history.cancelled() ? IS_CANCELLED : 0));
      number(history.deaths());
      number(history.lapses());
      if (worker != null) {
        peer(worker);
        to.writeLong(history.startedAt());
      }
      if (retryOf != null) {
        text(retryOf.text());
      }
      number(history.attempts().size());
      for (PastAttempt attempt : history.attempts()) {
        String node = attempt.node();
        Instant startedAt = attempt.startedAt();
        number(attempt.attempt());
        to.writeByte(placeOf(PAST_CAUSES, attempt.cause()));
        to.writeByte((node == null ? 0 : 1) | (startedAt == null ? 0 : 2));
        if (node != null) {
          shared(node);
        }
        if (startedAt != null) {
          to.writeLong(startedAt.toEpochMilli());
        }
        to.writeLong(attempt.endedAt().toEpochMilli());
        shared(attempt.note());
      }
    }

    void block(Block block) throws IOException {
      blockId(block.id());
      to.writeLong(block.nonce());
      peer(block.owner());
      to.writeLong(block.ownerEpoch());
      to.writeLong(block.createdAt());
      String hash = block.contentHash();
      TaskRef letterOf = block.letterOf();
      to.writeByte((hash == null ? 0 : 1) | (letterOf == null ? 0 : 2));
      if (hash != null) {
        text(hash);
      }
      if (letterOf != null) {
        blockId(letterOf.block());
        number(letterOf.index());
      }
      version(block.version());
      number(block.size());
      for (int i = 0; i < block.size(); i++) {
        entry(block.entry(i), false);
      }
    }

    void change(Change change) throws IOException {
      if (change instanceof Change.Create create) {
        to.writeByte(0);
        to.writeLong(create.write());
        block(create.block());
      } else if (change instanceof Change.Settle settle) {
        to.writeByte(1);
        to.writeLong(settle.write());
        to.writeLong(settle.nonce());
        number(settle.items().size());
        for (Change.Settlement item : settle.items()) {
          settlement(item);
        }
      } else if (change instanceof Change.Reissue reissue) {
        to.writeByte(2);
        owned(reissue.write(), reissue.owner(), reissue.ownerEpoch());
        items(reissue.items());
        to.writeByte(placeOf(CAUSES, reissue.cause()));
        text(reissue.node());
        to.writeLong(reissue.at());
        for (Change.Item item : reissue.items()) {
          to.writeLong(item.startedAt());
        }
      } else if (change instanceof Change.End end) {
        to.writeByte(3);
        owned(end.write(), end.owner(), end.ownerEpoch());
        items(end.items());
        to.writeByte(placeOf(STATES, end.end()));
      } else if (change instanceof Change.Forget forget) {
        to.writeByte(4);
        owned(forget.write(), forget.owner(), forget.ownerEpoch());
        indexes(forget.indexes());
      } else if (change instanceof Change.Delete delete) {
        to.writeByte(5);
        owned(delete.write(), delete.owner(), delete.ownerEpoch());
        to.writeLong(delete.nonce());
      } else if (change instanceof Change.Confirm confirm) {
        to.writeByte(6);
        to.writeLong(confirm.write());
      } else if (change instanceof Change.Save save) {
        to.writeByte(8);
        to.writeLong(save.write());
        to.writeLong(save.nonce());
        number(save.index());
        number(save.attempt());
        number(save.sequence());
        value(save.checkpoint());
      } else if (change instanceof Change.Adopt adopt) {
        to.writeByte(7);
        to.writeLong(adopt.write());
        peer(adopt.owner());
        peer(adopt.from());
        to.writeLong(adopt.fromEpoch());
      } else if (change instanceof Change.Import brought) {
        to.writeByte(16);
        to.writeLong(brought.write());
        block(brought.block());
      } else if (change instanceof Change.Begin begin) {
        to.writeByte(9);
        to.writeLong(begin.write());
        to.writeLong(begin.nonce());
        peer(begin.worker());
        to.writeLong(begin.at());
        items(begin.items());
      } else if (change instanceof Change.Mark mark) {
        to.writeByte(10);
        to.writeLong(mark.write());
        number(mark.index());
      } else if (change instanceof Change.Moved moved) {
        to.writeByte(11);
        owned(moved.write(), moved.owner(), moved.ownerEpoch());
        indexes(moved.indexes());
      } else {
        throw new IllegalStateException("no format for " + change.getClass());
      }
    }

    private void owned(long write, Peer owner, long epoch) throws IOException {
      to.writeLong(write);
      peer(owner);
      to.writeLong(epoch);
    }

    private void items(List<Change.Item> items) throws IOException {
      number(items.size());
      for (Change.Item item : items) {
        number(item.index());
        number(item.attempt());
      }
    }

    private void indexes(List<Integer> indexes) throws IOException {
      number(indexes.size());
      for (int index : indexes) {
        number(index);
      }
    }

    private void settlement(Change.Settlement item) throws IOException {
      Value result = item.result();
      Failure failure = item.failure();
      Change.Run run = item.run();
      number(item.index());
      number(item.attempt());
      to.writeByte(
          (result == null ? 0 : 1)
              | (failure == null ? 0 : 2)
              | (item.retryAllowed() ? 4 : 0)
              | (run == null ? 0 : 8));
      if (result != null) {
        value(result);
      }
      if (failure != null) {
        failure(failure);
      }
      to.writeLong(item.retryDueAt());
      if (run != null) {
        shared(run.node());
        to.writeLong(run.startedAt());
        to.writeLong(run.endedAt());
      }
    }

    void delta(Delta delta) throws IOException {
      if (delta instanceof Delta.Whole whole) {
        to.writeByte(0);
        block(whole.block());
      } else if (delta instanceof Delta.Patch patch) {
        to.writeByte(1);
        version(patch.from());
        version(patch.to());
        number(patch.indexes().length);
        for (int i = 0; i < patch.indexes().length; i++) {
          number(patch.indexes()[i]);
          entry(patch.entries()[i], true);
        }
      } else if (delta instanceof Delta.Gone) {
        to.writeByte(2);
      } else {
        throw new IllegalStateException("no format for " + delta.getClass());
      }
    }

    void answer(Answer answer) throws IOException {
      Peer owner = answer.owner();
      Block block = answer.block();
      to.writeByte(placeOf(STATUSES, answer.status()));
      to.writeByte((owner == null ? 0 : 1) | (block == null ? 0 : 2));
      if (owner != null) {
        peer(owner);
      }
      to.writeLong(answer.ownerEpoch());
      number(answer.items().size());
      for (Answer.Item item : answer.items()) {
        to.writeBoolean(item.recorded());
        entry(item.entry(), false);
      }
      if (block != null) {
        block(block);
      }
    }
  }

  /** Reads one piece. */
  private static final class In {
    private final DataInput from;
    private final List<String> texts = new ArrayList<>();
    private final List<Profile> profiles = new ArrayList<>();
    private final int format;
    private long lastWrite;
    private int left = MAX_TOTAL;

    In(DataInput from, int format) throws IOException {
      if (format < FORMAT_BEFORE || format > FORMAT) {
        throw new IOException(
            "format "
                + format
                + " is unknown, this version reads "
                + FORMAT_BEFORE
                + " and "
                + FORMAT);
      }
      this.from = from;
      this.format = format;
    }

    int number() throws IOException {
      int value = 0;
      for (int shift = 0; shift < 35; shift += 7) {
        int next = from.readUnsignedByte();
        value |= (next & 0x7f) << shift;
        if (next < 0x80) {
          if (value < 0) {
            throw new IOException("the number " + value + " is negative");
          }
          return value;
        }
      }
      throw new IOException("a number has more than 5 bytes");
    }

    int atMost(int limit, String what) throws IOException {
      int value = number();
      if (value > limit) {
        throw new IOException(what + " is " + value + ", at most " + limit + " is allowed");
      }
      return value;
    }

    <T> T oneOf(T[] all, String what) throws IOException {
      int number = from.readUnsignedByte();
      if (number >= all.length) {
        throw new IOException("no " + what + " has the number " + number);
      }
      return all[number];
    }

    byte[] bytes(int limit, String what) throws IOException {
      int size = atMost(limit, what);
      left -= size;
      if (left < 0) {
        throw new IOException("values and texts have more than " + MAX_TOTAL + " bytes together");
      }
      byte[] bytes = new byte[size];
      from.readFully(bytes);
      return bytes;
    }

    String text() throws IOException {
      return new String(bytes(MAX_TEXT, "the size of a text"), StandardCharsets.UTF_8);
    }

    String shared() throws IOException {
      int number = atMost(texts.size(), "the number of a text");
      if (number > 0) {
        return texts.get(number - 1);
      }
      String text = text();
      texts.add(text);
      return text;
    }

    Peer peer() throws IOException {
      return new Peer(text(), from.readLong());
    }

    BlockId blockId() throws IOException {
      return new BlockId(from.readUnsignedShort(), from.readLong(), from.readLong());
    }

    int index() throws IOException {
      return atMost(Block.MAX_TASKS - 1, "an index");
    }

    ValueId valueId() throws IOException {
      return new ValueId(blockId(), index(), from.readLong(), number(), number());
    }

    Version version() throws IOException {
      return new Version(from.readLong(), from.readLong(), from.readLong());
    }

    Value value() throws IOException {
      int kind = from.readUnsignedByte();
      return switch (kind) {
        case 0 -> Value.inline(bytes(MAX_VALUE, "the size of a value"));
        case 1 -> Value.stored(valueId(), number());
        default -> throw new IOException("no kind of value has the number " + kind);
      };
    }

    Failure failure() throws IOException {
      return new Failure(shared(), shared(), shared(), shared(), number());
    }

    Profile profile() throws IOException {
      int number = atMost(profiles.size(), "the number of a profile");
      if (number > 0) {
        return profiles.get(number - 1);
      }
      String type = shared();
      int retries = number();
      Backoff backoff = backoff();
      long timeLimitMillis = from.readLong();
      long deadlineMillis = from.readLong();
      long notBefore = from.readLong();
      int wanted = atMost(PRIORITY | HAS_REQUIRES | EXPLAINS, "what a profile has");
      Profile profile =
          new Profile(
              type,
              retries,
              backoff,
              timeLimitMillis,
              deadlineMillis,
              notBefore,
              wanted & PRIORITY,
              from.readLong(),
              (wanted & HAS_REQUIRES) == 0 ? List.of() : requires(),
              (wanted & EXPLAINS) != 0);
      profiles.add(profile);
      return profile;
    }

    private List<String> requires() throws IOException {
      int count = atMost(TaskLimits.MAX_LABELS, "the number of labels");
      List<String> labels = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        labels.add(shared());
      }
      return labels;
    }

    private Backoff backoff() throws IOException {
      Duration initial = Duration.ofNanos(from.readLong());
      double factor = from.readDouble();
      Duration cap = Duration.ofNanos(from.readLong());
      double jitter = from.readDouble();
      try {
        return new Backoff(initial, factor, cap, jitter);
      } catch (IllegalArgumentException outOfRange) {
        throw new IOException("no backoff: " + outOfRange.getMessage(), outOfRange);
      }
    }

    TaskEntry entry(boolean patch) throws IOException {
      int flags = from.readUnsignedByte();
      TaskState state = oneOf(STATES, "state");
      Profile profile = patch ? OMITTED : profile();
      String key = (flags & HAS_KEY) == 0 ? null : text();
      Value payload = (flags & HAS_PAYLOAD) == 0 ? null : patch ? OMITTED_VALUE : value();
      int attempt = (flags & FIRST_ATTEMPT) == 0 ? number() : 1;
      boolean counters = (flags & COUNTERS) != 0;
      int failures = counters ? number() : 0;
      History history = counters && format == FORMAT_BEFORE ? historyBefore() : null;
      long dueAt = counters ? from.readLong() : 0;
      if (counters && format != FORMAT_BEFORE && from.readBoolean()) {
        history = history();
      }
      if ((flags & SAME_WRITE) == 0) {
        lastWrite = from.readLong();
      }
      long write = lastWrite;
      Value result = (flags & HAS_RESULT) == 0 ? null : value();
      Failure failure = (flags & HAS_FAILURE) == 0 ? null : failure();
      Value checkpoint = (flags & HAS_CHECKPOINT) == 0 ? null : value();
      int saves = checkpoint == null ? 0 : number();
      return new TaskEntry(
          profile,
          key,
          payload,
          attempt,
          state,
          failures,
          dueAt,
          write,
          result,
          failure,
          checkpoint,
          saves,
          history);
    }

    /** Deaths were counted then of whatever the dead node had, run or not. */
    private @Nullable History historyBefore() throws IOException {
      int deaths = Math.min(1, number());
      int lapses = number();
      return deaths == 0 && lapses == 0
          ? null
          : new History(deaths, lapses, null, 0, null, false, List.of());
    }

    private History history() throws IOException {
      int flags = from.readUnsignedByte();
      int deaths = number();
      int lapses = number();
      boolean begun = (flags & HAS_WORKER) != 0;
      Peer worker = begun ? peer() : null;
      long startedAt = begun ? from.readLong() : 0;
      TaskId retryOf = (flags & HAS_RETRY_OF) == 0 ? null : taskId();
      int size = atMost(TaskLimits.MAX_PAST_ATTEMPTS, "the number of past attempts");
      List<PastAttempt> attempts = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        attempts.add(pastAttempt());
      }
      boolean cancelled = (flags & IS_CANCELLED) != 0;
      return new History(
          deaths, lapses, worker, startedAt, retryOf, cancelled, List.copyOf(attempts));
    }

    private TaskId taskId() throws IOException {
      String text = text();
      try {
        return TaskId.of(text);
      } catch (IllegalArgumentException malformed) {
        throw new IOException("no task id: " + malformed.getMessage(), malformed);
      }
    }

    private PastAttempt pastAttempt() throws IOException {
      int attempt = number();
      PastAttempt.Cause cause = oneOf(PAST_CAUSES, "cause of an attempt's end");
      int flags = from.readUnsignedByte();
      String node = (flags & 1) == 0 ? null : shared();
      Instant startedAt = (flags & 2) == 0 ? null : Instant.ofEpochMilli(from.readLong());
      Instant endedAt = Instant.ofEpochMilli(from.readLong());
      if (attempt < 1) {
        throw new IOException("a past attempt has the number " + attempt);
      }
      return new PastAttempt(attempt, node, startedAt, endedAt, cause, shared());
    }

    Block block() throws IOException {
      BlockId id = blockId();
      long nonce = from.readLong();
      Peer owner = peer();
      long ownerEpoch = from.readLong();
      long createdAt = from.readLong();
      int flags = from.readUnsignedByte();
      String hash = (flags & 1) == 0 ? null : text();
      TaskRef letterOf = (flags & 2) == 0 ? null : new TaskRef(blockId(), index());
      Version version = version();
      int size = atMost(Block.MAX_TASKS, "the number of tasks");
      if (size == 0) {
        throw new IOException("a block has no tasks");
      }
      TaskEntry[] entries = new TaskEntry[size];
      for (int i = 0; i < size; i++) {
        entries[i] = entry(false);
      }
      return new Block(id, nonce, owner, ownerEpoch, createdAt, hash, letterOf, version, entries);
    }

    Change change() throws IOException {
      int kind = from.readUnsignedByte();
      long write = from.readLong();
      return switch (kind) {
        case 0 -> new Change.Create(write, block());
        case 1 -> new Change.Settle(write, from.readLong(), settlements());
        case 2 -> reissue(write);
        case 3 -> new Change.End(write, peer(), from.readLong(), items(), oneOf(STATES, "state"));
        case 4 -> new Change.Forget(write, peer(), from.readLong(), indexes());
        case 5 ->
            new Change.Delete(
                write, peer(), from.readLong(), format == FORMAT_BEFORE ? 0 : from.readLong());
        case 6 -> new Change.Confirm(write);
        case 8 -> new Change.Save(write, from.readLong(), index(), number(), number(), value());
        case 7 -> new Change.Adopt(write, peer(), peer(), from.readLong());
        case 16 -> new Change.Import(write, block());
        case 9 -> new Change.Begin(write, from.readLong(), peer(), from.readLong(), items());
        case 10 -> new Change.Mark(write, index());
        case 11 -> new Change.Moved(write, peer(), from.readLong(), indexes());
        default -> throw new IOException("no kind of write has the number " + kind);
      };
    }

    private Change.Reissue reissue(long write) throws IOException {
      Peer owner = peer();
      long epoch = from.readLong();
      List<Change.Item> items = items();
      Change.Cause cause = oneOf(CAUSES, "cause");
      if (format == FORMAT_BEFORE) {
        return new Change.Reissue(write, owner, epoch, items, cause);
      }
      String node = text();
      long at = from.readLong();
      for (int i = 0; i < items.size(); i++) {
        Change.Item item = items.get(i);
        items.set(i, new Change.Item(item.index(), item.attempt(), from.readLong()));
      }
      return new Change.Reissue(write, owner, epoch, items, cause, node, at);
    }

    private List<Change.Item> items() throws IOException {
      int size = atMost(Block.MAX_TASKS, "the number of items");
      List<Change.Item> items = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        items.add(new Change.Item(index(), number()));
      }
      return items;
    }

    private List<Integer> indexes() throws IOException {
      int size = atMost(Block.MAX_TASKS, "the number of indexes");
      List<Integer> indexes = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        indexes.add(index());
      }
      return indexes;
    }

    private List<Change.Settlement> settlements() throws IOException {
      int size = atMost(Block.MAX_TASKS, "the number of settlements");
      List<Change.Settlement> items = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        int index = index();
        int attempt = number();
        int flags = from.readUnsignedByte();
        Value result = (flags & 1) == 0 ? null : value();
        Failure failure = (flags & 2) == 0 ? null : failure();
        boolean retry = (flags & 4) != 0;
        long retryDueAt = from.readLong();
        Change.Run run =
            (flags & 8) == 0 ? null : new Change.Run(shared(), from.readLong(), from.readLong());
        items.add(new Change.Settlement(index, attempt, result, failure, retry, retryDueAt, run));
      }
      return items;
    }

    Delta delta() throws IOException {
      int kind = from.readUnsignedByte();
      return switch (kind) {
        case 0 -> new Delta.Whole(block());
        case 1 -> patch();
        case 2 -> new Delta.Gone();
        default -> throw new IOException("no kind of delta has the number " + kind);
      };
    }

    private Delta patch() throws IOException {
      Version base = version();
      Version next = version();
      int size = atMost(Block.MAX_TASKS, "the number of patches");
      int[] indexes = new int[size];
      TaskEntry[] entries = new TaskEntry[size];
      for (int i = 0; i < size; i++) {
        indexes[i] = index();
        entries[i] = entry(true);
      }
      return new Delta.Patch(base, next, indexes, entries);
    }

    Answer answer() throws IOException {
      Answer.Status status = oneOf(STATUSES, "status");
      int flags = from.readUnsignedByte();
      Peer owner = (flags & 1) == 0 ? null : peer();
      long epoch = from.readLong();
      int size = atMost(Block.MAX_TASKS, "the number of items");
      List<Answer.Item> items = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        items.add(new Answer.Item(from.readBoolean(), entry(false)));
      }
      return new Answer(status, owner, epoch, items, (flags & 2) == 0 ? null : block());
    }
  }
}
