package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Cancels tasks, whoever drives them: only the owner can order a cancel against a start, so it is
 * asked; if it does not answer, the wish is recorded with the task. Confined to the front's loop.
 */
final class Cancels {

  private static final long SILENCE = 2_000_000_000L;

  /** Of a caller who waits for the owner's answer to a cancel. */
  private static final class Cancelling {
    final CompletableFuture<Boolean> future;
    Loop.@Nullable Timer patience;

    Cancelling(CompletableFuture<Boolean> future) {
      this.future = future;
    }

    void over() {
      if (patience != null) {
        patience.cancel();
      }
    }
  }

  /** Of one caller; told by identity. */
  private static final class Asked {
    private final TaskRef ref;
    private final CompletableFuture<Boolean> future;

    Asked(TaskRef ref, CompletableFuture<Boolean> future) {
      this.ref = ref;
      this.future = future;
    }
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<TaskRef, List<Cancelling>> cancels = new HashMap<>();

  /** Of this node's callers, all that have no answer yet. */
  private final Set<Asked> open = new LinkedHashSet<>();

  /** This node is another peer now, and its heir asks. */
  private boolean retired;

  Cancels(
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
  }

  /** Ends the task as cancelled, through its owner. Completes on the callback executor. */
  void cancel(TaskId id, CompletableFuture<Boolean> future) {
    TaskRef ref = TaskRef.of(id).orElse(null);
    if (ref == null) {
      callbacks.add(() -> future.complete(false));
      return;
    }
    Asked asked = new Asked(ref, future);
    open.add(asked);
    future.whenComplete((done, error) -> loop.execute(() -> open.remove(asked)));
    cancel(ref, future, loop.now());
  }

  private void cancel(TaskRef ref, CompletableFuture<Boolean> future, long asked) {
    OwnedTask task = owned.find(ref);
    if (task != null) {
      cancelOwned(task, ref, future);
    } else {
      long begun = loop.now();
      writer.read(
          ref.block(),
          answer -> {
            Block block = answer.block();
            if (retired) {
              return;
            }
            if (block != null && ref.index() < block.size() && block.entry(ref.index()).isFinal()) {
              boolean done = block.entry(ref.index()).state() == TaskState.CANCELLED;
              callbacks.add(() -> future.complete(done));
            } else if (block == null || ref.index() >= block.size()) {
              callbacks.add(() -> future.complete(false));
            } else if (block.owner().equals(self)) {
              // It is about to be adopted.
              if (loop.now() - asked < SILENCE) {
                writer.later(() -> cancel(ref, future, asked));
              } else {
                mark(ref, self, true, future);
              }
            } else {
              Peer owner = block.owner();
              channels.to(owner, Role.FRONT).send(new Message.Cancel(ref));
              Cancelling cancelling = waiting(ref, future);
              cancelling.patience =
                  loop.after(
                      SILENCE,
                      () -> {
                        List<Cancelling> all = cancels.getOrDefault(ref, new ArrayList<>());
                        if (all.remove(cancelling)) {
                          if (all.isEmpty()) {
                            cancels.remove(ref);
                          }
                          mark(ref, owner, false, future);
                        }
                      });
            }
            callbacks.flush();
          },
          reply -> !retired && (loop.now() - begun < SILENCE || notCancelled(ref, reply, future)));
    }
  }

  private Cancelling waiting(TaskRef ref, CompletableFuture<Boolean> future) {
    Cancelling cancelling = new Cancelling(future);
    cancels.computeIfAbsent(ref, key -> new ArrayList<>()).add(cancelling);
    return cancelling;
  }

  private List<Cancelling> notWaiting(TaskRef ref) {
    List<Cancelling> waiting = cancels.remove(ref);
    if (waiting == null) {
      return List.of();
    }
    waiting.forEach(Cancelling::over);
    return waiting;
  }

