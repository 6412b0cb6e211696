package io.dispatcher.ledger;

import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the ledger, as one pure function shared by every ledger: from a block and a write to
 * the next block, the decision its backups apply, and the answer.
 *
 * <p>An answer that shows what the ledger holds, a refusal too, sends the whole block to the
 * backups: what is shown must be on every replica, and the writer whose write a backup missed may
 * be dead and never repeat it.
 *
 * @param next the block after the write; null if there is none
 * @param delta what the backups apply
 * @param answer for the writer
 */
public record Transition(@Nullable Block next, Delta delta, Answer answer) {

  /**
   * Applies a write.
   *
   * @param block what the primary holds
   * @param era the primary's era
   * @param stamp random
   */
  public static Transition of(@Nullable Block block, Change change, long era, long stamp) {
    if (change instanceof Change.Create create) {
      return create(block, create, era, stamp);
    }
    if (change instanceof Change.Import brought) {
      return bring(block, brought, era, stamp);
    }
    if (block == null) {
      // Only a delete may tell backups to drop what they have. A primary that lags, or that was
      // thrown out and has not heard of it, is not the truth: they say whether they hold none too.
      Delta delta = change instanceof Change.Delete ? new Delta.Gone() : new Delta.Absent();
      return new Transition(null, delta, Answer.of(Status.GONE, null));
    }
    if (change instanceof Change.Confirm) {
      return new Transition(block, new Delta.Whole(block), Answer.showing(Status.RECORDED, block));
    }
    if (change instanceof Change.Adopt adopt) {
      return adopt(block, adopt, era, stamp);
    }
    if (change instanceof Change.Settle settle) {
      return settle(new Draft(block, settle.write()), settle).finish(era, stamp);
    }
    if (change instanceof Change.Save save) {
      return save(new Draft(block, save.write()), save).finish(era, stamp);
    }
    if (change instanceof Change.Reissue reissue) {
      Draft draft = new Draft(block, reissue.write());
      if (!draft.ownedBy(reissue.owner(), reissue.ownerEpoch())) {
        return draft.fenced();
      }
      draft.each(reissue.items(), (entry, item) -> entry.reissued(reissue, item));
      return draft.finish(era, stamp);
    }
    if (change instanceof Change.Begin begin) {
      return begin(new Draft(block, begin.write()), begin).finish(era, stamp);
    }
    if (change instanceof Change.Withdraw withdraw) {
      return withdraw(new Draft(block, withdraw.write()), withdraw).finish(era, stamp);
    }
    if (change instanceof Change.Mark mark) {
      return mark(new Draft(block, mark.write()), mark).finish(era, stamp);
    }
    if (change instanceof Change.Moved moved) {
      return moved(new Draft(block, moved.write()), moved, era, stamp);
    }
    if (change instanceof Change.End end) {
      Draft draft = new Draft(block, end.write());
      if (!draft.ownedBy(end.owner(), end.ownerEpoch())) {
        return draft.fenced();
      }
      draft.each(end.items(), (entry, item) -> entry.ended(end.write(), end.end()));
      return draft.finish(era, stamp);
    }
    if (change instanceof Change.Forget forget) {
      return forget(new Draft(block, forget.write()), forget, era, stamp);
    }
    if (change instanceof Change.Delete delete) {
      boolean allowed =
          (delete.nonce() == 0 || block.nonce() == delete.nonce())
              && block.owner().equals(delete.owner())
              && block.ownerEpoch() == delete.ownerEpoch();
      for (int i = 0; allowed && i < block.size(); i++) {
        allowed = block.entry(i).isFinal();
      }
      return allowed
          ? new Transition(null, new Delta.Gone(), Answer.of(Status.RECORDED, null))
          : new Transition(block, new Delta.Whole(block), Answer.of(Status.FENCED, block));
    }
    throw new IllegalStateException("no rule for " + change);
  }

  /**
   * Whether a change has to wait where a copy of what is missing may still come: it would tell gone
   * what is not, or make a second one of it. What an owner writes to its own block does not wait:
   * the owner puts it back.
   *
   * @param absent there is no such block
   */
  public static boolean waitsForCopies(Change change, boolean absent) {
    if (change instanceof Change.Delete) {
      // A copy that comes back later must not find gone what has ended meanwhile.
      return true;
    }
    return absent
        && (change instanceof Change.Confirm
            || change instanceof Change.Begin
            || change instanceof Change.Settle
            || change instanceof Change.Withdraw
            || change instanceof Change.Save
            || change instanceof Change.Import
            || (change instanceof Change.Create create && mayHaveBeen(create)));
  }

  /** Under a name that others give too, or by an earlier try; and not put back by its owner. */
  private static boolean mayHaveBeen(Change.Create create) {
    Block block = create.block();
    return create.again() || (block.contentHash() != null && block.entry(0).attempt() == 1);
  }

