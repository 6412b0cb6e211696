package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request that submitted several tasks, each accepted or refused on its own, until it is
 * answered. Confined to its loop but for the slots of {@link Gathering}.
 */
final class Batching {
  /** Results beyond this many bytes are left out of the answer: their tasks have links. */
  private static final long MAX_RESULTS = 16L << 20;

  private final TaskCalls calls;
  private final List<@Nullable TaskHandle<byte[]>> handles;
  private final @Nullable Problem[] problems;
  private final Duration wait;
  private final boolean keyed;
  private final Duration admission;
  private @Nullable Exchange exchange;
  private Runnable timer = Exchange::nothing;
  private boolean settling;

  /**
   * Submits the tasks.
   *
   * @param batchKey idempotency key of the batch; null if it has none
   * @param wait how long to wait for outcomes
   */
  Batching(
      TaskCalls calls,
      SubmitCalls submits,
      Exchange exchange,
      List<Envelope> envelopes,
      @Nullable String batchKey,
      Duration wait) {
    this.calls = calls;
    this.exchange = exchange;
    this.wait = wait;
    this.problems = new Problem[envelopes.size()];
    this.handles = new ArrayList<>(envelopes.size());
    exchange.onEnd(this::forget);
    boolean anyKey = false;
    Duration longest = Duration.ZERO;
    for (int i = 0; i < envelopes.size(); i++) {
      try {
        Task<byte[], byte[]> task = task(submits, envelopes.get(i), batchKey, i);
        handles.add(calls.submit(task, exchange, !wait.isZero()));
        anyKey |= task.options().idempotencyKey() != null;
        Duration patience = task.options().admission();
        longest = patience != null && patience.compareTo(longest) > 0 ? patience : longest;
      } catch (RuntimeException e) {
        problems[i] = Problems.of(e);
        handles.add(null);
      }
    }
    this.keyed = anyKey;
    this.admission = longest;
  }

  private static Task<byte[], byte[]> task(
      SubmitCalls submits, Envelope envelope, @Nullable String batchKey, int index) {
    if (envelope.problem() != null) {
      throw new Refused(envelope.problem());
    }
    if (envelope.patience() != null) {
      throw new Refused(
          Problem.invalid("a task of a batch has no wait of its own; put it into the query"));
    }
    boolean own = envelope.options().idempotencyKey() != null;
    String key = batchKey == null || own ? null : IdempotencyKeys.ofItem(batchKey, index);
    return submits.task(envelope, key);
  }

  private void forget() {
    exchange = null;
    timer.run();
    timer = Exchange::nothing;
    if (!wait.isZero() && !settling) {
      // The client has gone while it waited.
      detach(new Gathering<>(calls.loop().hop(), handles.size()));
    }
  }

  /** Whoever submitted may come for the outcomes that are missing later and elsewhere. */
  private void detach(Gathering<?> outcomes) {
    for (int i = 0; i < handles.size(); i++) {
      TaskHandle<byte[]> handle = outcomes.get(i) == null ? handles.get(i) : null;
      if (handle != null) {
        calls.dispatcher().detach(handle);
      }
    }
  }

  void go() {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    Duration longest = wait.compareTo(admission) > 0 ? wait : admission;
    open.limit(longest.plus(TaskCalls.GRACE), () -> open.problem(Problems.acceptUnknown(null)));
    if (wait.isZero()) {
      awaitAcceptance(new Gathering<>(calls.loop().hop(), handles.size()));
    } else {
      Gathering<Outcome<byte[]>> outcomes = new Gathering<>(calls.loop().hop(), handles.size());
      timer = calls.loop().after(wait.toMillis(), () -> awaitAcceptance(outcomes));
      outcomes.gather(handles, TaskHandle::outcome, () -> awaitAcceptance(outcomes));
    }
  }

