package io.dispatcher.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Message.Attempt;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.cluster.Message.Offered;
import io.dispatcher.cluster.Message.Room;
import io.dispatcher.cluster.Message.Settlement;
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
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WireTest {

  private final WireBuffer out = new WireBuffer();

  // Round trips

  @Test
  void everyMessageArrivesAsItWas() throws Exception {
    long seed = new Random().nextLong();
    Gen gen = new Gen(seed);
    List<Supplier<Message>> kinds = gen.kinds();
    assertEquals(
        Message.class.getPermittedSubclasses().length, kinds.size(), "a message has no round trip");
    for (int round = 0; round < 200; round++) {
      for (Supplier<Message> kind : kinds) {
        Frame sent = new Frame(gen.number(), gen.number(), kind.get());
        Role from = gen.one(Role.values());
        Role to = gen.one(Role.values());
        Wire.Parcel parcel = through(from, to, sent);
        assertSame(from, parcel.from());
        assertSame(to, parcel.to());
        assertAlike(sent, parcel.frame(), "seed " + seed);
      }
    }
    assertAlike(
        new Frame(0, 9, null), through(Role.FRONT, Role.WORKER, new Frame(0, 9, null)).frame(), "");
  }

  @Test
  void deliveriesOfOneBlockShareItAndItsProfile() {
    Gen gen = new Gen(1);
    BlockId block = gen.block();
    Profile profile = gen.profile();
    Frame sent = deliver(block, profile, 256, 256);

    Wire.Parcel parcel = through(Role.FRONT, Role.WORKER, sent);

    Message.Deliver deliver = (Message.Deliver) parcel.frame().message();
    assertNotNull(deliver);
    assertEquals(256, deliver.items().size());
    for (Delivery item : deliver.items()) {
      assertSame(deliver.items().get(0).block(), item.block());
      assertSame(deliver.items().get(0).profile(), item.profile());
    }
    assertTrue(out.size() < 256 * (256 + 6) + 200, out.size() + " bytes");
  }

  @Test
  void aHelloArrivesAsItWas() {
    Wire.Hello hello =
        new Wire.Hello(Wire.VERSION, "jobs-ä", new Peer("a", -1), new Peer("b", Long.MAX_VALUE));
    Wire.writeHello(out, hello);

    assertEquals(out.size() - Wire.HEADER_BYTES, lengthOf(out.toBytes()));
    assertEquals(hello, Wire.readHello(out.array(), Wire.HEADER_BYTES, lengthOf(out.toBytes())));
  }

  @Test
  void framesFollowEachOtherInOneBuffer() {
    Wire.write(out, Role.FRONT, Role.WORKER, new Frame(1, 0, null));
    int second = out.size();
    Wire.write(out, Role.FRONT, Role.WORKER, new Frame(2, 0, null));

    Wire.Parcel parcel =
        Wire.read(out.array(), second + Wire.HEADER_BYTES, out.size() - second - Wire.HEADER_BYTES);

    assertEquals(2, parcel.frame().number());
  }

  @Test
  void longNotesAreCut() {
    Frame sent = new Frame(1, 0, new Message.Returned(List.of(), "x".repeat(100_000)));

    Message.Returned returned =
        (Message.Returned) through(Role.WORKER, Role.FRONT, sent).frame().message();

    assertNotNull(returned);
    assertEquals(1024, returned.why().length());
  }

  // Limits on the way out

  @Test
  void aFrameOverTheLimitIsNotWritten() {
    Wire.write(out, Role.FRONT, Role.WORKER, new Frame(1, 0, null));
    byte[] before = out.toBytes();
    Gen gen = new Gen(1);
    Frame large = deliver(gen.block(), gen.profile(), 2, 700_000);

    assertThrows(WireException.class, () -> Wire.write(out, Role.FRONT, Role.WORKER, large));

    assertArrayEquals(before, out.toBytes());
    through(Role.FRONT, Role.WORKER, deliver(gen.block(), gen.profile(), 1, 1 << 20));
  }

  // Malformed bytes

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
    Gen gen = new Gen(seed);
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

  // Helpers

  private static Frame deliver(BlockId block, Profile profile, int count, int bytes) {
    List<Delivery> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(new Delivery(block, 7, 1, i, 1, 0, 0, profile, null, new byte[bytes], 0));
    }
    return new Frame(5, 4, new Message.Deliver(items));
  }

  private Wire.Parcel through(Role from, Role to, Frame frame) {
    out.clear();
    Wire.write(out, from, to, frame);
    byte[] bytes = out.toBytes();
    assertEquals(bytes.length - Wire.HEADER_BYTES, lengthOf(bytes));
    return Wire.read(bytes, Wire.HEADER_BYTES, bytes.length - Wire.HEADER_BYTES);
  }

  private static int lengthOf(byte[] bytes) {
    return new WireReader(bytes, 0, bytes.length).fixed32();
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

  /** Records compare arrays by identity; this compares their content. */
  private static void assertAlike(Object wanted, Object found, String where) throws Exception {
    if (wanted instanceof byte[] bytes) {
      assertArrayEquals(bytes, (byte[]) found, where);
    } else if (wanted instanceof List<?> list) {
      assertEquals(list.size(), ((List<?>) found).size(), where);
      for (int i = 0; i < list.size(); i++) {
        assertAlike(list.get(i), ((List<?>) found).get(i), where + " item " + i);
      }
    } else if (wanted instanceof Record) {
      assertSame(wanted.getClass(), found.getClass(), where);
      for (RecordComponent part : wanted.getClass().getRecordComponents()) {
        part.getAccessor().setAccessible(true);
        assertAlike(
            part.getAccessor().invoke(wanted),
            part.getAccessor().invoke(found),
            where + " " + part.getName());
      }
    } else {
      assertEquals(wanted, found, where);
    }
  }

  /** Random messages. */
  private static final class Gen {
    private final Random random;
    private BlockId lastBlock;
    private Profile lastProfile;

    Gen(long seed) {
      this.random = new Random(seed);
      this.lastBlock = block();
      this.lastProfile = profile();
    }

    private Message.Share share() {
      return new Message.Share(
          block(), number(), list(() -> new Message.Idle(random.nextInt(256), random.nextInt())));
    }

    List<Supplier<Message>> kinds() {
      return List.of(
          () -> new Message.Deliver(list(this::delivery)),
          () -> new Message.Returned(list(this::attempt), text()),
          () -> new Message.Settled(list(this::settlement), room()),
          () -> new Message.Fenced(list(this::attempt), room()),
          () -> new Message.Stop(list(this::attempt)),
          () ->
              new Message.Offer(
                  list(
                      () ->
                          new Offered(
                              text(),
                              text(),
                              random.nextInt(),
                              random.nextBoolean() ? 0 : random.nextDouble())),
                  random.nextInt(),
                  random.nextDouble(),
                  random.nextBoolean()),
          () ->
              new Message.Report(
                  room(), random.nextBoolean(), number(), number(), random.nextInt()),
          () -> new Message.Watch(task()),
          () ->
              new Message.Watched(
                  task(),
                  random.nextBoolean(),
                  text(),
                  one(TaskState.values()),
                  maybe(this::text),
                  maybe(this::text),
                  random.nextInt(),
                  maybe(this::text),
                  maybe(this::text),
                  maybe(this::placement)),
          () -> new Message.Cancel(task()),
          () -> new Message.Cancelled(task(), random.nextBoolean()),
          () -> new Message.Progress(attempt(), text()),
          () -> new Message.Inventory(number(), list(this::attempt)),
          () -> new Message.Holding(number(), list(this::attempt)),
          () -> new Message.ViewAsk(number()),
          () -> new Message.ViewTold(number(), bytes()),
          () ->
              new Message.HandOver(
                  list(this::share), list(() -> new Peer(text(), random.nextLong()))),
          () -> new Message.TakenOver(list(this::block), list(this::block)),
          () -> new Message.Yield(list(this::attempt)),
          () -> new Message.Drain(random.nextBoolean()),
          () -> new Message.LetterAsk(number(), bytes()),
          () -> new Message.LetterTold(number(), bytes()));
    }

    private Delivery delivery() {
      if (random.nextInt(5) == 0) {
        lastBlock = block();
      }
      if (random.nextInt(5) == 0) {
        lastProfile = profile();
      }
      return new Delivery(
          lastBlock,
          random.nextInt(3),
          random.nextInt(3),
          random.nextInt(256),
          random.nextInt(),
          random.nextInt(3),
          random.nextInt(3),
          lastProfile,
          maybe(this::text),
          bytes(),
          random.nextBoolean() ? 0 : number());
    }

    private Settlement settlement() {
      int attempt = random.nextInt(1000);
      return new Settlement(
          random.nextBoolean() ? lastBlock : block(),
          random.nextInt(256),
          attempt,
          one(TaskState.values()),
          attempt + random.nextInt(2),
          random.nextBoolean() ? 0 : number(),
          maybe(this::value),
          maybe(this::bytes),
          maybe(this::failure));
    }

    private Attempt attempt() {
      return new Attempt(
          random.nextBoolean() ? lastBlock : block(), random.nextInt(256), random.nextInt());
    }

    private Value value() {
      ValueId id =
          new ValueId(
              block(), random.nextInt(256), random.nextLong(), random.nextInt(), random.nextInt());
      return switch (random.nextInt(3)) {
        case 0 -> Value.inline(bytes());
        case 1 -> Value.stored(id, random.nextInt(1 << 20));
        default -> new Value(null, null, random.nextInt(100));
      };
    }

    private Failure failure() {
      return new Failure(text(), text(), text(), text(), random.nextInt(100));
    }

    private Placement placement() {
      return new Placement(
          text(),
          text(),
          maybe(this::text),
          random.nextInt(),
          Instant.ofEpochMilli(number()),
          list(
              () ->
                  new Placement.Candidate(
                      text(),
                      text(),
                      number(),
                      random.nextInt(),
                      random.nextDouble(),
                      number(),
                      random.nextDouble(),
                      maybe(this::text))),
          random.nextInt(1000));
    }

    private Room room() {
      return new Room(random.nextInt(), random.nextInt(100), random.nextInt(5));
    }

    private TaskRef task() {
      return new TaskRef(block(), random.nextInt(256));
    }

    BlockId block() {
      return new BlockId(random.nextInt(0x10000), random.nextLong(), random.nextLong());
    }

    Profile profile() {
      Duration initial = Duration.ofNanos(random.nextInt(Integer.MAX_VALUE));
      return new Profile(
          text(),
          random.nextInt(),
          new Backoff(
              initial,
              1 + random.nextDouble(),
              initial.plusMillis(random.nextInt(100_000)),
              random.nextDouble()),
          number(),
          number(),
          number(),
          random.nextInt(10),
          number());
    }

    long number() {
      return random.nextLong() >>> random.nextInt(64);
    }

    <T> T one(T[] values) {
      return values[random.nextInt(values.length)];
    }

    private <T> T maybe(Supplier<T> value) {
      return random.nextBoolean() ? value.get() : null;
    }

    private <T> List<T> list(Supplier<T> item) {
      return Stream.generate(item).limit(random.nextInt(20)).toList();
    }

    private byte[] bytes() {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      return bytes;
    }

    private String text() {
      int[] kinds = {'a', 'z', 0, 0x7f, 0x80, 'ä', 0x20ac, 0x1f600};
      int[] points = random.ints(random.nextInt(200), 0, kinds.length).map(i -> kinds[i]).toArray();
      if (random.nextBoolean()) {
        Arrays.fill(points, 'x');
      }
      return new String(points, 0, points.length);
    }
  }
}
