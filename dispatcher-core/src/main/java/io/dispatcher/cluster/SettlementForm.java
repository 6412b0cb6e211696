package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_FRAME_BYTES;
import static io.dispatcher.cluster.Wire.MAX_ITEMS;
import static io.dispatcher.cluster.WireParts.SAME_BLOCK;
import static io.dispatcher.cluster.WireParts.STATES;
import static io.dispatcher.cluster.WireParts.block;
import static io.dispatcher.cluster.WireParts.blockOrLast;
import static io.dispatcher.cluster.WireParts.count;
import static io.dispatcher.cluster.WireParts.index;
import static io.dispatcher.cluster.WireParts.nonceOrLast;
import static io.dispatcher.cluster.WireParts.number;
import static io.dispatcher.cluster.WireParts.text;

import io.dispatcher.cluster.Message.Settlement;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Failure;
import java.util.ArrayList;
import java.util.List;

/**
 * Settlements as bytes, with the results and failures in them: a run of the same block names it
 * once.
 */
final class SettlementForm {

  private static final int HAS_RESULT = 2;
  private static final int HAS_LARGE = 4;
  private static final int HAS_FAILURE = 8;
  private static final int OTHER_ATTEMPT = 16;
  private static final int HAS_RETRY = 32;

  private static final int HAS_BYTES = 1;
  private static final int HAS_STORED = 2;

  private SettlementForm() {}

  static void write(WireBuffer out, List<Settlement> items) {
    count(out, items);
    Settlement last = null;
    for (Settlement item : items) {
      boolean sameBlock =
          last != null && item.nonce() == last.nonce() && item.block().equals(last.block());
      Value result = item.result();
      byte[] large = item.large();
      Failure failure = item.failure();
      out.u8(
          (sameBlock ? SAME_BLOCK : 0)
              | (result != null ? HAS_RESULT : 0)
              | (large != null ? HAS_LARGE : 0)
              | (failure != null ? HAS_FAILURE : 0)
              | (item.nextAttempt() != item.attempt() ? OTHER_ATTEMPT : 0)
              | (item.retryInMillis() != 0 ? HAS_RETRY : 0));
      if (!sameBlock) {
        block(out, item.block());
        out.fixed64(item.nonce());
      }
      index(out, item.index());
      out.varint(item.attempt());
      out.u8(number(STATES, item.state()));
      if (item.nextAttempt() != item.attempt()) {
        out.varint(item.nextAttempt());
      }
      if (item.retryInMillis() != 0) {
        out.varlong(item.retryInMillis());
      }
      if (result != null) {
        value(out, result);
      }
      if (large != null) {
        out.blob(large);
      }
      if (failure != null) {
        failure(out, failure);
      }
      last = item;
    }
  }

  static List<Settlement> read(WireReader in) {
    int known = SAME_BLOCK | HAS_RESULT | HAS_LARGE | HAS_FAILURE | OTHER_ATTEMPT | HAS_RETRY;
    int count = in.count(MAX_ITEMS, 4, "settlements");
    List<Settlement> items = new ArrayList<>(count);
    BlockId block = null;
    long nonce = 0;
    for (int i = 0; i < count; i++) {
      int flags = in.flags(known, "a settlement");
      block = blockOrLast(in, flags, block);
      nonce = nonceOrLast(in, flags, nonce);
      int index = in.u8();
      int attempt = in.varint();
      items.add(
          new Settlement(
              block,
              nonce,
              index,
              attempt,
              in.one(STATES, "state"),
              (flags & OTHER_ATTEMPT) != 0 ? in.varint() : attempt,
              (flags & HAS_RETRY) != 0 ? in.varlong() : 0,
              (flags & HAS_RESULT) != 0 ? value(in) : null,
              (flags & HAS_LARGE) != 0 ? in.blob(MAX_FRAME_BYTES, "a result") : null,
              (flags & HAS_FAILURE) != 0 ? failure(in) : null));
    }
    return items;
  }

  private static void value(WireBuffer out, Value value) {
    byte[] bytes = value.bytes();
    ValueId stored = value.stored();
    out.u8((bytes != null ? HAS_BYTES : 0) | (stored != null ? HAS_STORED : 0));
    out.varint(value.size());
    if (bytes != null) {
      out.blob(bytes);
    }
    if (stored != null) {
      block(out, stored.block());
      index(out, stored.index());
      out.fixed64(stored.nonce());
      out.varint(stored.attempt());
      out.varint(stored.sequence());
    }
  }

  private static Value value(WireReader in) {
    int flags = in.flags(HAS_BYTES | HAS_STORED, "a value");
    int size = in.varint();
    if (size < 0) {
      throw in.malformed("a value of " + size + " bytes");
    }
    byte[] bytes = (flags & HAS_BYTES) != 0 ? in.blob(MAX_FRAME_BYTES, "a value") : null;
    ValueId stored =
        (flags & HAS_STORED) != 0
            ? new ValueId(block(in), in.u8(), in.fixed64(), in.varint(), in.varint())
            : null;
    return new Value(bytes, stored, size);
  }

  private static void failure(WireBuffer out, Failure failure) {
    text(out, failure.type());
    text(out, failure.message());
    text(out, failure.trace());
    text(out, failure.node());
    out.varint(failure.attempt());
  }

  private static Failure failure(WireReader in) {
    return new Failure(
        text(in, "an error's type"),
        text(in, "an error's message"),
        text(in, "a stack trace"),
        text(in, "a node"),
        in.varint());
  }
}
