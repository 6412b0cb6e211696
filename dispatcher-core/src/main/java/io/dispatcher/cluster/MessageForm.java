package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_FRAME_BYTES;
import static io.dispatcher.cluster.Wire.MAX_ITEMS;
import static io.dispatcher.cluster.WireParts.SAME_BLOCK;
import static io.dispatcher.cluster.WireParts.block;
import static io.dispatcher.cluster.WireParts.blockOrLast;
import static io.dispatcher.cluster.WireParts.count;
import static io.dispatcher.cluster.WireParts.index;
import static io.dispatcher.cluster.WireParts.nonceOrLast;
import static io.dispatcher.cluster.WireParts.note;
import static io.dispatcher.cluster.WireParts.number;
import static io.dispatcher.cluster.WireParts.task;
import static io.dispatcher.cluster.WireParts.text;

import io.dispatcher.cluster.Message.Attempt;
import io.dispatcher.cluster.Message.Room;
import io.dispatcher.ledger.BlockId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link Message} as bytes: the number of its kind, and what it carries. */
final class MessageForm {

  private static final int NONE = 0;
  private static final int DELIVER = 1;
  private static final int RETURNED = 2;
  private static final int SETTLED = 3;
  private static final int FENCED = 4;
  private static final int STOP = 5;
  private static final int OFFER = 6;
  private static final int REPORT = 7;
  private static final int WATCH = 8;
  private static final int WATCHED = 9;
  private static final int CANCEL = 10;
  private static final int CANCELLED = 11;
  private static final int PROGRESS = 12;
  private static final int VIEW_ASK = 13;
  private static final int VIEW_TOLD = 14;
  private static final int INVENTORY = 15;
  private static final int HOLDING = 16;
  private static final int LETTER_ASK = 17;
  private static final int LETTER_TOLD = 18;
  private static final int HAND_OVER = 20;
  private static final int TAKEN_OVER = 21;
  private static final int YIELD = 22;
  private static final int DRAIN = 23;

  // Numbers on the wire are places in this list: new values go to the end.
  private static final Message.Returned.Why[] REASONS = {
    Message.Returned.Why.NO_HANDLER,
    Message.Returned.Why.NOT_STARTED,
    Message.Returned.Why.YIELDED,
    Message.Returned.Why.STOPPED,
    Message.Returned.Why.TOO_LATE
  };

  private MessageForm() {}

  static void write(WireBuffer out, @Nullable Message message) {
    if (message == null) {
      out.u8(NONE);
    } else if (message instanceof Message.Deliver m) {
      out.u8(DELIVER);
      DeliveryForm.write(out, m.items());
    } else if (message instanceof Message.Settled m) {
      out.u8(SETTLED);
      SettlementForm.write(out, m.items());
      room(out, m.room());
    } else if (message instanceof Message.Report m) {
      out.u8(REPORT);
      room(out, m.room());
      out.bool(!m.closed());
      out.varlong(m.storeBytes());
      out.varlong(m.storeLimit());
      out.varint(m.running());
    } else if (message instanceof Message.Returned m) {
      out.u8(RETURNED);
      attempts(out, m.items());
      out.u8(number(REASONS, m.why()));
    } else if (message instanceof Message.Fenced m) {
      out.u8(FENCED);
      attempts(out, m.items());
      room(out, m.room());
    } else if (message instanceof Message.Stop m) {
      out.u8(STOP);
      attempts(out, m.items());
    } else if (message instanceof Message.Offer m) {
      out.u8(OFFER);
      OfferForm.write(out, m);
    } else if (message instanceof Message.Watch m) {
      out.u8(WATCH);
      task(out, m.task());
    } else if (message instanceof Message.Watched m) {
      out.u8(WATCHED);
      WatchedForm.write(out, m);
    } else if (message instanceof Message.Cancel m) {
      out.u8(CANCEL);
      task(out, m.task());
    } else if (message instanceof Message.Cancelled m) {
      out.u8(CANCELLED);
      task(out, m.task());
      out.bool(m.done());
    } else if (message instanceof Message.Progress m) {
      out.u8(PROGRESS);
      block(out, m.attempt().block());
      out.fixed64(m.attempt().nonce());
      index(out, m.attempt().index());
      out.varint(m.attempt().attempt());
      note(out, m.note());
    } else if (message instanceof Message.Inventory m) {
      out.u8(INVENTORY);
      out.varlong(m.question());
      attempts(out, m.items());
    } else if (message instanceof Message.Holding m) {
      out.u8(HOLDING);
      out.varlong(m.question());
      attempts(out, m.items());
    } else if (message instanceof Message.ViewAsk m) {
      out.u8(VIEW_ASK);
      out.varlong(m.question());
    } else if (message instanceof Message.ViewTold m) {
      out.u8(VIEW_TOLD);
      out.varlong(m.question());
      out.blob(m.view());
    } else if (message instanceof Message.HandOver m) {
      out.u8(HAND_OVER);
      HandOverForm.write(out, m);
    } else if (message instanceof Message.TakenOver m) {
      out.u8(TAKEN_OVER);
      HandOverForm.writeTaken(out, m);
    } else if (message instanceof Message.Yield m) {
      out.u8(YIELD);
      attempts(out, m.items());
    } else if (message instanceof Message.Drain m) {
      out.u8(DRAIN);
      out.bool(m.stay());
    } else if (message instanceof Message.LetterAsk m) {
      out.u8(LETTER_ASK);
      out.varlong(m.question());
      out.blob(m.ask());
    } else if (message instanceof Message.LetterTold m) {
      out.u8(LETTER_TOLD);
      out.varlong(m.question());
      out.blob(m.told());
    } else {
      throw new WireException("no form for " + message.getClass().getName());
    }
  }

