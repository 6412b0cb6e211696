package io.dispatcher.task;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Submits tasks and finds them again. Thread-safe. No method blocks except {@link #close()}; what
 * goes wrong arrives through the handle or the stage, never as an exception of {@code submit}
 * itself (null arguments aside).
 *
 * <p>Stages complete on the client's callback executor, never on a loop of the engine: a callback
 * may block, but it then holds up other callbacks.
 */
public interface TaskClient extends AutoCloseable {
  /**
   * Submits a task and returns at once; {@link TaskHandle#accepted()} tells when it is recorded.
   *
   * <p>On a closed client the handle fails with {@link DispatcherClosed}.
   */
  <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submit(Task<P, R> task);

  /**
   * Submits several tasks, each accepted or refused on its own, and returns their handles in the
   * same order. Cheaper than one by one where it means fewer messages.
   */
  <P extends @Nullable Object, R extends @Nullable Object> List<TaskHandle<R>> submitAll(
      Collection<Task<P, R>> tasks);

  /**
   * Returns a handle to a task that was accepted earlier, by any client. If no such task is known,
   * or it was removed, the stages of the handle fail with a {@link DispatcherException} that says
   * so.
   *
   * @param type the task's type; its result codec decodes the result
   */
  <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> attach(
      TaskId id, TaskType<P, R> type);

  /**
   * Looks a task up. Empty if this cluster has never accepted such a task; the status {@link
   * TaskState#REMOVED} if it has, and nothing is kept of it any more. The stage fails with a {@link
   * DispatcherException} if nobody who could know can be reached.
   */
  CompletionStage<Optional<TaskStatus>> find(TaskId id);

  /**
   * Closes the client. Tasks that were accepted go on; stages that are not complete fail with
   * {@link DispatcherClosed}. May block while work is handed over. Closing again does nothing.
   */
  @Override
  void close();
}
