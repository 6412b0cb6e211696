package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A {@link Change} as bytes: the number of its kind, and what it carries. */
final class ChangeForm {

  private static final int CREATE = 0;
  private static final int SETTLE = 1;
  private static final int REISSUE = 2;
  private static final int END = 3;
  private static final int FORGET = 4;
  private static final int DELETE = 5;
  private static final int CONFIRM = 6;
  private static final int ADOPT = 7;
  private static final int SAVE = 8;
  private static final int BEGIN = 9;
  private static final int MARK = 10;
  private static final int MOVED = 11;
  private static final int WITHDRAW = 12;
  private static final int IMPORT = 16;

  private static final int HAS_RESULT = 1;
  private static final int HAS_FAILURE = 1 << 1;
  private static final int IS_RETRY_ALLOWED = 1 << 2;
  private static final int HAS_RUN = 1 << 3;

  // The places in this array are the format; the order of the enum is not.
  private static final Change.Cause[] CAUSES = {
    Change.Cause.DEATH,
    Change.Cause.LAPSE,
    Change.Cause.RETURNED,
    Change.Cause.ADOPTED,
    Change.Cause.LEFT
  };

  private ChangeForm() {}

  static void write(PieceWriter out, Change change) {
    if (change instanceof Change.Create create) {
      out.u8(CREATE);
      out.fixed64(create.write());
      out.bool(create.again());
      BlockForm.write(out, create.block());
    } else if (change instanceof Change.Settle settle) {
      out.u8(SETTLE);
      out.fixed64(settle.write());
      out.fixed64(settle.nonce());
      out.number(settle.items().size());
      for (Change.Settlement item : settle.items()) {
        settlement(out, item);
      }
    } else if (change instanceof Change.Reissue reissue) {
      out.u8(REISSUE);
      owned(out, reissue.write(), reissue.owner(), reissue.ownerEpoch());
      items(out, reissue.items());
      out.u8(PieceWriter.place(CAUSES, reissue.cause()));
      out.text(reissue.node());
      out.fixed64(reissue.at());
      for (Change.Item item : reissue.items()) {
        out.fixed64(item.startedAt());
      }
    } else if (change instanceof Change.End end) {
      out.u8(END);
      owned(out, end.write(), end.owner(), end.ownerEpoch());
      items(out, end.items());
      out.u8(PieceWriter.place(EntryForm.STATES, end.end()));
    } else if (change instanceof Change.Forget forget) {
      out.u8(FORGET);
      owned(out, forget.write(), forget.owner(), forget.ownerEpoch());
      indexes(out, forget.indexes());
    } else if (change instanceof Change.Delete delete) {
      out.u8(DELETE);
      owned(out, delete.write(), delete.owner(), delete.ownerEpoch());
      out.fixed64(delete.nonce());
    } else if (change instanceof Change.Confirm confirm) {
      out.u8(CONFIRM);
      out.fixed64(confirm.write());
    } else if (change instanceof Change.Save save) {
      out.u8(SAVE);
      out.fixed64(save.write());
      out.fixed64(save.nonce());
      out.number(save.index());
      out.number(save.attempt());
      out.number(save.sequence());
      out.value(save.checkpoint());
    } else if (change instanceof Change.Adopt adopt) {
      out.u8(ADOPT);
      out.fixed64(adopt.write());
      out.peer(adopt.owner());
      out.peer(adopt.from());
      out.fixed64(adopt.fromEpoch());
    } else if (change instanceof Change.Import brought) {
      out.u8(IMPORT);
      out.fixed64(brought.write());
      BlockForm.write(out, brought.block());
    } else if (change instanceof Change.Begin begin) {
      out.u8(BEGIN);
      out.fixed64(begin.write());
      out.fixed64(begin.nonce());
      out.peer(begin.worker());
      out.fixed64(begin.at());
      items(out, begin.items());
    } else if (change instanceof Change.Withdraw withdraw) {
      out.u8(WITHDRAW);
      out.fixed64(withdraw.write());
      out.fixed64(withdraw.nonce());
      out.peer(withdraw.worker());
      items(out, withdraw.items());
    } else if (change instanceof Change.Mark mark) {
      out.u8(MARK);
      out.fixed64(mark.write());
      out.number(mark.index());
    } else if (change instanceof Change.Moved moved) {
      out.u8(MOVED);
      owned(out, moved.write(), moved.owner(), moved.ownerEpoch());
      indexes(out, moved.indexes());
    } else {
      throw new IllegalStateException("no format for " + change.getClass());
    }
  }

  private static void owned(PieceWriter out, long write, Peer owner, long epoch) {
    out.fixed64(write);
    out.peer(owner);
    out.fixed64(epoch);
  }

