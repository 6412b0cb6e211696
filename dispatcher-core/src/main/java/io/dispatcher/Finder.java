package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.WaitingReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Says how any task stands: what the ledger confirms, and what is not there from whoever drives the
 * task, this front or another one; if that is silent the ledger's word is stale. Where the ledger
 * gives no clean answer, for one of its nodes stands still, every front is asked: the owner may be
 * among them, or who holds a copy, and what they say is stale too. So what somebody was told as
 * ended is never open again. Confined to the front's loop.
 */
final class Finder {

  /** An owner that has not answered after this long is not waited for. */
  private static final long ANSWER_WITHIN = 500_000_000L;

  /** A ledger that has given no clean answer after this long is not waited for. */
  private static final long READ_WITHIN = 10_000_000_000L;

  /** Somebody waits for the owner's word; answered at most once. */
  private static final class Question {
    private final CompletableFuture<Optional<TaskStatus>> future;
    private final TaskEntry recorded;

    Question(CompletableFuture<Optional<TaskStatus>> future, TaskEntry recorded) {
      this.future = future;
      this.recorded = recorded;
    }
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<TaskRef, List<Question>> questions = new HashMap<>();
  private final Glances glances;

  Finder(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Owned owned,
      Channels channels,
      Callbacks callbacks) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.owned = owned;
    this.channels = channels;
    this.callbacks = callbacks;
    this.glances = new Glances(loop, writer, self, channels, callbacks);
  }

  /** These live. */
  void members(List<Member> now) {
    glances.members(now);
  }

  /** The task's status; empty if it is not known. Completes on the callback executor. */
  void find(TaskId id, CompletableFuture<Optional<TaskStatus>> future) {
    TaskRef ref = TaskRef.of(id).orElse(null);
    OwnedTask task = ref == null ? null : owned.find(ref);
    if (ref == null) {
      answer(future, Optional.empty());
    } else if (task != null && task.isFinal() && task.attempt == 1 && task.history == null) {
      answer(future, Optional.of(status(watched(ref, task), task.failure, null, false)));
    } else if (task != null) {
      confirm(ref, task, future);
    } else {
      read(ref, future, false);
    }
  }

  /**
   * How a task of this front stands. Who asked elsewhere may have been told of an end that this
   * front has not heard of yet, so the ledger is read; it also keeps what became of earlier
   * attempts. Without a clean answer the front's own word may be out of date.
   */
  private void confirm(
      TaskRef ref, OwnedTask task, CompletableFuture<Optional<TaskStatus>> future) {
    Loop.Timer patience = loop.after(ANSWER_WITHIN, () -> unconfirmed(ref, task, future));
    writer.read(
        ref.block(),
        answer -> {
          patience.cancel();
          confirmed(ref, task, answer.block(), future);
          callbacks.flush();
        },
        reply -> {
          boolean refused = isRefusal(reply);
          if (refused) {
            patience.cancel();
            unconfirmed(ref, task, future);
          }
          return !refused && !future.isDone();
        });
  }

  private void confirmed(
      TaskRef ref,
      OwnedTask task,
      @Nullable Block block,
      CompletableFuture<Optional<TaskStatus>> future) {
    TaskEntry entry = block == null ? null : block.entry(ref.index());
    boolean left = owned.find(ref) != task || (block != null && !block.owner().equals(self));
    boolean unheard = !left && !task.isFinal() && (entry == null || entry.isFinal());
    if (unheard) {
      owned.doubt(task);
    }
    if (unheard && entry == null) {
      // Lost with all its copies, perhaps: then this front puts it back.
      unconfirmed(ref, task, future);
    } else if (left || unheard || entry == null) {
      found(ref, block, future, false);
    } else {
      TaskStatus status = status(watched(ref, task), task.failure, entry.history(), false);
      answer(future, Optional.of(status));
    }
  }

  private void unconfirmed(
      TaskRef ref, OwnedTask task, CompletableFuture<Optional<TaskStatus>> future) {
    if (owned.find(ref) != task) {
      // It has left this front meanwhile.
      read(ref, future, false);
      return;
    }
    boolean stale = !task.isFinal();
    answer(future, Optional.of(status(watched(ref, task), task.failure, task.history, stale)));
    callbacks.flush();
  }

  private static boolean isRefusal(Reply reply) {
    return reply instanceof Reply.Unavailable || reply instanceof Reply.Missing;
  }

  /**
   * @param asked the owner was asked before, and has no news
   */
  private void read(TaskRef ref, CompletableFuture<Optional<TaskStatus>> future, boolean asked) {
    long begun = loop.now();
    Glances.Glance glance = glances.soon(ref, future);
    Loop.Timer patience =
        loop.after(
            READ_WITHIN,
            () -> {
              glances.over(glance);
              fail(ref, future, "the ledger gives no clean answer");
            });
    writer.read(
        ref.block(),
        answer -> {
          patience.cancel();
          glances.over(glance);
          found(ref, answer.block(), future, asked);
          callbacks.flush();
        },
        reply -> {
          if (isRefusal(reply) && loop.now() - begun >= ANSWER_WITHIN) {
            patience.cancel();
            glances.over(glance);
            fail(ref, future, reply.why());
          }
          return !future.isDone();
        });
  }

  private void fail(TaskRef ref, CompletableFuture<?> future, String why) {
    callbacks.add(
        () ->
            future.completeExceptionally(
                new DispatcherException(
                    "how task "
                        + ref.id().text()
                        + " stands cannot be told now: "
                        + why
                        + "; ask again, or ask another node")));
    callbacks.flush();
  }

