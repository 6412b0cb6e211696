package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_ITEMS;
import static io.dispatcher.cluster.WireParts.block;
import static io.dispatcher.cluster.WireParts.count;
import static io.dispatcher.cluster.WireParts.index;
import static io.dispatcher.cluster.WireParts.peer;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.List;

/** What a leaving owner hands over, and which of it was taken, as bytes. */
final class HandOverForm {

  private static final int BLOCK_BYTES = 18;

  private HandOverForm() {}

  static void write(WireBuffer out, Message.HandOver handOver) {
    count(out, handOver.blocks());
    for (Message.Share share : handOver.blocks()) {
      block(out, share.block());
      out.varlong(share.epoch());
      count(out, share.idle());
      for (Message.Idle task : share.idle()) {
        index(out, task.index());
        out.varint(task.attempt());
      }
    }
    count(out, handOver.holders());
    handOver.holders().forEach(holder -> peer(out, holder));
  }

  static Message.HandOver read(WireReader in) {
    int count = in.count(MAX_ITEMS, BLOCK_BYTES + 2, "blocks to take over");
    List<Message.Share> shares = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      shares.add(new Message.Share(block(in), in.varlong(), idle(in)));
    }
    return new Message.HandOver(shares, holders(in));
  }

  private static List<Message.Idle> idle(WireReader in) {
    int count = in.count(Block.MAX_TASKS, 2, "tasks that nobody has");
    List<Message.Idle> idle = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      idle.add(new Message.Idle(in.u8(), in.varint()));
    }
    return idle;
  }

  private static List<Peer> holders(WireReader in) {
    int count = in.count(MAX_ITEMS, 9, "workers");
    List<Peer> peers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      peers.add(peer(in));
    }
    return peers;
  }

  static void writeTaken(WireBuffer out, Message.TakenOver takenOver) {
    blocks(out, takenOver.taken());
    blocks(out, takenOver.refused());
  }

  static Message.TakenOver readTaken(WireReader in) {
    return new Message.TakenOver(blocks(in), blocks(in));
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
}
