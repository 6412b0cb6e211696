package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tasks as seen by a front that need not own them: handles attached to a task id, questions for its
 * status, cancels. The owner is asked and tells when the task ends; the ledger is read again when
 * the owner is gone or silent for 2 s. An outcome is shown only after a read that the backups
 * confirmed. Confined to the front's loop.
 */
final class Watches {

  private static final long PAUSE = 100_000_000L;
  private static final long SILENCE = 2_000_000_000L;

  private static final class Watch {
    final TaskRef task;
    final List<Handle<?>> handles = new ArrayList<>();
    @Nullable Peer owner;
    Loop.@Nullable Timer again;
    long readAt;

    Watch(TaskRef task) {
      this.task = task;
    }
  }

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

  /** A question or cancel of a caller without an answer; told by identity. */
  private static final class Open {
    private final CompletableFuture<?> future;

    Open(CompletableFuture<?> future) {
      this.future = future;
    }
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<TaskRef, Watch> watches = new HashMap<>();
  private final Map<TaskRef, List<Cancelling>> cancels = new HashMap<>();
  private final Set<Open> open = new HashSet<>();
  private final Finder finder;

  Watches(
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
    this.finder = new Finder(loop, writer, self, owned, channels, callbacks);
  }

  // ---------------------------------------------------------------- attach

  /** Completes the handle with the task's outcome, whoever drives it. */
  void attach(Handle<?> handle, TaskId id) {
    Optional<TaskRef> ref = TaskRef.of(id);
    if (ref.isEmpty()) {
      callbacks.add(() -> handle.refuse(unknown(id)));
      return;
    }
    OwnedTask task = owned.find(ref.get());
    if (task != null && !task.isFinal() && task.handle == null) {
      accept(handle, ref.get());
      task.handle = handle;
      return;
    }
    Watch watch = watches.computeIfAbsent(ref.get(), Watch::new);
    watch.handles.add(handle);
    if (watch.handles.size() == 1) {
      read(watch);
    }
  }

  /**
   * Completes the handle of a task that this front drove until now.
   *
   * @param owner who drives it; null if only the ledger knows
   */
  void follow(Handle<?> handle, TaskRef ref, @Nullable Peer owner) {
    Watch watch = watches.computeIfAbsent(ref, Watch::new);
    watch.handles.add(handle);
    if (watch.handles.size() > 1) {
      return;
    }
    if (owner == null) {
      read(watch);
    } else {
      listen(watch, owner);
    }
  }

  /** Tasks whose outcome is waited for by those who submitted them here. */
  int attached() {
    int count = 0;
    for (Watch watch : watches.values()) {
      for (Handle<?> handle : watch.handles) {
        if (!handle.detached()) {
          count++;
          break;
        }
      }
    }
    return count;
  }

  /** Lets an outcome stay although this handle will have it, unless it is on its way already. */
  void detach(Handle<?> handle, CompletableFuture<Boolean> future) {
    track(future);
    boolean detached = handle.detach();
    callbacks.add(() -> future.complete(detached));
  }

  private void accept(Handle<?> handle, TaskRef ref) {
    if (handle.accept(ref)) {
      callbacks.add(handle::tellAccepted);
    }
  }

  private static DispatcherException unknown(TaskId id) {
    return new DispatcherException(
        "task " + id.text() + " is not known: it was never accepted here");
  }

  private void read(Watch watch) {
    watch.readAt = loop.now();
    writer.write(
        watch.task.block(),
        new Change.Confirm(writer.newWrite()),
        answer -> {
          Block block = answer.block();
          if (block == null || watch.task.index() >= block.size()) {
            watches.remove(watch.task);
            TaskId id = watch.task.id();
            if (block == null && watch.task.block().isOf(writer.realm())) {
              for (Handle<?> handle : watch.handles) {
                accept(handle, watch.task);
                callbacks.add(() -> handle.end(id, TaskState.REMOVED, 0, null, null));
              }
            } else {
              watch.handles.forEach(handle -> callbacks.add(() -> handle.refuse(unknown(id))));
            }
          } else {
            TaskEntry entry = block.entry(watch.task.index());
            if (entry.isFinal()) {
              show(watch, block, entry);
            } else {
              listen(watch, block.owner());
            }
          }
          callbacks.flush();
        });
  }

