package io.dispatcher.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Frames arrive as they were sent. */
class WireTest {

  private final WireBuffer out = new WireBuffer();

  // Round trips

  @Test
  void everyMessageArrivesAsItWas() throws Exception {
    long seed = new Random().nextLong();
    RandomMessages gen = new RandomMessages(seed);
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
    RandomMessages gen = new RandomMessages(1);
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
  void anOfferOfTheVersionBeforeIsRead() {
    assertNull(offerOfTheVersionBefore(8, 8).weight());
    assertEquals(3.5, offerOfTheVersionBefore(8, 3.5).weight());
  }

  @Test
  void anOfferOfNoAmountIsRefused() {
    for (double weight : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(WireException.class, () -> offerOfTheVersionBefore(8, weight));
    }
    assertThrows(WireException.class, () -> offerOfTheVersionBefore(-1, 1));
  }

  @Test
  void theVersionBeforeReadsAnOffer() {
    for (Double weight : new Double[] {null, 0.0, 3.5}) {
      out.clear();
      OfferForm.write(out, new Message.Offer(List.of(), 8, weight, true));
      byte[] now = out.toBytes();
      assertArrayEquals(offerBefore(8, weight == null ? 8 : weight), now, () -> "weight " + weight);
    }
  }

  private Message.Offer offerOfTheVersionBefore(int slots, double weight) {
    byte[] bytes = offerBefore(slots, weight);
    return OfferForm.read(new WireReader(bytes, 0, bytes.length));
  }

  /** A weight that is exactly the slots said that none is configured. */
  private byte[] offerBefore(int slots, double weight) {
    out.clear();
    out.varint(0);
    out.varint(slots);
    out.float64(weight);
    out.u8(1);
    return out.toBytes();
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
    Message.Attempt attempt = new Message.Attempt(new BlockId(1, 2, 3), 4, 5, 6);
    Frame sent = new Frame(1, 0, new Message.Progress(attempt, "x".repeat(100_000)));

    Message.Progress progress =
        (Message.Progress) through(Role.WORKER, Role.FRONT, sent).frame().message();

    assertNotNull(progress);
    assertEquals(1024, progress.note().length());
  }

  // Limits on the way out

  @Test
  void aFrameOverTheLimitIsNotWritten() {
    Wire.write(out, Role.FRONT, Role.WORKER, new Frame(1, 0, null));
    byte[] before = out.toBytes();
    RandomMessages gen = new RandomMessages(1);
    Frame large = deliver(gen.block(), gen.profile(), 2, 700_000);

    assertThrows(WireException.class, () -> Wire.write(out, Role.FRONT, Role.WORKER, large));

    assertArrayEquals(before, out.toBytes());
    through(Role.FRONT, Role.WORKER, deliver(gen.block(), gen.profile(), 1, 1 << 20));
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
}
