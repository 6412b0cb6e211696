package io.dispatcher;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockCodec;
import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What fronts ask each other of dead letters, and answer, as bytes. */
final class LetterCodec {

  private static final int FORMAT = 1;
  private static final int MAX_BYTES = 512 * 1024;
  private static final int MAX_MESSAGE_CHARS = 200;
  private static final int MAX_PAYLOAD = (1 << 20) + (1 << 12);

  /** What is asked. */
  enum Verb {
    LIST,
    FIND,
    RETRY,
    DELETE
  }

  /** The places are the format. */
  private static final List<Verb> VERBS = List.of(Verb.LIST, Verb.FIND, Verb.RETRY, Verb.DELETE);

  /**
   * A question.
   *
   * @param id the task meant; null if the filter says which ones
   * @param limit the most to show, retry or delete
   * @param cursor where the page before ended; null for the first one
   */
  record Ask(Verb verb, @Nullable TaskId id, Filter filter, int limit, @Nullable String cursor) {}

  /**
   * What one front answers.
   *
   * @param letters for a list, newest first
   * @param more whether more of this front follow
   * @param total how many matched, for a list; what is left over, for a call for many
   * @param done how many were retried or deleted
   * @param retried the new task, if one was meant and retried
   * @param refusal why one was not retried; null if none was refused
   * @param refused how many were not retried
   * @param block the letter that was looked up
   * @param payload its payload, if it lies beside
   */
  record Told(
      List<DeadLetter> letters,
      boolean more,
      long total,
      int done,
      @Nullable TaskId retried,
      @Nullable String refusal,
      int refused,
      @Nullable Block block,
      byte @Nullable [] payload) {

    static final Told NOTHING = new Told(List.of(), false, 0, 0, null, null, 0, null, null);

    static Told counted(int done, int refused, long left) {
      return new Told(List.of(), false, left, done, null, null, refused, null, null);
    }
  }

  private LetterCodec() {}

  static byte[] encode(Ask ask) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeByte(VERBS.indexOf(ask.verb()));
      text(out, ask.id() == null ? null : ask.id().text());
      text(out, ask.filter().type());
      text(out, ask.filter().error());
      duration(out, ask.filter().olderThan());
      duration(out, ask.filter().youngerThan());
      out.writeInt(ask.limit());
      text(out, ask.cursor());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Ask ask(byte[] bytes) throws IOException {
    DataInputStream in = open(bytes);
    int verb = in.readUnsignedByte();
    if (verb >= VERBS.size()) {
      throw new IOException("no question about dead letters has the number " + verb);
    }
    String id = text(in);
    Filter filter = new Filter(text(in), text(in), duration(in), duration(in));
    return new Ask(VERBS.get(verb), id == null ? null : taskId(id), filter, in.readInt(), text(in));
  }

  static byte[] encode(Told told) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      boolean more = told.more();
      for (DeadLetter letter : told.letters()) {
        if (bytes.size() > MAX_BYTES) {
          more = true;
          break;
        }
        out.writeBoolean(true);
        letter(out, letter);
      }
      out.writeBoolean(false);
      out.writeBoolean(more);
      out.writeLong(told.total());
      out.writeInt(told.done());
      text(out, told.retried() == null ? null : told.retried().text());
      text(out, told.refusal());
      out.writeInt(told.refused());
      Block block = told.block();
      out.writeBoolean(block != null);
      if (block != null) {
        BlockCodec.writeBlock(block, out);
      }
      byte[] payload = told.payload();
      out.writeInt(payload == null ? -1 : payload.length);
      if (payload != null) {
        out.write(payload);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Told told(byte[] bytes) throws IOException {
    DataInputStream in = open(bytes);
    List<DeadLetter> letters = new ArrayList<>();
    while (in.readBoolean()) {
      letters.add(letter(in));
    }
    boolean more = in.readBoolean();
    long total = in.readLong();
    int done = in.readInt();
    String retried = text(in);
    String refusal = text(in);
    int refused = in.readInt();
    Block block = in.readBoolean() ? BlockCodec.readBlock(in) : null;
    int size = in.readInt();
    if (size > MAX_PAYLOAD) {
      throw new IOException("a payload of " + size + " bytes");
    }
    byte[] payload = size < 0 ? null : in.readNBytes(size);
    return new Told(
        letters,
        more,
        total,
        done,
        retried == null ? null : taskId(retried),
        refusal,
        refused,
        block,
        payload);
  }

  private static DataInputStream open(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int format = in.readUnsignedByte();
    if (format != FORMAT) {
      throw new IOException("dead letters in format " + format + "; " + FORMAT + " is read");
    }
    return in;
  }

  private static void letter(DataOutputStream out, DeadLetter letter) throws IOException {
    text(out, letter.id().text());
    text(out, letter.type());
    text(out, letter.key());
    out.writeLong(letter.failedAt().toEpochMilli());
    out.writeLong(letter.expiresAt().toEpochMilli());
    out.writeInt(letter.attempts());
    Failure failure = letter.failure();
    text(out, failure.type());
    text(out, cut(failure.message()));
    text(out, failure.node());
    out.writeInt(failure.attempt());
    out.writeInt(letter.payloadBytes());
  }

  private static String cut(String message) {
    if (message.length() <= MAX_MESSAGE_CHARS) {
      return message;
    }
    boolean inside = Character.isHighSurrogate(message.charAt(MAX_MESSAGE_CHARS - 1));
    return message.substring(0, inside ? MAX_MESSAGE_CHARS - 1 : MAX_MESSAGE_CHARS);
  }

  private static DeadLetter letter(DataInputStream in) throws IOException {
    TaskId id = taskId(needed(in));
    String type = needed(in);
    String key = text(in);
    Instant failedAt = Instant.ofEpochMilli(in.readLong());
    Instant expiresAt = Instant.ofEpochMilli(in.readLong());
    int attempts = in.readInt();
    String error = needed(in);
    String message = needed(in);
    String node = needed(in);
    Failure failure = new Failure(error, message, "", node, Math.max(0, in.readInt()));
    return new DeadLetter(
        id, type, key, failedAt, expiresAt, attempts, failure, in.readInt(), List.of(), null);
  }

  private static TaskId taskId(String text) throws IOException {
    try {
      return TaskId.of(text);
    } catch (IllegalArgumentException malformed) {
      throw new IOException("no task id: " + malformed.getMessage(), malformed);
    }
  }

  private static void duration(DataOutputStream out, @Nullable Duration duration)
      throws IOException {
    out.writeLong(duration == null ? -1 : duration.toMillis());
  }

  private static @Nullable Duration duration(DataInputStream in) throws IOException {
    long millis = in.readLong();
    return millis < 0 ? null : Duration.ofMillis(millis);
  }

  private static void text(DataOutputStream out, @Nullable String text) throws IOException {
    out.writeBoolean(text != null);
    if (text != null) {
      out.writeUTF(text);
    }
  }

  private static @Nullable String text(DataInputStream in) throws IOException {
    return in.readBoolean() ? in.readUTF() : null;
  }

  private static String needed(DataInputStream in) throws IOException {
    String text = text(in);
    if (text == null) {
      throw new IOException("a text is missing");
    }
    return text;
  }
}
