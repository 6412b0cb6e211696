package io.dispatcher.cluster;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What fronts and workers say to each other. Immutable: within one JVM the object itself travels.
 */
public sealed interface Message {

  /** The most items that the engine puts into one message. */
  int MAX_ITEMS = 4096;

  /** A list in parts that one message each can carry. */
  static <T> List<List<T>> parts(List<T> items) {
    List<List<T>> parts = new ArrayList<>();
    for (int from = 0; from < items.size(); from += MAX_ITEMS) {
      parts.add(List.copyOf(items.subList(from, Math.min(items.size(), from + MAX_ITEMS))));
    }
    return parts;
  }

  /**
   * Front to worker: run these. The worker takes them, or gives single ones back with {@link
   * Returned}.
   */
  record Deliver(List<Delivery> items) implements Message {}

  /**
   * One start of a task.
   *
   * @param nonce the block's
   * @param epoch the owner epoch under which it was handed out
   * @param failures how often the task's own code has failed so far
   * @param deaths how many workers have died of it, perhaps; if any, the worker writes ahead that
   *     it starts it
   * @param deadlineInMillis what is left of the deadline; 0 = none
   */
  record Delivery(
      BlockId block,
      long nonce,
      long epoch,
      int index,
      int attempt,
      int failures,
      int deaths,
      Profile profile,
      @Nullable String key,
      byte[] payload,
      long deadlineInMillis) {

    public TaskRef ref() {
      return new TaskRef(block, index);
    }

    /** Whether a worker starts it only while it has started no other one of this kind. */
    public boolean suspect() {
      return deaths >= History.MOST_DEATHS - 1;
    }
  }

  /** Worker to front: it will not start these, or goes on with them no more. */
  record Returned(List<Attempt> items, Why why) implements Message {

    /** Of all of them. */
    public enum Why {
      /** It has no handler for this type. */
      NO_HANDLER,
      /** It leaves, or was frozen, and had not started them. */
      NOT_STARTED,
      /** It leaves, and has ended them at a checkpoint. */
      YIELDED,
      /** It leaves, and has stopped them. */
      STOPPED,
      /** Too little is left before their deadline: nobody is to start them any more. */
      TOO_LATE
    }
  }

  /**
   * One start, named.
   *
   * @param nonce the block's: a task with an idempotency key may be there anew under the same name
   */
  record Attempt(BlockId block, long nonce, int index, int attempt) {
    public TaskRef ref() {
      return new TaskRef(block, index);
    }
  }

  /** Worker to owner: the ledger holds this, on all replicas. Also carries the worker's room. */
  record Settled(List<Settlement> items, Room room) implements Message {}

  /**
   * What became of one attempt.
   *
   * @param nonce the block's
   * @param attempt the attempt that ended
   * @param state final, or waiting if the task runs again
   * @param nextAttempt the attempt now current
   * @param retryInMillis wait before it starts; 0 if final
   * @param result of a succeeded task, inline if it came from the settling worker
   */
  record Settlement(
      BlockId block,
      long nonce,
      int index,
      int attempt,
      TaskState state,
      int nextAttempt,
      long retryInMillis,
      @Nullable Value result,
      byte @Nullable [] large,
      @Nullable Failure failure) {}

  /** Worker to owner: the ledger refused these attempts; the owner reads what stands there. */
  record Fenced(List<Attempt> items, Room room) implements Message {}

  /** Owner to worker: these attempts are void; stop them. */
  record Stop(List<Attempt> items) implements Message {}

  /**
   * How much a worker takes.
   *
   * @param credit the most unsettled tasks this front may have there
   * @param total tasks the worker holds for all fronts
   * @param mine tasks it holds for this front
   */
  record Room(int credit, int total, int mine) {}

  /**
   * Worker to front, on meeting and whenever it changes: what it can run.
   *
   * @param slots of all its pools
   * @param weight its share of the work; null: none is configured, and of each type it is the slots
   *     of the pool
   */
  record Offer(List<Offered> types, int slots, @Nullable Double weight, boolean draining)
      implements Message {}