  private void listen(Watch watch, Peer owner) {
    watch.handles.forEach(handle -> accept(handle, watch.task));
    watch.owner = owner;
    OwnedTask own = owned.find(watch.task);
    if (own != null && !own.isFinal()) {
      own.watch(self);
    } else if (!owner.equals(self)) {
      channels.to(owner, Role.FRONT).send(new Message.Watch(watch.task));
    }
    watch.again = loop.after(SILENCE, () -> readAgain(watch));
  }

  private void readNow(TaskRef ref) {
    Watch watch = watches.get(ref);
    if (watch != null && watch.again != null) {
      watch.again.cancel();
      watch.again = null;
      read(watch);
    }
  }

  /** The one asked does not drive it. It may be about to: then it is not asked without a pause. */
  private void readSoon(TaskRef ref) {
    Watch watch = watches.get(ref);
    if (watch == null || loop.now() - watch.readAt > PAUSE) {
      readNow(ref);
    } else if (watch.again != null) {
      watch.again.cancel();
      watch.again = loop.after(PAUSE, () -> readAgain(watch));
    }
  }

  private void show(Watch watch, Block block, TaskEntry entry) {
    Value result = entry.result();
    ValueId stored = result == null ? null : result.stored();
    if (stored == null) {
      show(watch, block, entry, result == null ? null : result.bytes());
      return;
    }
    writer.tryValue(
        stored,
        bytes -> {
          if (bytes != null) {
            show(watch, block, entry, bytes);
          } else {
            // Not to be had now, or forgotten meanwhile: the block tells.
            watch.again = loop.after(SILENCE, () -> readAgain(watch));
          }
          callbacks.flush();
        });
  }

  private void readAgain(Watch watch) {
    watch.again = null;
    read(watch);
  }

  private void show(Watch watch, Block block, TaskEntry entry, byte @Nullable [] result) {
    watches.remove(watch.task);
    TaskId id = watch.task.id();
    for (Handle<?> handle : watch.handles) {
      // Whoever asks for the acceptance only now finds it in the handle.
      accept(handle, watch.task);
      callbacks.add(() -> handle.end(id, entry.state(), entry.attempt(), result, entry.failure()));
    }
    if (entry.profile().retentionMillis() == 0
        && entry.state() != TaskState.REMOVED
        && watch.handles.stream().anyMatch(Handle::fetches)) {
      fetched(watch.task, entry, block);
    }
  }

  /**
   * It was to be gone once fetched, and its owner cannot know. The owner's place is taken in the
   * write only: it deletes the block in its own time.
   */
  private void fetched(TaskRef task, TaskEntry entry, Block block) {
    writer.write(
        task.block(),
        new Change.Forget(
            writer.newWrite(), block.owner(), block.ownerEpoch(), List.of(task.index())),
        answer -> {
          Value result = entry.result();
          if (answer.status() == Answer.Status.RECORDED
              && result != null
              && result.stored() != null) {
            writer.deleteValue(result.stored());
          }
        });
  }

  /** An owned task ended: whoever watches it reads its outcome. */
  void tell(OwnedTask task) {
    cancelled(task.ref(), task.state == TaskState.CANCELLED);
    Set<Peer> watchers = task.watchers;
    task.watchers = null;
    for (Peer watcher : watchers == null ? Set.<Peer>of() : watchers) {
      if (watcher.equals(self)) {
        readNow(task.ref());
      } else {
        channels.to(watcher, Role.FRONT).send(finder.watched(task.ref(), task));
      }
    }
  }

  /** Another front drives the task now, or nobody: whoever waits here looks there. */
  void handedOn(OwnedTask task) {
    TaskRef ref = task.ref();
    Set<Peer> watchers = task.watchers;
    task.watchers = null;
    for (Cancelling cancelling : notWaiting(ref)) {
      cancel(ref.id(), cancelling.future);
    }
    for (Peer watcher : watchers == null ? Set.<Peer>of() : watchers) {
      if (watcher.equals(self)) {
        readNow(ref);
      } else {
        channels.to(watcher, Role.FRONT).send(finder.watched(ref, null));
      }
    }
  }

  // ---------------------------------------------------------------- find, cancel

  /** The task's status; empty if it is not known. Completes on the callback executor. */
  void find(TaskId id, CompletableFuture<Optional<TaskStatus>> future) {
    track(future);
    finder.find(id, future);
  }

