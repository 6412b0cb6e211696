package io.dispatcher.client;

import static java.util.Objects.requireNonNull;

import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
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
import java.util.concurrent.TimeUnit;
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
  private static final Duration SHORT_POLL = Duration.ofMillis(250);
  private static final long POLL_PAUSE_MILLIS = 100;

  private final ClientBounds bounds;
  private final Executor callbacks;
  private final @Nullable ExecutorService ownCallbacks;
  private final InFlight submits;
  private final InFlight polls;
  private final SecureRandom random = new SecureRandom();
  private final Set<RemoteHandle<?>> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Object room = new Object();
  private int waiting;
  private long waitingBytes;

  /**
   * @param callbacks where stages complete; null: two threads of the client's own
   */
  protected RemoteTaskClient(ClientBounds bounds, @Nullable Executor callbacks) {
    this.bounds = requireNonNull(bounds, "bounds");
    this.ownCallbacks = callbacks == null ? newCallbacks() : null;
    this.callbacks = callbacks == null ? requireNonNull(ownCallbacks) : callbacks;
    this.submits = new InFlight(bounds.submits());
    this.polls = new InFlight(bounds.polls());
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
    RemoteHandle<R> handle = new RemoteHandle<>(this, task.type(), caller(callbacks));
    if (admit(List.of(handle), task.payload().length)) {
      Call.Submit call = call(task);
      start(
          call,
          1,
          task.payload().length,
          (answer, repeated) -> {
            if (answer.status() == 200 || answer.status() == 202) {
              accepted(handle, JsonObject.of(answer.body()));
            } else {
              refused(handle, call, Problem.of(answer), repeated);
            }
          },
          error -> unanswered(handle, call, error));
    }
    return handle;
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> List<TaskHandle<R>> submitAll(
      Collection<Task<P, R>> tasks) {
    List<TaskHandle<R>> handles = new ArrayList<>(tasks.size());
    List<Task<P, R>> group = new ArrayList<>();
    long bytes = 0;
    for (Task<P, R> task : tasks) {
      if (!group.isEmpty()
          && (group.size() >= batch() || bytes + task.payload().length > batchBytes())) {
        submitGroup(group, bytes, handles);
        group = new ArrayList<>();
        bytes = 0;
      }
      group.add(task);
      bytes += task.payload().length;
    }
    if (!group.isEmpty()) {
      submitGroup(group, bytes, handles);
    }
    return handles;
  }

  private <P extends @Nullable Object, R extends @Nullable Object> void submitGroup(
      List<Task<P, R>> group, long bytes, List<TaskHandle<R>> all) {
    if (group.size() == 1) {
      all.add(submit(group.get(0)));
      return;
    }
    Executor caller = caller(callbacks);
    List<RemoteHandle<?>> handles = new ArrayList<>(group.size());
    List<Call.Submit> calls = new ArrayList<>(group.size());
    String key = newKey();
    for (Task<P, R> task : group) {
      RemoteHandle<R> handle = new RemoteHandle<>(this, task.type(), caller);
      handles.add(handle);
      all.add(handle);
      String own = task.options().idempotencyKey();
      calls.add(
          new Call.Submit(
              task.type().name(),
              task.payload(),
              task.options(),
              own == null ? Call.Batch.itemKey(key, calls.size()) : own));
    }
    if (!admit(handles, bytes)) {
      return;
    }
    start(
        new Call.Batch(calls, key),
        group.size(),
        bytes,
        (answer, repeated) -> answeredAll(handles, calls, answer, repeated),
        error -> {
          for (int i = 0; i < calls.size(); i++) {
            unanswered(handles.get(i), calls.get(i), error);
          }
        });
  }

  private void answeredAll(
      List<RemoteHandle<?>> handles, List<Call.Submit> calls, Answer answer, boolean repeated) {
    boolean each = answer.status() == 200 || answer.status() == 202 || answer.status() == 207;
    List<JsonObject> items = each ? JsonObject.of(answer.body()).objects("tasks") : List.of();
    if (each && items.size() != handles.size()) {
      throw new IllegalArgumentException(
          items.size() + " answers for " + handles.size() + " tasks");
    }
    for (int i = 0; i < handles.size(); i++) {
      if (!each) {
        refused(handles.get(i), calls.get(i), Problem.of(answer), repeated);
      } else if (items.get(i).text("id") != null) {
        accepted(handles.get(i), items.get(i));
      } else {
        refused(handles.get(i), calls.get(i), problem(items.get(i), answer), repeated);
      }
    }
  }

  private static Problem problem(JsonObject item, Answer answer) {
    JsonObject inner = item.object("problem");
    return Problem.of(inner == null ? item : inner, 422, answer.retryAfter());
  }

  private Call.Submit call(Task<?, ?> task) {
    String own = task.options().idempotencyKey();
    return new Call.Submit(
        task.type().name(), task.payload(), task.options(), own == null ? newKey() : own);
  }

  private String newKey() {
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    return "c-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private boolean admit(List<RemoteHandle<?>> handles, long bytes) {
    DispatcherException refusal = null;
    synchronized (room) {
      if (closed.get()) {
        refusal = closedError();
      } else if (waiting > 0
          && (waiting + handles.size() > bounds.queued()
              || waitingBytes + bytes > bounds.queuedBytes())) {
        refusal =
            new TaskRefused(
                TaskRefused.Reason.OVERLOADED,
                waiting
                    + " tasks wait in this client for an answer of "
                    + target()
                    + " already; wait for some of them to be accepted",
                Duration.ofSeconds(1));
      } else {
        waiting += handles.size();
        waitingBytes += bytes;
        open.addAll(handles);
      }
    }
    if (refusal != null) {
      for (RemoteHandle<?> handle : handles) {
        handle.fail(refusal);
      }
    }
    return refusal == null;
  }

  private interface OnAnswer {
    void accept(Answer answer, boolean repeated);
  }

  private interface OnError {
    void accept(Throwable error);
  }

  private void start(Call call, int tasks, long bytes, OnAnswer onAnswer, OnError onError) {
    submits.enter(
        () ->
            Asking.ask(this, call)
                .whenComplete(
                    (got, error) -> {
                      submits.leave();
                      synchronized (room) {
                        waiting -= tasks;
                        waitingBytes -= bytes;
                      }
                      if (got == null) {
                        onError.accept(error);
                        return;
                      }
                      try {
                        onAnswer.accept(got.answer(), got.repeated());
                      } catch (RuntimeException malformed) {
                        onError.accept(new NoAnswer(true, malformed));
                      }
                    }));
  }

  private void accepted(RemoteHandle<?> handle, JsonObject task) {
    handle.accept(TaskId.of(task.text("id", "")));
    release(handle);
  }

  private void refused(
      RemoteHandle<?> handle, Call.Submit call, Problem problem, boolean repeated) {
    handle.fail(problem.refusal(call.type(), call.idempotencyKey(), repeated));
    release(handle);
  }

  private void unanswered(RemoteHandle<?> handle, Call.Submit call, Throwable error) {
    handle.fail(notAccepted(call, error));
    release(handle);
  }

  private DispatcherException notAccepted(Call.Submit call, Throwable error) {
    Throwable why = Asking.inner(error);
    if (why instanceof NoAnswer none && !none.maybe()) {
      return new TaskRefused(
          TaskRefused.Reason.CLOSED,
          "a task of type "
              + call.type()
              + " was not accepted: no front of "
              + target()
              + " can be reached ("
              + why.getMessage()
              + "); check the addresses, or start a node",
          null,
          why);
    }
    if (why instanceof DispatcherClosed known) {
      return known;
    }
    return new AcceptUnknown(
        "a task of type "
            + call.type()
            + " may have been accepted: "
            + target()
            + " gave no answer ("
            + why.getMessage()
            + "); repeat it with idempotency key "
            + call.idempotencyKey(),
        call.idempotencyKey(),
        why);
  }

  // ---------------------------------------------------------------- outcomes

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> TaskHandle<R> attach(
      TaskId id, TaskType<P, R> type) {
    requireNonNull(id, "id");
    requireNonNull(type, "type");
    RemoteHandle<R> handle = new RemoteHandle<>(this, type, caller(callbacks));
    hold(handle);
    if (!handle.settled()) {
      poll(handle, id, true);
    }
    return handle;
  }

  /** The user wants the outcome of a task that was accepted. */
  void awaitOutcome(RemoteHandle<?> handle, TaskId id) {
    poll(handle, id, false);
  }

  private <R extends @Nullable Object> void poll(RemoteHandle<R> handle, TaskId id, boolean look) {
    polls.enter(
        () -> {
          Duration wait = look ? Duration.ZERO : polls.crowded() ? shortPoll() : bounds.poll();
          long begun = System.nanoTime();
          Asking.ask(this, new Call.Result(id, wait))
              .whenComplete(
                  (got, error) -> {
                    polls.leave();
                    Answer answer = got == null ? null : got.answer();
                    if (answer == null) {
                      lost(handle, "the outcome of task " + id + " is not known", error);
                    } else if (answer.status() != 202) {
                      ended(handle, id, answer);
                    } else if (look) {
                      handle.accept(id);
                      release(handle);
                    } else {
                      pollAgain(handle, id, begun, wait);
                    }
                  });
        });
  }

  private Duration shortPoll() {
    return SHORT_POLL.compareTo(bounds.poll()) < 0 ? SHORT_POLL : bounds.poll();
  }

  /** A front that does not wait as long as it was asked to must not be asked without a pause. */
  private void pollAgain(RemoteHandle<?> handle, TaskId id, long begun, Duration wait) {
    long took = System.nanoTime() - begun;
    if (took >= wait.toNanos() / 2) {
      poll(handle, id, false);
    } else {
      CompletableFuture.delayedExecutor(POLL_PAUSE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run)
          .execute(() -> poll(handle, id, false));
    }
  }

  private <R extends @Nullable Object> void ended(
      RemoteHandle<R> handle, TaskId id, Answer answer) {
    if (answer.status() == 200) {
      handle.succeed(id, answer.body(), Math.max(1, answer.attempts()));
      release(handle);
      return;
    }
    Problem problem = Problem.of(answer);
    boolean ofTask = problem.taskId() != null;
    if (answer.status() == 502 && ofTask) {
      Failure failure = problem.failure();
      Failure known =
          failure == null ? new Failure("unknown", problem.detail(), "", "", 0) : failure;
      handle.end(new Outcome.Failed<>(id, known, known.attempt()));
    } else if (answer.status() == 504 && ofTask) {
      handle.end(new Outcome.Expired<>(id));
    } else if (answer.status() == 409 && ofTask) {
      handle.end(new Outcome.Cancelled<>(id));
    } else {
      handle.fail(problem.error("the outcome of task " + id + " is not to be had"));
    }
    release(handle);
  }

  private void lost(RemoteHandle<?> handle, String what, Throwable error) {
    handle.fail(noAnswer(what, error));
    release(handle);
  }

  private DispatcherException noAnswer(String what, Throwable error) {
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
              } else if (got.answer().status() == 200) {
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

  private void release(RemoteHandle<?> handle) {
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
    synchronized (room) {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
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
