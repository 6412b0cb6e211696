package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task whose outcome handles of this front wait for. Confined to the front's loop. */
final class Watch {

  final TaskRef task;
  final List<Handle<?>> handles = new ArrayList<>();

  /** Who tells when it ends; null before that is known. */
  @Nullable Peer owner;

  /** Until the ledger is read again; null while that is under way. */
  Loop.@Nullable Timer again;

  /** Reads in a row that found an owner who is gone. */
  int ownerless;

  /** Loop time of the last read. */
  long readAt;

  Watch(TaskRef task) {
    this.task = task;
  }

  /** Whether anybody who submitted the task here waits. */
  boolean attached() {
    for (Handle<?> handle : handles) {
      if (!handle.detached()) {
        return true;
      }
    }
    return false;
  }

  /** The task is accepted. */
  void accept(Callbacks callbacks) {
    for (Handle<?> handle : handles) {
      accept(handle, task, callbacks);
    }
  }

  static void accept(Handle<?> handle, TaskRef ref, Callbacks callbacks) {
    if (handle.accept(ref)) {
      callbacks.add(handle::tellAccepted);
    }
  }

  /** The task has ended so. */
  void end(TaskEntry entry, byte @Nullable [] result, Callbacks callbacks) {
    TaskId id = task.id();
    for (Handle<?> handle : handles) {
      // Whoever asks for the acceptance only now finds it in the handle.
      accept(handle, task, callbacks);
      callbacks.add(() -> handle.end(id, entry.state(), entry.attempt(), result, entry.failure()));
    }
  }

  /** The task has ended, and how is known no more. */
  void removed(Callbacks callbacks) {
    TaskId id = task.id();
    for (Handle<?> handle : handles) {
      accept(handle, task, callbacks);
      callbacks.add(() -> handle.end(id, TaskState.REMOVED, 0, null, null));
    }
  }

  void refuse(DispatcherException why, Callbacks callbacks) {
    for (Handle<?> handle : handles) {
      callbacks.add(() -> handle.refuse(why));
    }
  }

  /** Not read again by itself; false if a read is under way. */
  boolean stopWaiting() {
    Loop.Timer timer = again;
    again = null;
    if (timer != null) {
      timer.cancel();
    }
    return timer != null;
  }
}