  private static Transition create(
      @Nullable Block block, Change.Create create, long era, long stamp) {
    Block wanted = create.block();
    if (block == null) {
      Block next = wanted.with(wanted.version().next(era, stamp), wanted.copyEntries());
      return new Transition(next, new Delta.Whole(next), Answer.of(Status.RECORDED, next));
    }
    if (block.nonce() == wanted.nonce()) {
      return new Transition(block, new Delta.Whole(block), Answer.of(Status.RECORDED, block));
    }
    boolean same =
        block.contentHash() != null && Objects.equals(block.contentHash(), wanted.contentHash());
    return new Transition(
        block,
        new Delta.Whole(block),
        Answer.showing(same ? Status.EXISTS : Status.CONFLICT, block));
  }

  private static Transition bring(
      @Nullable Block block, Change.Import change, long era, long stamp) {
    Block wanted = change.block();
    if (block == null) {
      TaskEntry[] all = wanted.copyEntries();
      for (int i = 0; i < all.length; i++) {
        all[i] = all[i].writtenBy(change.write());
      }
      Block next = wanted.with(wanted.version().next(era, stamp), all);
      return new Transition(next, new Delta.Whole(next), Answer.showing(Status.RECORDED, next));
    }
    if (block.nonce() != wanted.nonce() || block.size() != wanted.size()) {
      return new Transition(block, new Delta.Whole(block), Answer.showing(Status.CONFLICT, block));
    }
    TaskEntry[] entries = block.copyEntries();
    boolean changed = false;
    for (int i = 0; i < entries.length; i++) {
      TaskEntry brought = wanted.entry(i);
      if (!entries[i].isFinal()
          && (brought.attempt() > entries[i].attempt()
              || (brought.isFinal() && brought.attempt() == entries[i].attempt()))) {
        entries[i] = brought;
        changed = true;
      }
    }
    if (changed) {
      Block next = block.with(block.version().next(era, stamp), entries);
      return new Transition(next, new Delta.Whole(next), Answer.showing(Status.EXISTS, next));
    }
    // A repeat finds its block as it made it: its owner is the writer, who waits for this.
    boolean again = block.entry(0).lastWrite() == change.write();
    return new Transition(
        block,
        new Delta.Whole(block),
        Answer.showing(again ? Status.RECORDED : Status.EXISTS, block));
  }

  private static Transition adopt(Block block, Change.Adopt adopt, long era, long stamp) {
    if (block.owner().equals(adopt.from()) && block.ownerEpoch() == adopt.fromEpoch()) {
      Block next = block.ownedBy(adopt.owner(), block.version().next(era, stamp));
      return new Transition(next, new Delta.Whole(next), Answer.showing(Status.RECORDED, next));
    }
    boolean again =
        block.owner().equals(adopt.owner()) && block.ownerEpoch() == adopt.fromEpoch() + 1;
    return new Transition(
        block,
        new Delta.Whole(block),
        Answer.showing(again ? Status.RECORDED : Status.FENCED, block));
  }

  private static Draft settle(Draft draft, Change.Settle settle) {
    for (Change.Settlement item : settle.items()) {
      TaskEntry entry = draft.entry(item.index());
      if (entry.lastWrite() == settle.write()) {
        draft.repeat(item.index());
      } else if (draft.block.nonce() != settle.nonce()
          || entry.isFinal()
          || entry.attempt() != item.attempt()) {
        draft.refuse(item.index());
      } else {
        draft.accept(item.index(), settled(entry, item, settle.write()));
      }
    }
    return draft;
  }

  private static Draft save(Draft draft, Change.Save save) {
    TaskEntry entry = draft.entry(save.index());
    if (draft.block.nonce() != save.nonce()
        || entry.isFinal()
        || entry.attempt() != save.attempt()) {
      draft.refuse(save.index());
    } else if (entry.saves() >= save.sequence()) {
      // This one, or a newer one, is there.
      draft.repeat(save.index());
    } else {
      draft.accept(save.index(), entry.saved(save.write(), save.checkpoint(), save.sequence()));
    }
    return draft;
  }

  private static Draft begin(Draft draft, Change.Begin begin) {
    for (Change.Item item : begin.items()) {
      TaskEntry entry = draft.entry(item.index());
      if (draft.block.nonce() != begin.nonce()
          || entry.isFinal()
          || entry.attempt() != item.attempt()) {
        draft.refuse(item.index());
      } else if (begin.worker().equals(History.of(entry.history()).worker())) {
        draft.repeat(item.index());
      } else {
        draft.accept(item.index(), entry.begun(begin.worker(), begin.at()));
      }
    }
    return draft;
  }

  private static Draft withdraw(Draft draft, Change.Withdraw withdraw) {
    for (Change.Item item : withdraw.items()) {
      TaskEntry entry = draft.entry(item.index());
      boolean stands =
          draft.block.nonce() == withdraw.nonce()
              && !entry.isFinal()
              && entry.attempt() == item.attempt()
              && withdraw.worker().equals(History.of(entry.history()).starter());
      if (stands) {
        draft.accept(item.index(), entry.withdrawn());
      } else {
        draft.repeat(item.index());
      }
    }
    return draft;
  }