  static @Nullable Message read(WireReader in) {
    int kind = in.u8();
    return switch (kind) {
      case NONE -> null;
      case DELIVER -> new Message.Deliver(DeliveryForm.read(in));
      case SETTLED -> new Message.Settled(SettlementForm.read(in), room(in));
      case REPORT ->
          new Message.Report(
              room(in), !in.bool("a report"), in.varlong(), in.varlong(), in.varint());
      case INVENTORY -> new Message.Inventory(in.varlong(), attempts(in));
      case HOLDING -> new Message.Holding(in.varlong(), attempts(in));
      case VIEW_ASK -> new Message.ViewAsk(in.varlong());
      case VIEW_TOLD -> new Message.ViewTold(in.varlong(), in.blob(MAX_FRAME_BYTES, "a view"));
      case LETTER_ASK ->
          new Message.LetterAsk(in.varlong(), in.blob(MAX_FRAME_BYTES, "a question"));
      case LETTER_TOLD ->
          new Message.LetterTold(in.varlong(), in.blob(MAX_FRAME_BYTES, "dead letters"));
      case RETURNED -> new Message.Returned(attempts(in), in.one(REASONS, "reason"));
      case FENCED -> new Message.Fenced(attempts(in), room(in));
      case STOP -> new Message.Stop(attempts(in));
      case OFFER -> OfferForm.read(in);
      case WATCH -> new Message.Watch(task(in));
      case WATCHED -> WatchedForm.read(in);
      case CANCEL -> new Message.Cancel(task(in));
      case CANCELLED -> new Message.Cancelled(task(in), in.bool("a cancellation"));
      case PROGRESS ->
          new Message.Progress(
              new Attempt(block(in), in.fixed64(), in.u8(), in.varint()),
              text(in, "a progress note"));
      case HAND_OVER -> HandOverForm.read(in);
      case TAKEN_OVER -> HandOverForm.readTaken(in);
      case YIELD -> new Message.Yield(attempts(in));
      case DRAIN -> new Message.Drain(in.bool("a drain"));
      default -> throw in.malformed("no message has the number " + kind);
    };
  }

  private static void attempts(WireBuffer out, List<Attempt> items) {
    count(out, items);
    Attempt last = null;
    for (Attempt item : items) {
      boolean sameBlock =
          last != null && item.nonce() == last.nonce() && item.block().equals(last.block());
      out.u8(sameBlock ? SAME_BLOCK : 0);
      if (!sameBlock) {
        block(out, item.block());
        out.fixed64(item.nonce());
      }
      index(out, item.index());
      out.varint(item.attempt());
      last = item;
    }
  }

  private static List<Attempt> attempts(WireReader in) {
    int count = in.count(MAX_ITEMS, 3, "attempts");
    List<Attempt> items = new ArrayList<>(count);
    BlockId block = null;
    long nonce = 0;
    for (int i = 0; i < count; i++) {
      int flags = in.flags(SAME_BLOCK, "an attempt");
      block = blockOrLast(in, flags, block);
      nonce = nonceOrLast(in, flags, nonce);
      items.add(new Attempt(block, nonce, in.u8(), in.varint()));
    }
    return items;
  }

  private static void room(WireBuffer out, Room room) {
    out.varint(room.credit());
    out.varint(room.total());
    out.varint(room.mine());
  }

  private static Room room(WireReader in) {
    return new Room(in.varint(), in.varint(), in.varint());
  }
}