  /** The outcomes are complete, or their time is over: what has none has at least an id. */
  private void awaitAcceptance(Gathering<Outcome<byte[]>> outcomes) {
    if (exchange == null || settling) {
      return;
    }
    settling = true;
    if (!wait.isZero()) {
      detach(outcomes);
    }
    List<@Nullable TaskHandle<byte[]>> open = new ArrayList<>(handles.size());
    boolean allEnded = true;
    for (int i = 0; i < handles.size(); i++) {
      TaskHandle<byte[]> handle = outcomes.get(i) == null ? handles.get(i) : null;
      open.add(handle);
      allEnded &= handle == null;
    }
    boolean ended = allEnded;
    Gathering<TaskId> ids = new Gathering<>(calls.loop().hop(), handles.size());
    ids.gather(open, TaskHandle::accepted, () -> lookUp(outcomes, ids, ended));
  }

  /** A task with an idempotency key may be that of an earlier call, however far that is. */
  private void lookUp(Gathering<Outcome<byte[]>> outcomes, Gathering<TaskId> ids, boolean ended) {
    Gathering<Optional<TaskStatus>> states = new Gathering<>(calls.loop().hop(), handles.size());
    if (!keyed) {
      answer(outcomes, ids, states, ended);
      return;
    }
    List<@Nullable TaskId> asked = new ArrayList<>(handles.size());
    for (int i = 0; i < handles.size(); i++) {
      TaskHandle<byte[]> handle = handles.get(i);
      boolean known = handle == null || (wait.isZero() && !calls.dispatcher().isRepeat(handle));
      asked.add(!known && ids.get(i) instanceof TaskId id ? id : null);
    }
    states.gather(
        asked, id -> calls.dispatcher().find(id), () -> answer(outcomes, ids, states, ended));
  }

  private void answer(
      Gathering<Outcome<byte[]>> outcomes,
      Gathering<TaskId> ids,
      Gathering<Optional<TaskStatus>> states,
      boolean ended) {
    Exchange open = exchange;
    if (open == null) {
      return;
    }
    open.guarded(
        () ->
            open.json(
                ended ? 200 : 202,
                json -> {
                  long[] room = {MAX_RESULTS};
                  json.writeStartObject();
                  json.writeArrayFieldStart("tasks");
                  for (int i = 0; i < handles.size(); i++) {
                    Problem problem = problems[i];
                    if (problem != null) {
                      write(json, problem);
                    } else if (outcomes.get(i) != null) {
                      writeOutcome(json, outcomes.get(i), room);
                    } else {
                      writeAccepted(json, ids.get(i), states.get(i));
                    }
                  }
                  json.writeEndArray();
                  json.writeEndObject();
                }));
  }

  private static void write(JsonGenerator json, Problem problem) throws IOException {
    json.writeStartObject();
    json.writeNumberField("status", problem.status());
    json.writeFieldName("problem");
    problem.write(json);
    json.writeEndObject();
  }

  private static void writeAccepted(
      JsonGenerator json, @Nullable Object accepted, @Nullable Object found) throws IOException {
    if (!(accepted instanceof TaskId id)) {
      write(json, Problems.of(error(accepted)));
      return;
    }
    TaskStatus status =
        found instanceof Optional<?> some && some.orElse(null) instanceof TaskStatus state
            ? state
            : null;
    json.writeStartObject();
    json.writeNumberField("status", 202);
    json.writeStringField("id", id.text());
    json.writeStringField("state", status == null ? "waiting" : status.state().text());
    json.writeEndObject();
  }

  private static void writeOutcome(JsonGenerator json, @Nullable Object ended, long[] room)
      throws IOException {
    if (!(ended instanceof Outcome<?> outcome)) {
      write(json, Problems.of(error(ended)));
      return;
    }
    Problem problem = outcome instanceof Outcome.Succeeded<?> ? null : Problems.of(outcome);
    json.writeStartObject();
    json.writeNumberField("status", problem == null ? 200 : problem.status());
    json.writeStringField("id", outcome.id().text());
    json.writeStringField("state", outcome.state().text());
    if (problem != null) {
      json.writeFieldName("problem");
      problem.write(json);
    } else if (outcome instanceof Outcome.Succeeded<?> done
        && done.value() instanceof byte[] value) {
      json.writeNumberField("attempts", done.attempts());
      room[0] -= value.length;
      if (room[0] >= 0) {
        json.writeBinaryField("resultBase64", value);
      }
    }
    json.writeEndObject();
  }

  private static Throwable error(@Nullable Object found) {
    return found instanceof Throwable error
        ? error
        : new DispatcherException("nothing is known about this task; ask again");
  }
}
