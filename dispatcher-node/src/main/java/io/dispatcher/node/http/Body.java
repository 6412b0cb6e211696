package io.dispatcher.node.http;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** The body of a request on its way in, within its bound. Confined to its loop. */
final class Body {
  private final Exchange exchange;
  private final long max;
  private final boolean chunked;
  private @Nullable Buffer bytes;
  private boolean joined;

  /**
   * Begins.
   *
   * @param length as it was announced; negative if it was not
   * @throws Refused if it is more than {@code max}, or there is no room for it
   */
  Body(Exchange exchange, long max, long length) {
    this.exchange = exchange;
    this.max = max;
    this.chunked = length < 0;
    check(length);
    exchange.reserve(Math.max(0, length));
  }

  void add(Buffer chunk) {
    Buffer before = bytes;
    if (chunked) {
      check((before == null ? 0 : before.length()) + (long) chunk.length());
      exchange.reserve(chunk.length());
    }
    if (before == null) {
      bytes = chunk;
    } else if (joined) {
      before.appendBuffer(chunk);
    } else {
      // Most bodies come in one piece, which is then not copied.
      joined = true;
      bytes = Buffer.buffer(2 * before.length()).appendBuffer(before).appendBuffer(chunk);
    }
  }

  Buffer bytes() {
    Buffer all = bytes;
    return all == null ? Buffer.buffer() : all;
  }

  private void check(long length) {
    if (length > max) {
      throw new Refused(
          Problem.tooLarge(
              "the body has more than "
                  + max
                  + " bytes; send less, or a reference to the data instead"));
    }
  }
}
