package io.dispatcher.ledger;

import io.dispatcher.task.TaskId;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a task lies: its block and its place in it.
 *
 * @param index 0 to 255
 */
public record TaskRef(BlockId block, int index) {

  private static final int TEXT_LENGTH = 27;

  /** The public id of this task. */
  public TaskId id() {
    return block.task(index);
  }

  /** The place an id stands for; empty if no dispatcher can have made the id. */
  public static Optional<TaskRef> of(TaskId id) {
    String text = id.text();
    if (text.length() != TEXT_LENGTH || text.charAt(0) != 'b') {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text.substring(1)));
      BlockId block = new BlockId(bytes.getShort() & 0xffff, bytes.getLong(), bytes.getLong());
      TaskRef ref = new TaskRef(block, bytes.get() & 0xff);
      return ref.id().equals(id) ? Optional.of(ref) : Optional.empty();
    } catch (IllegalArgumentException notBase64) {
      return Optional.empty();
    }
  }

  // Written out: a record's own goes through method handles, which take long to warm up, and this
  // is asked for every task.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TaskRef that && index == that.index && block.equals(that.block);
  }

  @Override
  public int hashCode() {
    return 31 * block.hashCode() + index;
  }

  @Override
  public String toString() {
    return block + "#" + index;
  }
}