  private static Draft mark(Draft draft, Change.Mark mark) {
    TaskEntry entry = draft.entry(mark.index());
    if (entry.isFinal()) {
      draft.refuse(mark.index());
    } else if (History.of(entry.history()).cancelled()) {
      draft.repeat(mark.index());
    } else {
      draft.accept(mark.index(), entry.marked());
    }
    return draft;
  }

  private static Transition moved(Draft draft, Change.Moved moved, long era, long stamp) {
    if (!draft.ownedBy(moved.owner(), moved.ownerEpoch())) {
      return draft.fenced();
    }
    for (int index : moved.indexes()) {
      TaskEntry entry = draft.entry(index);
      if (entry.state() != TaskState.FAILED || entry.payload() == null) {
        draft.repeat(index);
      } else {
        draft.accept(index, entry.moved());
      }
    }
    return draft.finish(era, stamp);
  }

  private static TaskEntry settled(TaskEntry entry, Change.Settlement item, long write) {
    Value result = item.result();
    if (result != null) {
      return entry.succeeded(write, result, item);
    }
    Failure failure =
        Objects.requireNonNull(item.failure(), "a settlement has a result or a failure");
    boolean again = item.retryAllowed() && entry.failures() < entry.profile().retries();
    return again ? entry.retried(write, failure, item) : entry.failed(write, failure, item);
  }

  private static Transition forget(Draft draft, Change.Forget forget, long era, long stamp) {
    if (!draft.ownedBy(forget.owner(), forget.ownerEpoch())) {
      return draft.fenced();
    }
    for (int index : forget.indexes()) {
      TaskEntry entry = draft.entry(index);
      if (entry.state() == TaskState.REMOVED) {
        draft.repeat(index);
      } else if (entry.isFinal()) {
        draft.accept(index, entry.removed(forget.write()));
      } else {
        draft.refuse(index);
      }
    }
    return draft.finish(era, stamp);
  }

  /** A block under change. */
  private static final class Draft {

    private final Block block;
    private final long write;
    private final TaskEntry[] entries;
    private final List<Answer.Item> items = new ArrayList<>();
    private final List<Integer> changed = new ArrayList<>();
    private boolean plain = true;
    private boolean repeated;

    Draft(Block block, long write) {
      this.block = block;
      this.write = write;
      this.entries = block.copyEntries();
    }

    TaskEntry entry(int index) {
      return entries[index];
    }

    boolean ownedBy(Peer owner, long epoch) {
      return block.owner().equals(owner) && block.ownerEpoch() == epoch;
    }

    void each(List<Change.Item> wanted, BiFunction<TaskEntry, Change.Item, TaskEntry> rule) {
      for (Change.Item item : wanted) {
        TaskEntry entry = entries[item.index()];
        if (entry.lastWrite() == write) {
          repeat(item.index());
        } else if (entry.isFinal() || entry.attempt() != item.attempt()) {
          refuse(item.index());
        } else {
          accept(item.index(), rule.apply(entry, item));
        }
      }
    }

    void accept(int index, TaskEntry entry) {
      entries[index] = entry;
      changed.add(index);
      items.add(new Answer.Item(true, entry.brief()));
      plain &= isPlain(entry);
    }

    void repeat(int index) {
      repeated = true;
      items.add(new Answer.Item(true, entries[index].brief()));
      plain &= isPlain(entries[index]);
    }

    private static boolean isPlain(TaskEntry entry) {
      return entry.state() == TaskState.SUCCEEDED && entry.checkpoint() == null;
    }

    void refuse(int index) {
      items.add(new Answer.Item(false, entries[index].brief()));
      plain = false;
    }

    Transition fenced() {
      return new Transition(block, new Delta.Whole(block), Answer.of(Status.FENCED, block));
    }

    Transition finish(long era, long stamp) {
      Answer answer =
          new Answer(
              Status.RECORDED,
              block.owner(),
              block.ownerEpoch(),
              plain ? List.of() : List.copyOf(items),
              null);
      if (changed.isEmpty()) {
        return new Transition(block, new Delta.Whole(block), answer);
      }
      Version version = block.version().next(era, stamp);
      Block next = block.with(version, entries);
      if (repeated) {
        return new Transition(next, new Delta.Whole(next), answer);
      }
      int[] indexes = new int[changed.size()];
      TaskEntry[] patched = new TaskEntry[indexes.length];
      for (int i = 0; i < indexes.length; i++) {
        indexes[i] = changed.get(i);
        patched[i] = entries[indexes[i]];
      }
      return new Transition(
          next, new Delta.Patch(block.version(), version, indexes, patched), answer);
    }
  }
}
