package io.dispatcher.client;

import static java.util.Objects.requireNonNull;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What clients outside the cluster have in common; how a call reaches a front is left to the
 * subclass. Thread-safe.
 *
 * <p>Every submission carries an idempotency key, the user's or one made for the call, and is
 * repeated with it when no answer comes: which of the tries arrived does not matter, the task runs
 * once. The price: a task with a key is recorded by itself, not together with others, which costs
 * the cluster one ledger write per task.
 *
 * <p>A front is asked for an outcome only once the user asks the handle for it, and is then asked
 * again and again, each time for {@code poll}, until there is one.
 */
public abstract class RemoteTaskClient implements TaskClient {

  private static final int CALLBACK_THREADS = 2;
  private static final int KEY_BYTES = 15;

  private final ClientBounds bounds;
  private final Executor callbacks;
  private final @Nullable ExecutorService ownCallbacks;
  private final InFlight submits;
  private final InFlight polls;
  private final SecureRandom random = new SecureRandom();
  private final Set<RemoteHandle<?>> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Room room;

  /**
   * @param callbacks where stages complete; null: two threads of the client's own
   */
  protected RemoteTaskClient(ClientBounds bounds, @Nullable Executor callbacks) {
    this.bounds = requireNonNull(bounds, "bounds");
    this.ownCallbacks = callbacks == null ? newCallbacks() : null;
    this.callbacks = callbacks == null ? requireNonNull(ownCallbacks) : callbacks;
    this.submits = new InFlight(bounds.submits());
    this.polls = new InFlight(bounds.polls());
    this.room = new Room(bounds.queued(), bounds.queuedBytes());
  }

  private static ExecutorService newCallbacks() {
    return Executors.newFixedThreadPool(
        CALLBACK_THREADS,
        work -> {
          Thread thread = new Thread(work, "dispatcher-client");
          thread.setDaemon(true);
          return thread;
        });
  }

  // ---------------------------------------------------------------- for subclasses

  /**
   * Sends a call to a front, another one than last time if that did not answer. Never blocks.
   *
   * @param atMost how long to wait for the answer
   * @return fails with {@link Unreachable} if the call has certainly not arrived, with anything
   *     else if it may have
   */
  protected abstract CompletionStage<Answer> send(Call call, Duration atMost);

  /** Ends what is under way. */
  protected abstract void closeLink();

  /** Whom this client talks to, for messages. */
  protected abstract String target();

  /** How many fronts there may be, each worth a try before a pause. */
  protected int fronts() {
    return 1;
  }

  /** How many tasks one call may carry. */
  protected int batch() {
    return 1;
  }

  /** How many bytes of payload one call with several tasks may carry. */
  protected long batchBytes() {
    return 0;
  }

  /** Where the stages of what the current thread submits complete. */
  protected Executor caller(Executor callbacks) {
    return callbacks;
  }