  private static void items(PieceWriter out, List<Change.Item> items) {
    out.number(items.size());
    for (Change.Item item : items) {
      out.number(item.index());
      out.number(item.attempt());
    }
  }

  private static void indexes(PieceWriter out, List<Integer> indexes) {
    out.number(indexes.size());
    for (int index : indexes) {
      out.number(index);
    }
  }

  private static void settlement(PieceWriter out, Change.Settlement item) {
    Value result = item.result();
    Failure failure = item.failure();
    Change.Run run = item.run();
    out.number(item.index());
    out.number(item.attempt());
    out.u8(
        (result == null ? 0 : HAS_RESULT)
            | (failure == null ? 0 : HAS_FAILURE)
            | (item.retryAllowed() ? IS_RETRY_ALLOWED : 0)
            | (run == null ? 0 : HAS_RUN));
    if (result != null) {
      out.value(result);
    }
    if (failure != null) {
      out.failure(failure);
    }
    out.fixed64(item.retryDueAt());
    if (run != null) {
      out.shared(run.node());
      out.fixed64(run.startedAt());
      out.fixed64(run.endedAt());
    }
  }

  static Change read(PieceReader in) throws IOException {
    int kind = in.u8();
    long write = in.fixed64();
    return switch (kind) {
      case CREATE -> {
        boolean again = !in.isFormatBefore() && in.bool();
        yield new Change.Create(write, BlockForm.read(in), again);
      }
      case SETTLE -> new Change.Settle(write, in.fixed64(), settlements(in));
      case REISSUE -> reissue(in, write);
      case END ->
          new Change.End(
              write, in.peer(), in.fixed64(), items(in), in.oneOf(EntryForm.STATES, "state"));
      case FORGET -> new Change.Forget(write, in.peer(), in.fixed64(), indexes(in));
      case DELETE ->
          new Change.Delete(write, in.peer(), in.fixed64(), in.isFormatBefore() ? 0 : in.fixed64());
      case CONFIRM -> new Change.Confirm(write);
      case SAVE ->
          new Change.Save(write, in.fixed64(), in.index(), in.number(), in.number(), in.value());
      case ADOPT -> new Change.Adopt(write, in.peer(), in.peer(), in.fixed64());
      case IMPORT -> new Change.Import(write, BlockForm.read(in));
      case BEGIN -> new Change.Begin(write, in.fixed64(), in.peer(), in.fixed64(), items(in));
      case WITHDRAW -> new Change.Withdraw(write, in.fixed64(), in.peer(), items(in));
      case MARK -> new Change.Mark(write, in.index());
      case MOVED -> new Change.Moved(write, in.peer(), in.fixed64(), indexes(in));
      default -> throw new IOException("no kind of write has the number " + kind);
    };
  }

  private static Change.Reissue reissue(PieceReader in, long write) throws IOException {
    Peer owner = in.peer();
    long epoch = in.fixed64();
    List<Change.Item> items = items(in);
    Change.Cause cause = in.oneOf(CAUSES, "cause");
    if (in.isFormatBefore()) {
      return new Change.Reissue(write, owner, epoch, items, cause);
    }
    String node = in.text();
    long at = in.fixed64();
    for (int i = 0; i < items.size(); i++) {
      Change.Item item = items.get(i);
      items.set(i, new Change.Item(item.index(), item.attempt(), in.fixed64()));
    }
    return new Change.Reissue(write, owner, epoch, items, cause, node, at);
  }

  private static List<Change.Item> items(PieceReader in) throws IOException {
    int size = in.atMost(Block.MAX_TASKS, "the number of items");
    List<Change.Item> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      items.add(new Change.Item(in.index(), in.number()));
    }
    return items;
  }

  private static List<Integer> indexes(PieceReader in) throws IOException {
    int size = in.atMost(Block.MAX_TASKS, "the number of indexes");
    List<Integer> indexes = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      indexes.add(in.index());
    }
    return indexes;
  }

  private static List<Change.Settlement> settlements(PieceReader in) throws IOException {
    int size = in.atMost(Block.MAX_TASKS, "the number of settlements");
    List<Change.Settlement> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      int index = in.index();
      int attempt = in.number();
      int flags = in.u8();
      Value result = (flags & HAS_RESULT) == 0 ? null : in.value();
      Failure failure = (flags & HAS_FAILURE) == 0 ? null : in.failure();
      boolean retry = (flags & IS_RETRY_ALLOWED) != 0;
      long retryDueAt = in.fixed64();
      Change.Run run =
          (flags & HAS_RUN) == 0 ? null : new Change.Run(in.shared(), in.fixed64(), in.fixed64());
      items.add(new Change.Settlement(index, attempt, result, failure, retry, retryDueAt, run));
    }
    return items;
  }
}