  /** Fails with this front if nothing else completes it before. */
  private void track(CompletableFuture<?> future) {
    Open entry = new Open(future);
    open.add(entry);
    future.whenComplete((value, error) -> loop.execute(() -> open.remove(entry)));
  }

  /** Ends the task as cancelled, through its owner. Completes on the callback executor. */
  void cancel(TaskId id, CompletableFuture<Boolean> future) {
    track(future);
    TaskRef ref = TaskRef.of(id).orElse(null);
    OwnedTask task = ref == null ? null : owned.find(ref);
    if (ref == null) {
      callbacks.add(() -> future.complete(false));
    } else if (task != null) {
      cancelOwned(task, ref, future);
    } else {
      long begun = loop.now();
      writer.read(
          ref.block(),
          answer -> {
            Block block = answer.block();
            if (block != null && ref.index() < block.size() && block.entry(ref.index()).isFinal()) {
              boolean done = block.entry(ref.index()).state() == TaskState.CANCELLED;
              callbacks.add(() -> future.complete(done));
            } else if (block == null || ref.index() >= block.size() || block.owner().equals(self)) {
              callbacks.add(() -> future.complete(false));
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
          reply -> loop.now() - begun < SILENCE || notCancelled(id, reply, future));
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
        why -> notCancelled(ref.id(), why, future));
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

  private boolean notCancelled(TaskId id, Reply reply, CompletableFuture<Boolean> future) {
    String why = reply instanceof Reply.Unavailable none ? none.why() : "no clean answer";
    notCancelled(id, why, future);
    return false;
  }

  private void notCancelled(TaskId id, String why, CompletableFuture<Boolean> future) {
    callbacks.add(
        () ->
            future.completeExceptionally(
                new DispatcherException(
                    "task "
                        + id.text()
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

  private void cancelled(TaskRef ref, boolean done) {
    for (Cancelling cancelling : notWaiting(ref)) {
      callbacks.add(() -> cancelling.future.complete(done));
    }
  }

  // ---------------------------------------------------------------- other fronts

  void receive(Peer from, Message message) {
    if (message instanceof Message.Watch watch) {
      OwnedTask task = owned.find(watch.task());
      if (task != null && !task.isFinal()) {
        task.watch(from);
      }
      channels.to(from, Role.FRONT).send(finder.watched(watch.task(), task));
    } else if (message instanceof Message.Watched watched) {
      told(watched);
    } else if (message instanceof Message.Cancel cancel) {
      CompletableFuture<Boolean> done = new CompletableFuture<>();
      done.thenAccept(
          yes ->
              loop.execute(
                  () ->
                      channels
                          .to(from, Role.FRONT)
                          .send(new Message.Cancelled(cancel.task(), yes))));
      OwnedTask task = owned.find(cancel.task());
      if (task == null) {
        done.complete(false);
      } else {
        cancelOwned(task, cancel.task(), done);
      }
    } else if (message instanceof Message.Cancelled cancelled) {
      if (cancelled.done()) {
        cancelled(cancelled.task(), true);
      } else {
        // It has ended, or that front does not drive it any more: the ledger tells.
        notWaiting(cancelled.task())
            .forEach(each -> mark(cancelled.task(), from, true, each.future));
      }
    } else {
      throw new IllegalStateException("a front was sent " + message.getClass().getSimpleName());
    }
  }

  private void told(Message.Watched watched) {
    finder.told(watched);
    if (!watched.known()) {
      readSoon(watched.task());
    } else if (watched.state().isFinal()) {
      readNow(watched.task());
    }
  }

  /** A node left: what it owned is read again. */
  void left(Peer gone) {
    for (Watch watch : List.copyOf(watches.values())) {
      if (gone.equals(watch.owner)) {
        readNow(watch.task);
      }
    }
  }

  void abandon(DispatcherException why) {
    for (Watch watch : watches.values()) {
      watch.handles.forEach(handle -> callbacks.add(() -> handle.refuse(why)));
    }
    watches.clear();
    cancels.values().forEach(all -> all.forEach(Cancelling::over));
    cancels.clear();
    for (Open entry : List.copyOf(open)) {
      callbacks.add(() -> entry.future.completeExceptionally(why));
    }
  }
}
