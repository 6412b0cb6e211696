package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.WORKER;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.sim.Sabotage;
import java.util.ArrayList;
import java.util.List;

/** What becomes of frames on their way from node to node. */
final class RunFrames {

  /** Seeds may run side by side. */
  private static final ThreadLocal<WireBuffer> WIRE = ThreadLocal.withInitial(WireBuffer::new);

  private RunFrames() {}

  /** For {@link Sabotage#NO_CONSENT}. */
  static Frame withoutConsent(Frame frame) {
    if (!(frame.message() instanceof Message.HandOver handOver)) {
      return frame;
    }
    List<Message.Share> shares = new ArrayList<>();
    for (Message.Share share : handOver.blocks()) {
      List<Message.Idle> idle = new ArrayList<>(share.idle());
      for (int i = 0; i < 10; i++) {
        int index = i;
        if (idle.stream().noneMatch(task -> task.index() == index)) {
          idle.add(new Message.Idle(index, 1));
        }
      }
      shares.add(new Message.Share(share.block(), share.epoch(), idle));
    }
    return new Frame(
        frame.number(), frame.handled(), new Message.HandOver(shares, handOver.holders()));
  }

  /** For {@link Sabotage#NO_RAISE_AT_ADOPTION}: only an heir's epoch is above the first one. */
  static Frame withoutRaise(Frame frame) {
    if (!(frame.message() instanceof Message.Deliver deliver)) {
      return frame;
    }
    List<Message.Delivery> items = new ArrayList<>();
    for (Message.Delivery item : deliver.items()) {
      boolean raised = item.epoch() > 1 && item.attempt() > 1 && item.failures() == 0;
      items.add(raised ? underTheAttemptBefore(item) : item);
    }
    return new Frame(frame.number(), frame.handled(), new Message.Deliver(items));
  }

  private static Message.Delivery underTheAttemptBefore(Message.Delivery item) {
    return new Message.Delivery(
        item.block(),
        item.nonce(),
        item.epoch(),
        item.index(),
        item.attempt() - 1,
        item.failures(),
        0,
        item.profile(),
        item.key(),
        item.payload(),
        item.deadlineInMillis());
  }

  /** As bytes and back. */
  static Frame throughTheWire(Frame frame) {
    WireBuffer buffer = WIRE.get();
    buffer.clear();
    Wire.write(buffer, FRONT, WORKER, frame);
    byte[] bytes = buffer.toBytes();
    return Wire.read(bytes, Wire.HEADER_BYTES, bytes.length - Wire.HEADER_BYTES).frame();
  }
}