  /**
   * The owner does not answer, or knows nothing of it: the wish is recorded with the task. Whoever
   * drives the task then obeys: the owner once it hears the question, which is sent again until
   * then, and its heir as it adopts the block.
   *
   * @param asked the front that was asked
   * @param answered it said that it does not drive the task: it may be about to
   */
  private void mark(TaskRef ref, Peer asked, boolean answered, CompletableFuture<Boolean> future) {
    long begun = loop.now();
    writer.write(
        ref.block(),
        new Change.Mark(writer.newWrite(), ref.index()),
        answer -> {
          Peer owner = answer.owner();
          if (answer.status() != Answer.Status.RECORDED) {
            callbacks.add(() -> future.complete(false));
          } else {
            Answer.Item item = answer.items().get(0);
            boolean done = item.recorded() || item.entry().state() == TaskState.CANCELLED;
            callbacks.add(() -> future.complete(done));
            if (item.recorded() && owner != null && !owner.equals(asked)) {
              obey(ref, owner);
            } else if (item.recorded() && answered) {
              loop.after(SILENCE, () -> obey(ref, asked));
            }
          }
          callbacks.flush();
        },
        () -> loop.now() - begun >= SILENCE,
        why -> notCancelled(ref, why, future));
  }

  /** Another front has taken the block over, perhaps before it could see the mark. */
  private void obey(TaskRef ref, Peer owner) {
    OwnedTask own = owned.find(ref);
    if (own != null) {
      owned.end(own, TaskState.CANCELLED);
    } else if (!owner.equals(self)) {
      channels.to(owner, Role.FRONT).send(new Message.Cancel(ref));
    }
  }

  private boolean notCancelled(TaskRef ref, Reply reply, CompletableFuture<Boolean> future) {
    String why = reply instanceof Reply.Unclean ? "no clean answer" : reply.why();
    notCancelled(ref, why, future);
    return false;
  }

  private void notCancelled(TaskRef ref, String why, CompletableFuture<Boolean> future) {
    callbacks.add(
        () ->
            future.completeExceptionally(
                new DispatcherException(
                    "task "
                        + ref.id().text()
                        + " cannot be cancelled now: the ledger says: "
                        + why
                        + "; try again")));
    callbacks.flush();
  }

  private void cancelOwned(OwnedTask task, TaskRef ref, CompletableFuture<Boolean> future) {
    if (task.isFinal()) {
      boolean done = task.state == TaskState.CANCELLED;
      callbacks.add(() -> future.complete(done));
      return;
    }
    waiting(ref, future);
    task.watch(self);
    owned.end(task, TaskState.CANCELLED);
  }

  /** An owned task ended. */
  void ended(TaskRef ref, boolean cancelled) {
    for (Cancelling cancelling : notWaiting(ref)) {
      callbacks.add(() -> cancelling.future.complete(cancelled));
    }
  }

  /** Another front drives the task now, or nobody. */
  void handedOn(TaskRef ref) {
    for (Cancelling cancelling : notWaiting(ref)) {
      cancel(ref, cancelling.future, loop.now());
    }
  }

  // ---------------------------------------------------------------- other fronts

  /** Another front asks this one, as the owner. */
  void asked(Peer from, TaskRef ref) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    done.thenAccept(
        yes ->
            loop.execute(
                () -> channels.to(from, Role.FRONT).send(new Message.Cancelled(ref, yes))));
    OwnedTask task = owned.find(ref);
    if (task == null) {
      done.complete(false);
    } else {
      cancelOwned(task, ref, done);
    }
  }

  /** The front that was asked answers. */
  void answered(Peer from, Message.Cancelled answer) {
    if (answer.done()) {
      ended(answer.task(), true);
    } else {
      // It has ended, or that front does not drive it any more: the ledger tells.
      notWaiting(answer.task()).forEach(each -> mark(answer.task(), from, true, each.future));
    }
  }

  /** Whoever waits here waits there, also for a read or a write that is under way. */
  void handOver(Cancels heir) {
    retired = true;
    abandon();
    List<Asked> asked = List.copyOf(open);
    open.clear();
    asked.forEach(each -> heir.cancel(each.ref.id(), each.future));
  }

  /** Those who wait are told with all others that are unanswered. */
  void abandon() {
    cancels.values().forEach(all -> all.forEach(Cancelling::over));
    cancels.clear();
  }
}
