package io.dispatcher.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no frame is refused with a clear error, and nothing is read past its end. */
class MalformedFramesTest {

  private final WireBuffer out = new WireBuffer();

  static Stream<Arguments> malformed() {
    return Stream.of(
        frame("an empty body", b -> {}),
        frame("an unknown role", b -> b.u8(0x3)),
        frame("an unknown role of the receiver", b -> b.u8(0x70)),
        frame("a number cut off", bytes(0, 0x80)),
        frame("a number without end", bytes(0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)),
        frame("no message", bytes(0, 1, 1)),
        frame("an unknown message", bytes(0, 1, 1, 99)),
        frame("bytes after the end", bytes(0, 1, 1, 0, 0)),
        frame(
            "more deliveries than bytes",
            b -> {
              start(b, 1);
              b.varint(1000);
            }),
        frame(
            "two billion deliveries",
            b -> {
              start(b, 1);
              b.varint(Integer.MAX_VALUE);
            }),
        frame(
            "a negative count",
            b -> {
              start(b, 5);
              b.varint(-1);
            }),
        frame(
            "a count of 64 bits",
            b -> {
              start(b, 5);
              b.varlong(1L << 40);
            }),
        frame("a delivery that refers to none", after(1, 1, 1, 0, 0, 0)),
        frame("a settlement that refers to none", after(3, 1, 1, 0, 0, 0)),
        frame("an attempt that refers to none", after(5, 1, 1, 0, 0)),
        frame("unknown flags", after(5, 1, 0x80, 0, 0)),
        frame("a block cut off", after(8, 1, 2, 3)),
        frame(
            "a payload longer than the frame",
            b -> {
              delivery(b, 2.0);
              b.varint(1 << 20);
            }),
        frame(
            "a payload of two gigabytes",
            b -> {
              delivery(b, 2.0);
              b.varint(Integer.MAX_VALUE);
            }),
        frame(
            "a back-off that is no number",
            b -> {
              delivery(b, Double.NaN);
              b.varint(0);
            }),
        frame(
            "an unknown state",
            b -> {
              start(b, 3);
              b.varint(1);
              b.u8(0);
              b.u8(0);
              b.u8(0);
              b.fixed64(0);
              b.fixed64(0);
              b.u8(0);
              b.varint(1);
              b.u8(77);
            }),
        frame(
            "a text longer than allowed",
            b -> {
              start(b, 4);
              b.varint(0);
              b.blob(new byte[20_000]);
            }),
        frame("a flag that is neither true nor false", after(7, 0, 0, 0, 2, 0, 0)),
        hello("an empty hello", b -> {}),
        hello("another protocol", b -> b.fixed32(0x47455420)),
        hello(
            "a later version",
            b -> {
              b.fixed32(0x64737031);
              b.u8(Wire.VERSION + 1);
            }),
        hello(
            "a name that is too long",
            b -> {
              b.fixed32(0x64737031);
              b.u8(Wire.VERSION);
              b.blob(new byte[1000]);
            }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void malformed(String what, boolean hello, byte[] bytes) {
    WireException e =
        assertThrows(
            WireException.class,
            () -> {
              if (hello) {
                Wire.readHello(bytes, 0, bytes.length);
              } else {
                Wire.read(bytes, 0, bytes.length);
              }
            });

    assertTrue(String.valueOf(e.getMessage()).length() > 10, e.getMessage());
  }

  @Test
  void lengthsAreChecked() {
    assertThrows(WireException.class, () -> Wire.checkLength(0, false));
    assertThrows(WireException.class, () -> Wire.checkLength(-1, false));
    assertThrows(WireException.class, () -> Wire.checkLength(Wire.MAX_FRAME_BYTES + 1, false));
    assertThrows(WireException.class, () -> Wire.checkLength(Wire.MAX_HELLO_BYTES + 1, true));
    assertEquals(Wire.MAX_FRAME_BYTES, Wire.checkLength(Wire.MAX_FRAME_BYTES, false));
  }

  /** Whatever is changed in good frames, reading them gives a frame or a {@link WireException}. */
  @Test
  void changedBytesGiveAFrameOrAClearError() {
    long seed = new Random().nextLong();
    RandomMessages gen = new RandomMessages(seed);
    for (int round = 0; round < 200; round++) {
      for (Supplier<Message> kind : gen.kinds()) {
        out.clear();
        Wire.write(out, Role.FRONT, Role.WORKER, new Frame(1, 1, kind.get()));
        byte[] bytes = Arrays.copyOfRange(out.array(), Wire.HEADER_BYTES, out.size());
        int length = gen.random.nextBoolean() ? bytes.length : gen.random.nextInt(bytes.length);
        for (int i = gen.random.nextInt(4); i >= 0; i--) {
          bytes[gen.random.nextInt(bytes.length)] = (byte) gen.random.nextInt();
        }
        try {
          Wire.read(bytes, 0, length);
        } catch (WireException expected) {
          // Fine.
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed, e);
        }
      }
    }
  }

  private static Arguments frame(String what, Consumer<WireBuffer> content) {
    return arguments(what, false, content);
  }

  private static Arguments hello(String what, Consumer<WireBuffer> content) {
    return arguments(what, true, content);
  }

  private static Arguments arguments(String what, boolean hello, Consumer<WireBuffer> content) {
    WireBuffer buffer = new WireBuffer();
    content.accept(buffer);
    return Arguments.of(what, hello, buffer.toBytes());
  }

  private static Consumer<WireBuffer> bytes(int... values) {
    return buffer -> Arrays.stream(values).forEach(buffer::u8);
  }

  private static Consumer<WireBuffer> after(int kind, int... values) {
    return buffer -> {
      start(buffer, kind);
      Arrays.stream(values).forEach(buffer::u8);
    };
  }

  private static void start(WireBuffer buffer, int kind) {
    buffer.u8(0x21);
    buffer.varlong(1);
    buffer.varlong(1);
    buffer.u8(kind);
  }

  /** Everything of a delivery but its payload. */
  private static void delivery(WireBuffer buffer, double factor) {
    start(buffer, 1);
    buffer.varint(1);
    buffer.u8(0);
    buffer.u8(0);
    buffer.u8(0);
    buffer.fixed64(0);
    buffer.fixed64(0);
    buffer.fixed64(0);
    buffer.varlong(1);
    buffer.string("type");
    buffer.varint(3);
    buffer.varlong(1);
    buffer.fixed64(Double.doubleToLongBits(factor));
    buffer.varlong(1);
    buffer.fixed64(Double.doubleToLongBits(0.5));
    buffer.varlong(1);
    buffer.varlong(1);
    buffer.varlong(0);
    buffer.varint(5);
    buffer.varlong(1);
    buffer.u8(0);
    buffer.varint(1);
  }
}
