package io.dispatcher.hazelcast;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockCodec;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Delta;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Transition;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random pieces come back as they went. */
class BlockCodecTest {

  private static final TaskState[] ENDS = {
    TaskState.WAITING, TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED, TaskState.REMOVED
  };

  private interface Writer<T> {
    void write(T piece, DataOutput out) throws IOException;
  }

  private interface Reader<T> {
    T read(DataInput in) throws IOException;
  }

  private static <T> byte[] bytes(T piece, Writer<T> writer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    writer.write(piece, new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  /** The pieces have no equals; what writes the same bytes is the same. */
  private static <T> T again(T piece, Writer<T> writer, Reader<T> reader) throws IOException {
    byte[] bytes = bytes(piece, writer);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    T read = reader.read(in);
    assertEquals(0, in.available());
    assertArrayEquals(bytes, bytes(read, writer));
    return read;
  }

  @Test
  void randomPiecesComeBackAsTheyWent() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("BlockCodecTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      Block block = block(random);
      Block read = again(block, BlockCodec::writeBlock, BlockCodec::readBlock);
      assertEquals(block.owner(), read.owner());
      assertEquals(block.weight(), read.weight());
      TaskEntry entry = block.entry(0);
      assertEquals(entry.profile(), read.entry(0).profile());
      assertEquals(entry.failure(), read.entry(0).failure());

      Transition created = Transition.of(null, new Change.Create(1, block), 3, random.nextLong());
      Block held = created.next();
      List<Change> changes = changes(random, held);
      assertEquals(
          Change.class.getPermittedSubclasses().length,
          changes.stream().map(Object::getClass).distinct().count(),
          "a change has no round trip");
      for (Change change : changes) {
        again(change, BlockCodec::writeChange, BlockCodec::readChange);
        Transition absent = Transition.of(null, change, 4, random.nextLong());
        again(absent.delta(), BlockCodec::writeDelta, BlockCodec::readDelta);
        Transition next = Transition.of(held, change, 4, random.nextLong());
        again(next.answer(), BlockCodec::writeAnswer, BlockCodec::readAnswer);
        Delta delta = again(next.delta(), BlockCodec::writeDelta, BlockCodec::readDelta);
        Block replica = again(held, BlockCodec::writeBlock, BlockCodec::readBlock);
        Block applied = delta.applyTo(replica);
        if (next.next() != null) {
          assertArrayEquals(
              bytes(next.next(), BlockCodec::writeBlock), bytes(applied, BlockCodec::writeBlock));
        }
      }
      Peer peer = again(held.owner(), BlockCodec::writePeer, BlockCodec::readPeer);
      assertEquals(held.owner(), peer);
      ValueId value = new ValueId(held.id(), 3, 4, 5, 6);
      assertEquals(value, again(value, BlockCodec::writeKey, BlockCodec::readKey));
    }
  }

  @Test
  void equalTasksStaySmallAndPatchesLeaveThePayloadOut() throws Exception {
    BlockId id = new BlockId(1, 2, 3);
    Block block = Nodes.block(id, new Peer("a", 1), 9, 256);
    int size = bytes(block, BlockCodec::writeBlock).length;
    assertTrue(size < 256 * (256 + 8) + 200, "size " + size);
    Block held = Transition.of(null, new Change.Create(9, block), 1, 1).next();
    Transition settled = Transition.of(held, Nodes.settle(block, 10, 1), 1, 2);
    assertInstanceOf(Delta.Patch.class, settled.delta());
    int patch = bytes(settled.delta(), BlockCodec::writeDelta).length;
    assertTrue(patch < 256 * (64 + 8) + 200, "size " + patch);
  }

  /** What the version before has written. */
  @Test
  void theFormatBeforeIsRead() throws Exception {
    Block block =
        BlockCodec.readBlock(
            hex(
                "01000700000000000000080000000000000009000000000000000a0161000000000000000b"
                    + "0000000000000001000000000000000c010468617368000000000000000000000000000000"
                    + "000000000000000000025b0000000573686f757403000000001dcd65004010000000000000"
                    + "0000000df84758003fd0000000000000000000000000ea6000000000000000000000000000"
                    + "0000000500000000000493e0016b0002010203010201000000000000004d00000000000000"
                    + "0900136a6176612e696f2e494f457863657074696f6e00096469736b2066756c6c00057472"
                    + "6163650001620200010504a20001000103"));
    assertEquals("hash", block.contentHash());
    TaskEntry entry = block.entry(0);
    assertEquals(3, entry.attempt());
    assertEquals(1, entry.failures());
    assertEquals(1, entry.deaths(), "deaths were counted of all that a node had: only noted");
    assertEquals(1, entry.lapses());
    assertEquals(77, entry.dueAt());
    assertEquals("disk full", entry.failure().message());
    assertEquals(4, entry.saves());
    assertEquals(null, block.entry(1).history());

    Change.Reissue reissue =
        (Change.Reissue)
            BlockCodec.readChange(
                hex("010200000000000000010161000000000000000b000000000000000201010301"));
    assertEquals(List.of(new Change.Item(1, 3)), reissue.items());
    assertEquals(Change.Cause.LAPSE, reissue.cause());

    Change.Settle settle =
        (Change.Settle)
            BlockCodec.readChange(
                hex(
                    "01010000000000000001000000000000000a0101030600136a6176612e696f2e494f4578"
                        + "63657074696f6e00096469736b2066756c6c000574726163650001620200000000"
                        + "00000063"));
    assertEquals(99, settle.items().get(0).retryDueAt());
    assertEquals(null, settle.items().get(0).run());
    assertThrows(IOException.class, () -> BlockCodec.readPeer(hex("03")));
  }

  private static DataInputStream hex(String digits) {
    return new DataInputStream(new ByteArrayInputStream(HexFormat.of().parseHex(digits)));
  }

  @Test
  void damagedPiecesAreRefused() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("BlockCodecTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = bytes(block(random), BlockCodec::writeBlock);
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
      try {
        BlockCodec.readBlock(new DataInputStream(new ByteArrayInputStream(bytes, 0, length)));
      } catch (IOException refused) {
        // As it should be; whatever else is thrown fails the test.
      }
    }
    byte[] huge = {0, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
    assertThrows(
        IOException.class,
        () -> BlockCodec.readChange(new DataInputStream(new ByteArrayInputStream(huge))));
  }

  private static List<Change> changes(Random random, Block block) {
    List<Change.Settlement> settlements = new ArrayList<>();
    List<Change.Item> items = new ArrayList<>();
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < block.size(); i++) {
      if (random.nextBoolean()) {
        Value result = random.nextBoolean() ? value(random) : null;
        settlements.add(
            new Change.Settlement(
                i,
                block.entry(i).attempt(),
                result,
                result == null ? failure(random) : null,
                random.nextBoolean(),
                random.nextLong(),
                random.nextBoolean() ? null : new Change.Run(text(random), 1, 2)));
        items.add(
            new Change.Item(i, block.entry(i).attempt() + random.nextInt(2), random.nextInt(3)));
        indexes.add(i);
      }
    }
    Peer owner = random.nextInt(4) == 0 ? peer(random) : block.owner();
    int index = random.nextInt(block.size());
    return List.of(
        new Change.Settle(random.nextLong(), block.nonce(), settlements),
        new Change.Reissue(
            random.nextLong(),
            owner,
            1,
            items,
            Change.Cause.values()[random.nextInt(Change.Cause.values().length)],
            text(random),
            random.nextInt(3)),
        new Change.Begin(
            random.nextLong(),
            random.nextInt(4) == 0 ? random.nextLong() : block.nonce(),
            peer(random),
            random.nextLong(),
            plain(items)),
        new Change.Withdraw(
            random.nextLong(),
            random.nextInt(4) == 0 ? random.nextLong() : block.nonce(),
            peer(random),
            plain(items)),
        new Change.Mark(random.nextLong(), index),
        new Change.Moved(random.nextLong(), owner, 1, indexes),
        new Change.End(random.nextLong(), owner, 1, plain(items), TaskState.EXPIRED),
        new Change.Forget(random.nextLong(), owner, 1, indexes),
        new Change.Delete(random.nextLong(), owner, 1, random.nextLong()),
        new Change.Confirm(random.nextLong()),
        new Change.Import(random.nextLong(), block),
        new Change.Adopt(random.nextLong(), peer(random), owner, random.nextInt(3)),
        new Change.Save(
            random.nextLong(),
            random.nextInt(4) == 0 ? random.nextLong() : block.nonce(),
            index,
            block.entry(index).attempt() + random.nextInt(2),
            random.nextInt(400),
            value(random)),
        new Change.Create(random.nextLong(), block),
        new Change.Create(random.nextLong(), block).repeated());
  }

