package io.dispatcher.ledger;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** An {@link Answer} as bytes, with what the ledger holds where it tells that. */
final class AnswerForm {

  // The places in this array are the format; the order of the enum is not.
  private static final Answer.Status[] STATUSES = {
    Answer.Status.RECORDED,
    Answer.Status.EXISTS,
    Answer.Status.CONFLICT,
    Answer.Status.GONE,
    Answer.Status.FENCED
  };

  private static final int HAS_OWNER = 1;
  private static final int HAS_BLOCK = 1 << 1;

  private AnswerForm() {}

  static void write(PieceWriter out, Answer answer) {
    Peer owner = answer.owner();
    Block block = answer.block();
    out.u8(PieceWriter.place(STATUSES, answer.status()));
    out.u8((owner == null ? 0 : HAS_OWNER) | (block == null ? 0 : HAS_BLOCK));
    if (owner != null) {
      out.peer(owner);
    }
    out.fixed64(answer.ownerEpoch());
    out.number(answer.items().size());
    for (Answer.Item item : answer.items()) {
      out.bool(item.recorded());
      EntryForm.write(out, item.entry(), false);
    }
    if (block != null) {
      BlockForm.write(out, block);
    }
  }

  static Answer read(PieceReader in) throws IOException {
    Answer.Status status = in.oneOf(STATUSES, "status");
    int flags = in.u8();
    Peer owner = (flags & HAS_OWNER) == 0 ? null : in.peer();
    long epoch = in.fixed64();
    int size = in.atMost(Block.MAX_TASKS, "the number of items");
    List<Answer.Item> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      items.add(new Answer.Item(in.bool(), EntryForm.read(in, false)));
    }
    return new Answer(
        status, owner, epoch, items, (flags & HAS_BLOCK) == 0 ? null : BlockForm.read(in));
  }
}
