package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One piece under construction: numbers, texts and names, and the dictionaries of what the piece
 * has more than once. In a dictionary 0 means a new item, which follows; else its place from 1.
 * Confined to its thread, which has one at a time.
 */
final class PieceWriter {

  private final OutBuffer buffer;
  private final Map<String, Integer> texts = new HashMap<>();
  private final Map<Profile, Integer> profiles = new HashMap<>();
  private @Nullable Profile lastProfile;
  private int lastProfileNumber;

  /** The last write of the entry before; the next one mostly has the same. */
  long lastWrite;

  private PieceWriter(OutBuffer buffer) {
    this.buffer = buffer;
  }

  /** A piece that begins with the number of its format. */
  static PieceWriter begin() {
    PieceWriter writer = bare();
    writer.u8(PieceReader.FORMAT);
    return writer;
  }

  /** A piece whose bytes must stay the same for ever. */
  static PieceWriter bare() {
    return new PieceWriter(OutBuffer.ofThread());
  }

  void drainTo(DataOutput to) throws IOException {
    buffer.drainTo(to);
  }

  static <T> int place(T[] all, T one) {
    for (int i = 0; i < all.length; i++) {
      if (all[i] == one) {
        return i;
      }
    }
    throw new IllegalStateException("no number for " + one);
  }

  void u8(int value) {
    buffer.writeByte(value);
  }

  void bool(boolean value) {
    buffer.writeBoolean(value);
  }

  void fixed64(long value) {
    buffer.writeLong(value);
  }

  void float64(double value) {
    buffer.writeDouble(value);
  }

  void number(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    u8(rest);
  }

  void bytes(byte[] bytes) {
    number(bytes.length);
    buffer.write(bytes, 0, bytes.length);
  }

  void text(String text) {
    bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  void shared(String text) {
    Integer known = texts.putIfAbsent(text, texts.size() + 1);
    number(known == null ? 0 : known);
    if (known == null) {
      text(text);
    }
  }

  void peer(Peer peer) {
    text(peer.node());
    fixed64(peer.incarnation());
  }

  void blockId(BlockId id) {
    buffer.writeShort(id.shard());
    fixed64(id.high());
    fixed64(id.low());
  }

  void valueId(ValueId id) {
    blockId(id.block());
    number(id.index());
    fixed64(id.nonce());
    number(id.attempt());
    number(id.sequence());
  }

  void version(Version version) {
    fixed64(version.era());
    fixed64(version.counter());
    fixed64(version.stamp());
  }

  void value(Value value) {
    byte[] bytes = value.bytes();
    ValueId stored = value.stored();
    if (bytes != null) {
      u8(0);
      bytes(bytes);
    } else if (stored != null) {
      u8(1);
      valueId(stored);
      number(value.size());
    } else {
      throw new IllegalArgumentException("a value has neither bytes nor the name of its entry");
    }
  }

  void failure(Failure failure) {
    shared(failure.type());
    shared(failure.message());
    shared(failure.trace());
    shared(failure.node());
    number(failure.attempt());
  }

  /** Writes the number of a profile; false if it is new, and its content has to follow. */
  boolean refer(Profile profile) {
    Profile last = lastProfile;
    if (profile.equals(last)) {
      number(lastProfileNumber);
      return true;
    }
    Integer known = profiles.putIfAbsent(profile, profiles.size() + 1);
    lastProfile = profile;
    lastProfileNumber = known == null ? profiles.size() : known;
    number(known == null ? 0 : known);
    return known != null;
  }
}