  /** Without the times of starts, which only a reissue tells. */
  private static List<Change.Item> plain(List<Change.Item> items) {
    return items.stream().map(item -> new Change.Item(item.index(), item.attempt())).toList();
  }

  private static History history(Random random) {
    List<PastAttempt> attempts = new ArrayList<>();
    for (int i = random.nextInt(11); i > 0; i--) {
      attempts.add(
          new PastAttempt(
              1 + random.nextInt(1000),
              random.nextBoolean() ? null : text(random),
              random.nextBoolean() ? null : Instant.ofEpochMilli(random.nextLong()),
              Instant.ofEpochMilli(random.nextLong()),
              PastAttempt.Cause.values()[random.nextInt(PastAttempt.Cause.values().length)],
              text(random)));
    }
    Peer worker = random.nextBoolean() ? null : peer(random);
    return new History(
        random.nextInt(4),
        random.nextInt(11),
        worker,
        worker == null ? 0 : random.nextLong(),
        random.nextBoolean() ? null : new BlockId(1, 2, 3).task(random.nextInt(256)),
        random.nextBoolean(),
        List.copyOf(attempts));
  }

  private static Block block(Random random) {
    Profile[] profiles = new Profile[1 + random.nextInt(3)];
    for (int i = 0; i < profiles.length; i++) {
      profiles[i] =
          new Profile(
              text(random),
              random.nextInt(10),
              Backoff.DEFAULT,
              random.nextLong(),
              random.nextLong(),
              random.nextLong(),
              1 + random.nextInt(9),
              random.nextLong(),
              random.nextBoolean() ? List.of() : List.of("gpu", "l" + random.nextInt(5)),
              random.nextInt(4) == 0);
    }
    long write = random.nextLong();
    TaskEntry[] entries = new TaskEntry[1 + random.nextInt(random.nextInt(8) == 0 ? 256 : 5)];
    for (int i = 0; i < entries.length; i++) {
      Value checkpoint = random.nextBoolean() ? null : value(random);
      entries[i] =
          new TaskEntry(
              profiles[random.nextInt(profiles.length)],
              random.nextBoolean() ? null : text(random),
              random.nextInt(4) == 0 ? null : value(random),
              1 + random.nextInt(random.nextBoolean() ? 1 : 1000),
              ENDS[random.nextInt(ENDS.length)],
              random.nextInt(3),
              random.nextBoolean() ? 0 : random.nextLong(),
              random.nextBoolean() ? write : random.nextLong(),
              random.nextBoolean() ? null : value(random),
              random.nextBoolean() ? null : failure(random),
              checkpoint,
              checkpoint == null ? 0 : random.nextInt(300),
              random.nextBoolean() ? null : history(random));
    }
    String hash = random.nextBoolean() ? null : text(random);
    BlockId id = new BlockId(random.nextInt(65536), random.nextLong(), random.nextLong());
    if (entries.length == 1 && random.nextBoolean()) {
      TaskRef failed = new TaskRef(id, random.nextInt(256));
      return Block.letter(failed, random.nextLong(), peer(random), random.nextLong(), entries[0]);
    }
    return Block.fresh(id, random.nextLong(), peer(random), random.nextLong(), hash, entries);
  }

  private static Peer peer(Random random) {
    return new Peer(text(random), random.nextLong());
  }

  private static Failure failure(Random random) {
    return new Failure(text(random), text(random), text(random), text(random), random.nextInt(5));
  }

  private static Value value(Random random) {
    if (random.nextInt(5) == 0) {
      BlockId id = new BlockId(random.nextInt(65536), random.nextLong(), random.nextLong());
      return Value.stored(new ValueId(id, random.nextInt(256), 1, 2, 3), random.nextInt(1 << 20));
    }
    byte[] bytes = new byte[random.nextInt(300)];
    random.nextBytes(bytes);
    return Value.inline(bytes);
  }

  private static String text(Random random) {
    return "tä€" + random.nextInt(5);
  }
}
