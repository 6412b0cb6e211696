package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a value becomes bytes and bytes become the value again.
 *
 * <p>Must be thread-safe. Payloads are encoded on the thread that calls {@link TaskType#task} and
 * decoded on the thread that runs the handler; results the other way round. What one version of a
 * codec wrote the next one must be able to read: tasks outlive the process that submitted them.
 *
 * <p>JSON is in {@code io.dispatcher.json.JsonCodec}.
 *
 * @param <T> type of the values
 */
public interface Codec<T extends @Nullable Object> {
  /**
   * Returns the value as bytes, at most {@link TaskLimits#MAX_VALUE_BYTES} of them. The caller owns
   * the array; nobody changes it later.
   *
   * @throws Exception if the value cannot be encoded: the task is refused, or the attempt fails
   */
  byte[] encode(T value) throws Exception;

  /**
   * Returns the value that these bytes stand for.
   *
   * @param bytes not to be changed; may be kept
   * @throws Exception if the bytes are malformed: the attempt fails, or the caller's stage does
   */
  T decode(byte[] bytes) throws Exception;

  /**
   * Returns the codec for text in UTF-8. Strict both ways: malformed bytes and halves of surrogate
   * pairs are refused with an {@link IllegalArgumentException} that says where, never replaced.
   */
  static Codec<String> text() {
    return Codecs.TEXT;
  }

  /** Returns the codec for bytes as they are. Nothing is copied: do not change an array later. */
  static Codec<byte[]> bytes() {
    return Codecs.BYTES;
  }

  /**
   * Returns the codec for tasks without a payload or without a result. Its only value is null, and
   * no other built-in codec takes null. Always the same instance. Bytes other than none are refused
   * with an {@link IllegalArgumentException}.
   */
  static Codec<@Nullable Void> nothing() {
    return Codecs.NOTHING;
  }

  /** Returns a codec made of two functions, both thread-safe. */
  static <T extends @Nullable Object> Codec<T> of(Encoder<T> encoder, Decoder<T> decoder) {
    requireNonNull(encoder, "encoder");
    requireNonNull(decoder, "decoder");
    return new Codec<>() {
      @Override
      public byte[] encode(T value) throws Exception {
        return encoder.encode(value);
      }

      @Override
      public T decode(byte[] bytes) throws Exception {
        return decoder.decode(bytes);
      }
    };
  }

  /** One half of a {@link Codec}: value to bytes. */
  @FunctionalInterface
  interface Encoder<T extends @Nullable Object> {
    /** See {@link Codec#encode}. */
    byte[] encode(T value) throws Exception;
  }

  /** The other half of a {@link Codec}: bytes to value. */
  @FunctionalInterface
  interface Decoder<T extends @Nullable Object> {
    /** See {@link Codec#decode}. */
    T decode(byte[] bytes) throws Exception;
  }
}
