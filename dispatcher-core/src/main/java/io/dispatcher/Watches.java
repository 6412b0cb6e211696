package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
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

  /** The owner is gone, and nobody may have taken its place yet. */
  private static final long NO_OWNER = 400_000_000L;

  private static final int LOOKS_FOR_HEIR = 5;

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<TaskRef, Watch> watches = new HashMap<>();
  private final Finder finder;
  private final Cancels cancels;
  private Set<Peer> live = Set.of();

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
    this.cancels = new Cancels(loop, writer, self, owned, channels, callbacks);
  }

  /** These live. */
  void members(List<Member> now) {
    live = now.stream().map(Member::peer).collect(Collectors.toUnmodifiableSet());
    finder.members(now);
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
      Watch.accept(handle, ref.get(), callbacks);
      task.handle = handle;
      return;
    }
    Watch watch = watches.computeIfAbsent(ref.get(), Watch::new);
    watch.handles.add(handle);
    if (watch.handles.size() == 1) {
      read(watch);
    }
  }

  /** Takes the handle of a task that this front drives no more; null if the task is watched. */
  @Nullable Watch hold(Handle<?> handle, TaskRef ref) {
    Watch watch = watches.computeIfAbsent(ref, Watch::new);
    watch.handles.add(handle);
    return watch.handles.size() > 1 ? null : watch;
  }

  /**
   * Completes the handles that were taken with it.
   *
   * @param owner who drives the task; null if only the ledger knows
   */
  void follow(Watch watch, @Nullable Peer owner) {
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
      if (watch.attached()) {
        count++;
      }
    }
    return count;
  }

  /** Lets an outcome stay although this handle will have it, unless it is on its way already. */
  void detach(Handle<?> handle, CompletableFuture<Boolean> future) {
    boolean detached = handle.detach();
    callbacks.add(() -> future.complete(detached));
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
            if (block == null && watch.task.block().isOf(writer.realm())) {
              watch.removed(callbacks);
            } else {
              watch.refuse(unknown(watch.task.id()), callbacks);
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
    watch.accept(callbacks);
    watch.owner = owner;
    OwnedTask own = owned.find(watch.task);
    if (own != null && !own.isFinal()) {
      own.watch(self);
    } else if (!owner.equals(self)) {
      channels.to(owner, Role.FRONT).send(new Message.Watch(watch.task));
    }
    watch.ownerless = live.contains(owner) ? 0 : watch.ownerless + 1;
    boolean soon = watch.ownerless > 0 && watch.ownerless <= LOOKS_FOR_HEIR;
    watch.again = loop.after(soon ? NO_OWNER : SILENCE, () -> readAgain(watch));
  }

  private void readNow(TaskRef ref) {
    Watch watch = watches.get(ref);
    if (watch != null && watch.stopWaiting()) {
      read(watch);
    }
  }

  /** The one asked does not drive it. It may be about to: then it is not asked without a pause. */
  private void readSoon(TaskRef ref) {
    Watch watch = watches.get(ref);
    if (watch == null || loop.now() - watch.readAt > PAUSE) {
      readNow(ref);
    } else if (watch.stopWaiting()) {
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
    writer.getValue(
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
    watch.end(entry, result, callbacks);
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
    cancels.ended(task.ref(), task.state == TaskState.CANCELLED);
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

  /** This front drives the task now: whoever waits here is told by it. */
  void adopted(OwnedTask task) {
    if (!watches.containsKey(task.ref())) {
      return;
    }
    if (task.isFinal()) {
      readNow(task.ref());
    } else {
      task.watch(self);
    }
  }

  /** Another front drives the task now, or nobody: whoever waits here looks there. */
  void handedOn(OwnedTask task) {
    TaskRef ref = task.ref();
    Set<Peer> watchers = task.watchers;
    task.watchers = null;
    cancels.handedOn(ref);
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
    finder.find(id, future);
  }

  /** Ends the task as cancelled, through its owner. Completes on the callback executor. */
  void cancel(TaskId id, CompletableFuture<Boolean> future) {
    cancels.cancel(id, future);
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
      cancels.asked(from, cancel.task());
    } else if (message instanceof Message.Cancelled cancelled) {
      cancels.answered(from, cancelled);
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

  /** Whoever waits here waits there. */
  void handOver(Watches heir) {
    for (Watch watch : List.copyOf(watches.values())) {
      watch.stopWaiting();
      List<Handle<?>> handles = List.copyOf(watch.handles);
      // A read under way shows its outcome to nobody.
      watch.handles.clear();
      handles.forEach(handle -> heir.attach(handle, watch.task.id()));
    }
    watches.clear();
    cancels.handOver(heir.cancels);
  }

  void abandon(DispatcherException why) {
    for (Watch watch : watches.values()) {
      watch.refuse(why, callbacks);
    }
    watches.clear();
    cancels.abandon();
  }
}