  // ---------------------------------------------------------------- submit

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> submit(
      Task<P, R> task) {
    requireNonNull(task, "task");
    Submitting one = submitting();
    TaskHandle<R> handle = one.add(task);
    one.start(room, submits);
    return handle;
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> List<TaskHandle<R>> submitAll(
      Collection<Task<P, R>> tasks) {
    List<TaskHandle<R>> handles = new ArrayList<>(tasks.size());
    Submitting group = submitting();
    for (Task<P, R> task : tasks) {
      boolean full =
          group.size() >= batch() || group.bytes() + task.payload().length > batchBytes();
      if (full && !group.isEmpty()) {
        group.start(room, submits);
        group = submitting();
      }
      handles.add(group.add(task));
    }
    if (!group.isEmpty()) {
      group.start(room, submits);
    }
    return handles;
  }

  private Submitting submitting() {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    String key = "c-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    return new Submitting(this, caller(callbacks), key);
  }

  // ---------------------------------------------------------------- tasks that were submitted

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> attach(
      TaskId id, TaskType<P, R> type) {
    requireNonNull(id, "id");
    requireNonNull(type, "type");
    RemoteHandle<R> handle = new RemoteHandle<>(this, type, caller(callbacks));
    hold(handle);
    if (!handle.settled()) {
      new Polling<>(this, polls, handle, id).look();
    }
    return handle;
  }

  /** The user wants the outcome of a task that was accepted. */
  <R extends @Nullable Object> void awaitOutcome(RemoteHandle<R> handle, TaskId id) {
    new Polling<>(this, polls, handle, id).go();
  }

  DispatcherException noAnswer(String what, Throwable error) {
    Throwable why = Asking.inner(error);
    return why instanceof DispatcherException known
        ? known
        : new DispatcherException(
            what + ": no answer of " + target() + " (" + why.getMessage() + "); ask again", why);
  }

  @Override
  public CompletionStage<Optional<TaskStatus>> find(TaskId id) {
    requireNonNull(id, "id");
    Executor caller = caller(callbacks);
    CompletableFuture<Optional<TaskStatus>> found = new CompletableFuture<>();
    Asking.ask(this, new Call.Find(id))
        .whenComplete(
            (got, error) -> {
              Optional<TaskStatus> status;
              try {
                status = found(id, got == null ? null : got.answer(), error);
              } catch (RuntimeException e) {
                DispatcherException why = noAnswer("how task " + id + " stands is not known", e);
                run(caller, () -> found.completeExceptionally(why));
                return;
              }
              run(caller, () -> found.complete(status));
            });
    return found.minimalCompletionStage();
  }

  private Optional<TaskStatus> found(
      TaskId id, @Nullable Answer answer, @Nullable Throwable error) {
    String unknown = "how task " + id + " stands is not known";
    if (answer == null) {
      throw noAnswer(unknown, requireNonNull(error));
    }
    return switch (answer.status()) {
      case 200 -> Optional.of(Statuses.of(id, JsonObject.of(answer.body())));
      case 404 -> Optional.empty();
      case 410 -> Optional.of(Statuses.removed(id));
      default -> throw Problem.of(answer).error(unknown);
    };
  }

  /** Completes with whether the task will end as cancelled. */
  void cancel(TaskId id, Executor caller, CompletableFuture<Boolean> done) {
    Asking.ask(this, new Call.Cancel(id))
        .whenComplete(
            (got, error) -> {
              Answer answer = got == null ? null : got.answer();
              String failed = "task " + id + " was not cancelled";
              if (answer == null) {
                DispatcherException why = noAnswer(failed, error);
                run(caller, () -> done.completeExceptionally(why));
                return;
              }
              Problem problem = Problem.of(answer);
              switch (answer.status()) {
                case 200, 202 -> run(caller, () -> done.complete(true));
                case 409 -> run(caller, () -> done.complete("cancelled".equals(problem.state())));
                case 404, 410 -> run(caller, () -> done.complete(false));
                default -> run(caller, () -> done.completeExceptionally(problem.error(failed)));
              }
            });
  }

  /** The body of a plain answer, for subclasses that offer more than tasks. */
  protected CompletionStage<byte[]> plain(Call call, String what) {
    Executor caller = caller(callbacks);
    CompletableFuture<byte[]> done = new CompletableFuture<>();
    Asking.ask(this, call)
        .whenComplete(
            (got, error) -> {
              if (got == null) {
                DispatcherException why = noAnswer(what, error);
                run(caller, () -> done.completeExceptionally(why));
              } else if (got.answer().status() == 200 || got.answer().status() == 202) {
                run(caller, () -> done.complete(got.answer().body()));
              } else {
                DispatcherException why = Problem.of(got.answer()).error(what);
                run(caller, () -> done.completeExceptionally(why));
              }
            });
    return done.minimalCompletionStage();
  }

  // ---------------------------------------------------------------- close

  /** Somebody waits for what this handle will tell: closing has to tell it. */
  void hold(RemoteHandle<?> handle) {
    if (handle.settled()) {
      return;
    }
    open.add(handle);
    if (closed.get() && open.remove(handle)) {
      handle.fail(closedError());
    }
  }

  /** Nobody waits for it any more, unless somebody has just begun to. */
  void release(RemoteHandle<?> handle) {
    if (handle.settled()) {
      open.remove(handle);
      if (!handle.settled()) {
        hold(handle);
      }
    }
  }

  ClientBounds bounds() {
    return bounds;
  }

  boolean isClosed() {
    return closed.get();
  }

  DispatcherClosed closedError() {
    return new DispatcherClosed(
        "this client of " + target() + " is closed; attach to the task from another one");
  }

  void run(Runnable work) {
    run(callbacks, work);
  }

  /** Once an executor is closed nobody else is left to tell it. */
  void run(Executor executor, Runnable work) {
    try {
      executor.execute(work);
    } catch (RejectedExecutionException ended) {
      work.run();
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    DispatcherClosed why = closedError();
    for (RemoteHandle<?> handle : List.copyOf(open)) {
      if (open.remove(handle)) {
        handle.fail(why);
      }
    }
    closeLink();
    if (ownCallbacks != null) {
      ownCallbacks.shutdown();
    }
  }
}
