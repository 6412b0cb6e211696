package io.dispatcher.ledger;

import java.io.IOException;

/** A {@link Delta} as bytes: a whole block, or the entries that changed. */
final class DeltaForm {

  private static final int WHOLE = 0;
  private static final int PATCH = 1;
  private static final int GONE = 2;
  private static final int ABSENT = 3;

  private DeltaForm() {}

  static void write(PieceWriter out, Delta delta) {
    if (delta instanceof Delta.Whole whole) {
      out.u8(WHOLE);
      BlockForm.write(out, whole.block());
    } else if (delta instanceof Delta.Patch patch) {
      out.u8(PATCH);
      out.version(patch.from());
      out.version(patch.to());
      out.number(patch.indexes().length);
      for (int i = 0; i < patch.indexes().length; i++) {
        out.number(patch.indexes()[i]);
        EntryForm.write(out, patch.entries()[i], true);
      }
    } else if (delta instanceof Delta.Gone) {
      out.u8(GONE);
    } else if (delta instanceof Delta.Absent) {
      out.u8(ABSENT);
    } else {
      throw new IllegalStateException("no format for " + delta.getClass());
    }
  }

  static Delta read(PieceReader in) throws IOException {
    int kind = in.u8();
    return switch (kind) {
      case WHOLE -> new Delta.Whole(BlockForm.read(in));
      case PATCH -> patch(in);
      case GONE -> new Delta.Gone();
      case ABSENT -> new Delta.Absent();
      default -> throw new IOException("no kind of delta has the number " + kind);
    };
  }

  private static Delta patch(PieceReader in) throws IOException {
    Version base = in.version();
    Version next = in.version();
    int size = in.atMost(Block.MAX_TASKS, "the number of patches");
    int[] indexes = new int[size];
    TaskEntry[] entries = new TaskEntry[size];
    for (int i = 0; i < size; i++) {
      indexes[i] = in.index();
      entries[i] = EntryForm.read(in, true);
    }
    return new Delta.Patch(base, next, indexes, entries);
  }
}