  /**
   * One type a worker has a handler for.
   *
   * @param slots of that pool
   * @param capacity how many such tasks it can run in a second; 0 if it has not measured that
   */
  record Offered(String type, String pool, int slots, double capacity) {}

  /**
   * Every node to every front, unnumbered: renews the lease and tells the load.
   *
   * @param closed whether it takes nothing more, from no front
   * @param storeBytes weight of the ledger data on this node
   * @param storeLimit the most it should hold
   * @param running attempts on the slots of its pools
   */
  record Report(Room room, boolean closed, long storeBytes, long storeLimit, int running)
      implements Message {}

  /**
   * Front to owner: tell me when this task is final. Answered by {@link Watched} at once and again
   * at the end.
   */
  record Watch(TaskRef task) implements Message {}

  /**
   * Owner to watching front; or, with {@code known} false, any other front, which names the type if
   * it holds a copy of what the ledger says.
   *
   * @param why what it waits for, in words; null if it does not
   * @param placement why it went where it did; null unless it asked for that
   */
  record Watched(
      TaskRef task,
      boolean known,
      String type,
      TaskState state,
      @Nullable String reason,
      @Nullable String node,
      int attempt,
      @Nullable String progress,
      @Nullable String why,
      @Nullable Placement placement)
      implements Message {}

  /** Front to owner: end this task as cancelled. Answered by {@link Cancelled}. */
  record Cancel(TaskRef task) implements Message {}

  /** Owner to front: whether the task ended as cancelled. */
  record Cancelled(TaskRef task, boolean done) implements Message {}

  /**
   * Front to front, unnumbered: what do you see? Answered by {@link ViewTold} with the same number.
   */
  record ViewAsk(long question) implements Message {}

  /**
   * Front to front, unnumbered.
   *
   * @param view in the engine's own form
   */
  record ViewTold(long question, byte[] view) implements Message {}

  /**
   * Front to front: something about the dead letters that you keep. Answered by {@link LetterTold}
   * with the same number.
   *
   * @param ask in the engine's own form
   */
  record LetterAsk(long question, byte[] ask) implements Message {}

  /**
   * Front to front.
   *
   * @param told in the engine's own form
   */
  record LetterTold(long question, byte[] told) implements Message {}

  /**
   * Adopter to worker: these are mine now; which of them do you hold? Answered by {@link Holding}.
   *
   * @param question told again in the answer
   */
  record Inventory(long question, List<Attempt> items) implements Message {}

  /** Worker to adopter: those of the {@link Inventory} that it holds, which it settles to it. */
  record Holding(long question, List<Attempt> items) implements Message {}

  /** Worker to owner: what the handler said of its progress. */
  record Progress(Attempt attempt, String note) implements Message {}

  /**
   * Owner to front: take these over, one write each that the ledger checks; until the answer the
   * owner hands out nothing of them. Answered by {@link TakenOver}.
   *
   * @param holders the workers that have tasks of them: who does not know these must not take over
   */
  record HandOver(List<Share> blocks, List<Peer> holders) implements Message {}

  /**
   * A block to be taken over.
   *
   * @param epoch the owner epoch that the taker replaces
   * @param idle tasks that nobody was given under this attempt, and nobody will be by the owner
   */
  record Share(BlockId block, long epoch, List<Idle> idle) {}

  /** A task of a block that nobody was given under this attempt. */
  record Idle(int index, int attempt) {}

  /**
   * Front to owner: what became of a {@link HandOver}.
   *
   * @param taken these have a new owner
   * @param refused these were not written by the front that was asked, and will not be
   */
  record TakenOver(List<BlockId> taken, List<BlockId> refused) implements Message {}

  /**
   * Owner to worker that drains: another one can go on with these; they are to end at their next
   * checkpoint.
   */
  record Yield(List<Attempt> items) implements Message {}

  /**
   * Any node to another: leave on purpose.
   *
   * @param stay take and start nothing, but stay a member
   */
  record Drain(boolean stay) implements Message {}
}
