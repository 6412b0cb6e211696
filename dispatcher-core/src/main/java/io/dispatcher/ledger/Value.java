package io.dispatcher.ledger;

import org.jspecify.annotations.Nullable;

/**
 * A payload or a result: its bytes, or, above {@link #INLINE_LIMIT}, the name of the entry that
 * holds them. The bytes are shared, never copied: nobody may change them.
 */
public record Value(byte @Nullable [] bytes, @Nullable ValueId stored, int size) {

  /** Larger values get an entry of their own: 4 KiB. */
  public static final int INLINE_LIMIT = 4096;

  /** A value that lies inside its block. */
  public static Value inline(byte[] bytes) {
    return new Value(bytes, null, bytes.length);
  }

  /** A value that lies in an entry of its own. */
  public static Value stored(ValueId id, int size) {
    return new Value(null, id, size);
  }
}
