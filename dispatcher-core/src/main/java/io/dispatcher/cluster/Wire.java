package io.dispatcher.cluster;

import static io.dispatcher.cluster.WireParts.MAX_NAME_BYTES;
import static io.dispatcher.cluster.WireParts.number;
import static io.dispatcher.cluster.WireParts.peer;

import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.cluster.Message.Settlement;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Value;

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
  public static final int VERSION = 4;

  /** The oldest format that is read: those before it were never released. */
  public static final int OLDEST_VERSION = 4;

  /** Bytes of the length before each body. */
  public static final int HEADER_BYTES = 4;

  /** The longest body of a frame: a value of 1 MiB and what goes with it. */
  public static final int MAX_FRAME_BYTES = (1 << 20) + (64 << 10);

  /** The longest body of a hello. */
  public static final int MAX_HELLO_BYTES = 2048;

  /** The most items in one list. */
  public static final int MAX_ITEMS = 16 * 1024;

  private static final int MAGIC = 0x64737031; // dsp1

  // Numbers on the wire are places in this list: new values go to the end.
  private static final Role[] ROLES = {Role.STORE, Role.FRONT, Role.WORKER};

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
      MessageForm.write(out, frame.message());
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
      Frame frame = new Frame(in.varlong(), in.varlong(), MessageForm.read(in));
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

  private static Role role(WireReader in, int number) {
    if (number >= ROLES.length) {
      throw in.malformed("no role has the number " + number);
    }
    return ROLES[number];
  }
}
