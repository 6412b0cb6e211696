package io.dispatcher.client;

import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Tasks that are submitted in one call, until each of them is accepted or refused. */
final class Submitting {
  private final RemoteTaskClient client;
  private final Executor caller;
  private final String key;
  private final List<Task<?, ?>> tasks = new ArrayList<>();
  private final List<RemoteHandle<?>> handles = new ArrayList<>();
  private List<Call.Submit> calls = List.of();
  private long bytes;

  /**
   * @param caller where the stages of the handles complete
   * @param key idempotency key of the call
   */
  Submitting(RemoteTaskClient client, Executor caller, String key) {
    this.client = client;
    this.caller = caller;
    this.key = key;
  }

  <R extends @Nullable Object> RemoteHandle<R> add(Task<?, R> task) {
    RemoteHandle<R> handle = new RemoteHandle<>(client, task.type(), caller);
    tasks.add(task);
    handles.add(handle);
    bytes += task.payload().length;
    return handle;
  }

  int size() {
    return tasks.size();
  }

  boolean isEmpty() {
    return tasks.isEmpty();
  }

  long bytes() {
    return bytes;
  }

  /** Nothing can be added any more. */
  void start(Room room, InFlight submits) {
    calls = calls();
    if (!room.enter(size(), bytes)) {
      failAll(
          new TaskRefused(
              TaskRefused.Reason.OVERLOADED,
              room.tasks()
                  + " tasks wait in this client for an answer of "
                  + client.target()
                  + " already; wait for some of them to be accepted",
              Duration.ofSeconds(1)));
      return;
    }
    handles.forEach(client::hold);
    submits.enter(
        () ->
            Asking.ask(client, size() == 1 ? calls.get(0) : new Call.Batch(calls, key))
                .whenComplete(
                    (got, error) -> {
                      submits.leave();
                      room.leave(size(), bytes);
                      if (got == null) {
                        unanswered(error);
                      } else {
                        answered(got.answer(), got.repeated());
                      }
                    }));
  }

  private List<Call.Submit> calls() {
    List<Call.Submit> all = new ArrayList<>(size());
    for (int i = 0; i < size(); i++) {
      Task<?, ?> task = tasks.get(i);
      String own = task.options().idempotencyKey();
      String made = size() == 1 ? key : Call.Batch.itemKey(key, i);
      all.add(
          new Call.Submit(
              task.type().name(), task.payload(), task.options(), own == null ? made : own));
    }
    return all;
  }

  private void answered(Answer answer, boolean repeated) {
    try {
      boolean good = answer.status() == 200 || answer.status() == 202;
      List<JsonObject> items = good ? items(answer) : List.of();
      for (int i = 0; i < size(); i++) {
        JsonObject item = good ? items.get(i) : null;
        if (item != null && item.text("id") != null) {
          handles.get(i).accept(TaskId.of(item.text("id", "")));
        } else {
          refused(i, item == null ? Problem.of(answer) : problem(item, answer), repeated);
        }
      }
      handles.forEach(client::release);
    } catch (IllegalArgumentException malformed) {
      unanswered(new NoAnswer(true, malformed));
    }
  }

  private List<JsonObject> items(Answer answer) {
    JsonObject json = JsonObject.of(answer.body());
    List<JsonObject> items = size() == 1 ? List.of(json) : json.objects("tasks");
    if (items.size() != size()) {
      throw new IllegalArgumentException(items.size() + " answers for " + size() + " tasks");
    }
    return items;
  }

  private static Problem problem(JsonObject item, Answer answer) {
    JsonObject inner = item.object("problem");
    return Problem.of(inner == null ? item : inner, 422, answer.retryAfter());
  }

  private void refused(int index, Problem problem, boolean repeated) {
    Call.Submit call = calls.get(index);
    handles.get(index).fail(problem.refusal(call.type(), call.idempotencyKey(), repeated));
  }

  private void unanswered(Throwable error) {
    for (int i = 0; i < size(); i++) {
      handles.get(i).fail(notAccepted(calls.get(i), error));
    }
    handles.forEach(client::release);
  }

  private void failAll(DispatcherException why) {
    handles.forEach(handle -> handle.fail(why));
  }

  private DispatcherException notAccepted(Call.Submit call, Throwable error) {
    Throwable why = Asking.inner(error);
    if (why instanceof NoAnswer none && !none.maybe()) {
      return new TaskRefused(
          TaskRefused.Reason.CLOSED,
          "a task of type "
              + call.type()
              + " was not accepted: no front of "
              + client.target()
              + " can be reached ("
              + why.getMessage()
              + "); check the addresses, or start a node",
          null,
          why);
    }
    if (why instanceof DispatcherClosed closed) {
      return closed;
    }
    return new AcceptUnknown(
        "a task of type "
            + call.type()
            + " may have been accepted: "
            + client.target()
            + " gave no answer ("
            + why.getMessage()
            + "); repeat it with idempotency key "
            + call.idempotencyKey(),
        call.idempotencyKey(),
        why);
  }
}