  private void found(
      TaskRef ref,
      @Nullable Block block,
      CompletableFuture<Optional<TaskStatus>> future,
      boolean asked) {
    if (block == null) {
      answer(future, gone(ref, writer.realm()));
      return;
    }
    if (ref.index() >= block.size()) {
      answer(future, Optional.empty());
      return;
    }
    TaskEntry entry = block.entry(ref.index());
    // Why it went where it did only the front that chose can say.
    Placement placement = entry.profile().explain() ? owned.placement(ref, null) : null;
    boolean tells = entry.isFinal() && (placement != null || !entry.profile().explain());
    if (tells || block.owner().equals(self) || asked) {
      // A block that is being adopted may run on: who holds its tasks has not said so yet.
      boolean stale = !entry.isFinal();
      answer(future, Optional.of(recorded(ref, entry, stale, placement)));
    } else {
      ask(ref, block.owner(), new Question(future, entry));
    }
  }

  /**
   * What is known of a task whose block is gone. A task's id is told to nobody before the task is
   * accepted, so an id with the mark of this ledger was accepted, and has been removed since.
   */
  static Optional<TaskStatus> gone(TaskRef ref, long realm) {
    return ref.block().isOf(realm)
        ? Optional.of(
            new TaskStatus(ref.id(), "", TaskState.REMOVED, null, null, 0, null, null, false))
        : Optional.empty();
  }

  private void ask(TaskRef ref, Peer owner, Question question) {
    questions.computeIfAbsent(ref, key -> new ArrayList<>()).add(question);
    channels.to(owner, Role.FRONT).send(new Message.Watch(ref));
    loop.after(
        ANSWER_WITHIN,
        () -> {
          List<Question> asking = questions.get(ref);
          if (asking != null && asking.remove(question)) {
            if (asking.isEmpty()) {
              questions.remove(ref);
            }
            boolean stale = !question.recorded.isFinal();
            answer(question.future, Optional.of(recorded(ref, question.recorded, stale)));
            callbacks.flush();
          }
        });
  }

  /** An owner says how a task stands. */
  void told(Message.Watched watched) {
    glances.told(watched);
    List<Question> asking = questions.remove(watched.task());
    if (asking == null) {
      return;
    }
    for (Question question : asking) {
      if (question.recorded.isFinal()) {
        answer(
            question.future,
            Optional.of(recorded(watched.task(), question.recorded, false, watched.placement())));
      } else if (watched.known() && !watched.state().isFinal()) {
        answer(
            question.future,
            Optional.of(
                status(watched, question.recorded.failure(), question.recorded.history(), false)));
      } else {
        // It has ended meanwhile, or was handed on: what the ledger confirms counts.
        read(watched.task(), question.future, true);
      }
    }
  }

  private void answer(CompletableFuture<Optional<TaskStatus>> future, Optional<TaskStatus> status) {
    callbacks.add(() -> future.complete(status));
  }

  static TaskStatus recorded(TaskRef ref, TaskEntry entry, boolean stale) {
    return recorded(ref, entry, stale, null);
  }

  private static TaskStatus recorded(
      TaskRef ref, TaskEntry entry, boolean stale, @Nullable Placement placement) {
    return new TaskStatus(
        ref.id(),
        entry.profile().type(),
        entry.state(),
        null,
        entry.state() == TaskState.FAILED ? node(entry.failure()) : null,
        entry.attempt(),
        null,
        entry.failure(),
        stale,
        attempts(entry.history()),
        retryOf(entry.history()),
        null,
        placement);
  }

  private static List<PastAttempt> attempts(@Nullable History history) {
    return history == null ? List.of() : history.attempts();
  }

  private static @Nullable TaskId retryOf(@Nullable History history) {
    return history == null ? null : history.retryOf();
  }

  private static @Nullable String node(@Nullable Failure failure) {
    return failure == null ? null : failure.node();
  }

  /** What this front knows of a task; not known if it drives none of this name. */
  Message.Watched watched(TaskRef ref, @Nullable OwnedTask task) {
    if (task == null) {
      TaskStatus copy = glances.copy(ref);
      return new Message.Watched(
          ref,
          false,
          copy == null ? "" : copy.type(),
          TaskState.WAITING,
          null,
          null,
          copy == null ? 0 : copy.attempt(),
          null,
          null,
          owned.placement(ref, null));
    }
    WorkerView worker = task.worker;
    WaitingReason waiting = owned.reason(task);
    TaskState state = task.isFinal() || worker == null ? task.state : TaskState.RUNNING;
    String node = worker == null ? null : worker.node();
    return new Message.Watched(
        ref,
        true,
        task.profile.type(),
        state,
        waiting == null ? null : waiting.name(),
        state == TaskState.FAILED ? node(task.failure) : node,
        // While it waits its number is that of the start to come.
        state == TaskState.WAITING ? task.attempt - 1 : task.attempt,
        task.progress,
        owned.why(task),
        owned.placement(ref, task));
  }

  static TaskStatus status(
      Message.Watched watched,
      @Nullable Failure failure,
      @Nullable History history,
      boolean stale) {
    return new TaskStatus(
        watched.task().id(),
        watched.type(),
        watched.state(),
        watched.state() == TaskState.WAITING ? reason(watched.reason()) : null,
        watched.node(),
        watched.attempt(),
        watched.progress(),
        failure,
        stale,
        attempts(history),
        retryOf(history),
        watched.state() == TaskState.WAITING ? watched.why() : null,
        watched.placement());
  }

  /** A front of a later version may know a reason that this one does not. */
  private static @Nullable WaitingReason reason(@Nullable String name) {
    for (WaitingReason reason : WaitingReason.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    return null;
  }
}
