package io.dispatcher;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of calls into this node's front: a submit goes straight to the intake, all else takes a
 * turn of the front's loop. Thread-safe.
 */
final class LibraryDoor {

  /** Tasks submitted one after the other mostly have the same options. */
  private record Resolved(String type, TaskOptions own, TaskOptions full) {}

  private final Engine engine;
  private final NamedSubmitters named = new NamedSubmitters();
  private volatile @Nullable Resolved lastOptions;

  LibraryDoor(Engine engine) {
    this.engine = engine;
  }

  /** A new handle, whose cancel comes in here. */
  <R extends @Nullable Object> Handle<R> handle(TaskType<?, R> type) {
    return new Handle<>(type, this::cancel);
  }

  /** A new submitter, which ends its sessions when it is closed. */
  Submitter submitter() {
    return new Submitter(
        gone -> {
          Front through = engine.driver();
          if (through != null && !engine.closed()) {
            through.turn(now -> now.sessions().closed(gone));
          }
        });
  }

  /** The submitter of this name. */
  Submitter submitter(String name) {
    return named.get(name, this::submitter);
  }

  <R extends @Nullable Object> TaskHandle<R> submit(
      Task<?, R> task, @Nullable Submitter submitter, Handle<R> handle) {
    Front through = engine.front();
    if (through == null) {
      handle.refuse(noFront());
      return handle;
    }
    TaskOptions options = resolved(task.type().name(), task.options());
    long now = engine.now();
    long patience = Objects.requireNonNull(options.admission()).toNanos();
    RuntimeException refusal =
        through
            .intake()
            .submit(
                new Submission(
                    handle,
                    task.type().name(),
                    task.payload(),
                    options,
                    null,
                    now,
                    now + patience,
                    submitter));
    if (refusal instanceof DispatcherException why) {
      handle.refuse(why);
    }
    return handle;
  }

  @SuppressWarnings(
      "ReferenceEquality") // mostly it is the type's own object; comparing would cost more
  private TaskOptions resolved(String type, TaskOptions own) {
    Resolved last = lastOptions;
    if (last != null && last.own() == own && last.type().equals(type)) {
      return last.full();
    }
    TaskOptions full = own.over(engine.types().options(type));
    lastOptions = new Resolved(type, own, full);
    return full;
  }

  <R extends @Nullable Object> TaskHandle<R> attach(TaskId id, Handle<R> handle) {
    Objects.requireNonNull(id, "id");
    Front through = engine.front();
    if (through == null) {
      handle.refuse(noFront());
    } else if (engine.closed()) {
      handle.refuse(closed());
    } else {
      CompletableFuture<Boolean> turn = new CompletableFuture<>();
      turn.whenComplete(
          (came, ended) -> {
            if (ended instanceof DispatcherException why) {
              handle.refuse(why);
            }
          });
      turn(
          through,
          turn,
          now -> {
            if (engine.closed()) {
              turn.completeExceptionally(closed());
            } else if (turn.complete(true)) {
              now.watches().attach(handle, id);
            }
          });
    }
    return handle;
  }

  private CompletionStage<Boolean> cancel(Handle<?> handle) {
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    handle.wantCancel();
    handle
        .accepted()
        .whenComplete(
            (id, refused) -> {
              Front through = engine.front();
              if (refused != null || through == null) {
                future.complete(false);
              } else if (engine.closed()) {
                future.completeExceptionally(closed());
              } else {
                turn(through, future, now -> now.watches().cancel(id, future));
              }
            });
    return future.minimalCompletionStage();
  }

  /** A question to the front, in a turn of its loop; fails if there is none. */
  <T> CompletionStage<T> ask(BiConsumer<Front, CompletableFuture<T>> question) {
    Front through = engine.front();
    CompletableFuture<T> future = new CompletableFuture<>();
    if (through == null) {
      future.completeExceptionally(noFront());
    } else if (engine.closed()) {
      future.completeExceptionally(closed());
    } else {
      turn(through, future, now -> question.accept(now, future));
    }
    return future.minimalCompletionStage();
  }

  /**
   * Takes a turn of the front's loop.
   *
   * @param future fails if this node ends before it is complete
   */
  private void turn(Front through, CompletableFuture<?> future, Consumer<Front> body) {
    engine.unanswered().track(future);
    through.turn(body);
    if (engine.closed()) {
      // It has ended since it was looked at, and perhaps without this turn.
      future.completeExceptionally(closed());
    }
  }

  private DispatcherException noFront() {
    return new DispatcherException(
        "node " + engine.node() + " has no role front: use another node, or add the role");
  }

  private DispatcherClosed closed() {
    return new DispatcherClosed("dispatcher " + engine.node() + " is closed; use another node");
  }
}
