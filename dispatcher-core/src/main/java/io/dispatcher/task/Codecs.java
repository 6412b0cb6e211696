package io.dispatcher.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import org.jspecify.annotations.Nullable;

/** The built-in codecs. */
final class Codecs {
  static final Codec<String> TEXT =
      new Codec<>() {
        @Override
        public byte[] encode(String value) {
          int unpaired = Text.unpairedSurrogate(value);
          if (unpaired >= 0) {
            throw new IllegalArgumentException(
                "The text has half a surrogate pair at index "
                    + unpaired
                    + "; UTF-8 cannot say it");
          }
          return value.getBytes(UTF_8);
        }

        @Override
        public String decode(byte[] bytes) {
          // The JDK's fast path replaces what is malformed by U+FFFD; only then look closer.
          String text = new String(bytes, UTF_8);
          if (text.indexOf('\uFFFD') >= 0) {
            refuseMalformed(bytes);
          }
          return text;
        }

        @Override
        public String toString() {
          return "text";
        }
      };

  static final Codec<byte[]> BYTES =
      new Codec<>() {
        @Override
        public byte[] encode(byte[] value) {
          return requireNonNull(value, "value");
        }

        @Override
        public byte[] decode(byte[] bytes) {
          return requireNonNull(bytes, "bytes");
        }

        @Override
        public String toString() {
          return "bytes";
        }
      };

  static final Codec<@Nullable Void> NOTHING = new Nothing();

  private Codecs() {}

  private static void refuseMalformed(byte[] bytes) {
    CharsetDecoder decoder = UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(1024);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isOverflow()) {
      out.clear();
      result = decoder.decode(in, out, true);
    }
    if (result.isError()) {
      throw new IllegalArgumentException(
          "The bytes are not UTF-8 text: malformed at byte " + in.position());
    }
  }

  private static final class Nothing implements Codec<@Nullable Void> {
    private static final byte[] NONE = {};

    @Override
    public byte[] encode(@Nullable Void value) {
      return NONE;
    }

    @Override
    @SuppressWarnings("NullAway") // it takes T for non-null; here T is a nullable Void
    public @Nullable Void decode(byte[] bytes) {
      if (bytes.length != 0) {
        throw new IllegalArgumentException(
            "Nothing was expected, but there are " + bytes.length + " bytes");
      }
      return null;
    }

    @Override
    public String toString() {
      return "nothing";
    }
  }
}
