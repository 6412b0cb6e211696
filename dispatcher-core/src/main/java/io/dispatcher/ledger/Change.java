package io.dispatcher.ledger;

import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A write to one block. Every write carries a random id: a repeat that finds its own id in the
 * ledger is answered as the first time, and heals the backups. Writes of workers are fenced by
 * nonce and attempt, writes of owners by owner, owner epoch and expected attempt.
 */
public sealed interface Change {

  /** The random id of this write; a repeat has the same. */
  long write();

  /**
   * Creates the block unless it exists.
   *
   * @param again an earlier try may have created it: a block that is missing may only be away
   */
  record Create(long write, Block block, boolean again) implements Change {

    /** The first try. */
    public Create(long write, Block block) {
      this(write, block, false);
    }

    /** The same, once it may have been carried out. */
    public Create repeated() {
      return new Create(write, block, true);
    }
  }

  /** A worker records how attempts ended. */
  record Settle(long write, long nonce, List<Settlement> items) implements Change {}

  /**
   * How one attempt ended: exactly one of result and failure is set.
   *
   * @param retryAllowed false for errors that the handler declared not worth a retry
   * @param retryDueAt wall-clock milliseconds of the next start, should the budget allow one
   * @param run where and when it ran; null of a first attempt that succeeded
   */
  record Settlement(
      int index,
      int attempt,
      @Nullable Value result,
      @Nullable Failure failure,
      boolean retryAllowed,
      long retryDueAt,
      @Nullable Run run) {

    /** Of an attempt whose times nobody asks for. */
    public Settlement(
        int index,
        int attempt,
        @Nullable Value result,
        @Nullable Failure failure,
        boolean retryAllowed,
        long retryDueAt) {
      this(index, attempt, result, failure, retryAllowed, retryDueAt, null);
    }
  }

  /** Where an attempt ran, and when by that node's wall clock, in milliseconds. */
  record Run(String node, long startedAt, long endedAt) {}

  /**
   * A worker is about to run attempts of tasks that a node may have died of, and says so before it
   * does: should it die too, whoever drives them then knows who died of what.
   *
   * @param at wall-clock milliseconds
   */
  record Begin(long write, long nonce, Peer worker, long at, List<Item> items) implements Change {}

  /**
   * A worker that has written ahead that it starts attempts has given them back, or had to drop
   * them: it did not die of them, whatever becomes of it now.
   *
   * @param worker as in what it wrote ahead
   */
  record Withdraw(long write, long nonce, Peer worker, List<Item> items) implements Change {}

  /**
   * A worker records how far an attempt is.
   *
   * @param sequence counts the checkpoints of the attempt, from 1: one that arrives late must not
   *     replace a newer one
   * @param checkpoint the next attempt starts from it
   */
  record Save(long write, long nonce, int index, int attempt, int sequence, Value checkpoint)
      implements Change {}

  /**
   * The owner raises attempts from n to n+1, because n will not be heard of again; a task whose
   * budget of deaths or lapses this exhausts fails instead.
   *
   * @param node the node that is given up; empty if there is none
   * @param at wall-clock milliseconds; 0 if nobody looked
   */
  record Reissue(
      long write, Peer owner, long ownerEpoch, List<Item> items, Cause cause, String node, long at)
      implements Change {

    /** Without the node and the time. */
    public Reissue(long write, Peer owner, long ownerEpoch, List<Item> items, Cause cause) {
      this(write, owner, ownerEpoch, items, cause, "", 0);
    }
  }

  /** Why an attempt is given up. */
  enum Cause {
    /** The worker's process died. */
    DEATH,
    /** The worker was silent for longer than its lease. */
    LAPSE,
    /** The worker gave the task back without having started it. */
    RETURNED,
    /** The worker leaves on purpose, and does not go on with what it had started. */
    LEFT,
    /** The owner died, and no worker holds it: whether it was started nobody knows. */
    ADOPTED
  }

  /** The owner ends tasks that did not finish: cancelled or expired. */
  record End(long write, Peer owner, long ownerEpoch, List<Item> items, TaskState end)
      implements Change {}

  /**
   * One task and the attempt that the writer believes to be the current one.
   *
   * @param startedAt wall-clock milliseconds at which that one was handed out; 0 if not known
   */
  record Item(int index, int attempt, long startedAt) {
    /** Of an attempt whose start is not known. */
    public Item(int index, int attempt) {
      this(index, attempt, 0);
    }
  }

  /**
   * Somebody who cannot reach the owner wants the task cancelled: it ends so with the next write
   * that would start it again.
   */
  record Mark(long write, int index) implements Change {}

  /** The owner drops the payloads of failed tasks: they are dead letters of their own now. */
  record Moved(long write, Peer owner, long ownerEpoch, List<Integer> indexes) implements Change {}

  /** The owner forgets outcomes that were fetched or are past their retention. */
  record Forget(long write, Peer owner, long ownerEpoch, List<Integer> indexes) implements Change {}

  /**
   * The owner deletes the block; every task in it must be final.
   *
   * @param nonce of the block: one that was made anew under the same idempotency key has another; 0
   *     if the writer is of the version before, which did not tell
   */
  record Delete(long write, Peer owner, long ownerEpoch, long nonce) implements Change {}

  /**
   * A front takes over the block of one that is gone. The only write that changes the owner.
   *
   * @param owner the new one
   * @param from the owner that the adopter believes to be gone
   * @param fromEpoch the epoch of that one
   */
  record Adopt(long write, Peer owner, Peer from, long fromEpoch) implements Change {}

  /**
   * Brings a block of another cluster, or of this one before its stop, unless it is there. Of one
   * that is there each task keeps the higher attempt, and an outcome counts more than none.
   */
  record Import(long write, Block block) implements Change {}

  /** Changes nothing; the answer is clean only once the backups hold what the primary shows. */
  record Confirm(long write) implements Change {}
}
