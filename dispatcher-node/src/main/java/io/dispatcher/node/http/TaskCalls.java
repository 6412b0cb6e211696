package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The calls about tasks. Confined to its loop. */
final class TaskCalls {
  /** Beside what a call asks to wait, this long may it take to record a task or find one. */
  static final Duration GRACE = Duration.ofSeconds(15);

  private static final int MAX_KNOWN_TYPES = 1000;
  private static final int MAX_CANCEL_BODY = 4 << 10;
  private static final CharSequence TASK_ID = HttpHeaders.createOptimized("task-id");
  private static final CharSequence TASK_ATTEMPTS = HttpHeaders.createOptimized("task-attempts");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("retry-after");
  private static final CharSequence APPLIED = HttpHeaders.createOptimized("preference-applied");
  private static final CharSequence ONE = HttpHeaders.createOptimized("1");

  private final DoorLoop loop;
  private final Map<String, TaskType<byte[], byte[]>> types = new HashMap<>();

  TaskCalls(DoorLoop loop) {
    this.loop = loop;
  }

  DoorLoop loop() {
    return loop;
  }

  Dispatcher dispatcher() {
    return loop.door().dispatcher();
  }

  void handle(Exchange exchange, Route.Match match) {
    switch (match.route()) {
      case TASKS -> submit(exchange);
      case BATCH -> batch(exchange);
      case TASK -> new Following(this, exchange, id(match)).status(waitOnly(exchange));
      case RESULT -> new Following(this, exchange, id(match)).result(waitOnly(exchange));
      default -> cancel(exchange, id(match));
    }
  }

  private static TaskId id(Route.Match match) {
    try {
      return TaskId.of(match.part());
    } catch (IllegalArgumentException e) {
      throw new Refused(Problems.unknownTask(match.part()));
    }
  }

  // ---------------------------------------------------------------- submit

  private void submit(Exchange exchange) {
    refuseIfStopped(exchange);
    RequestHead head = exchange.head();
    Preference preference = Preference.of(head.prefer());
    Map<String, String> query = new LinkedHashMap<>(Query.read(head.query()));
    String type = query.remove("type");
    refuseEncoded(head);
    if (type == null) {
      Duration wait = waitOf(query, "without type the task is a JSON object in the body");
      refuseUnlessJson(head);
      exchange.body(
          loop.door().config().limits().body(),
          body ->
              loop.read(
                  exchange,
                  body,
                  Envelope::one,
                  envelope -> start(exchange, envelope, wait, preference)));
    } else {
      Wanted wanted = new Wanted();
      for (Map.Entry<String, String> option : query.entrySet()) {
        set(wanted, option.getKey(), option.getValue());
      }
      exchange.body(
          Math.min(loop.door().maxPayload(), loop.door().config().limits().body()),
          body ->
              start(
                  exchange,
                  new Envelope(type, body.getBytes(), wanted.options(), wanted.patience(), null),
                  null,
                  preference));
    }
  }

  private void refuseIfStopped(Exchange exchange) {
    if (loop.door().intakeStopped()) {
      exchange.last();
      throw new Refused(
          Problems.closed(
              "node "
                  + dispatcher().node()
                  + " is ending and takes no new tasks; use another node"));
    }
  }

  private static void set(Wanted wanted, String name, String value) {
    if (!Wanted.isOption(name)) {
      throw new Refused(
          Problem.malformed(Wanted.unknown("parameter", name, Wanted.NAMES) + " and type"));
    }
    try {
      wanted.set(name, value);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
    }
  }

  private static void refuseEncoded(RequestHead head) {
    String coding = head.contentEncoding();
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      throw new Refused(
          Problem.of(
              415,
              "content-coding",
              "The content coding is not taken",
              "content-encoding is " + Quote.of(coding) + "; send the body as it is"));
    }
  }

  private static void refuseUnlessJson(RequestHead head) {
    String type = head.contentType();
    if (type != null && !MediaTypes.isJson(type)) {
      throw new Refused(
          Problem.of(
              415,
              "content-type",
              "The content type is not taken",
              "content-type is "
                  + Quote.of(type)
                  + "; send application/json in UTF-8, or name the task's type in the query and"
                  + " send its payload as the body"));
    }
  }

  private void start(
      Exchange exchange, Envelope envelope, @Nullable Duration queryWait, Preference preference) {
    Duration wait = envelope.patience() == null ? queryWait : envelope.patience();
    Duration longest = wait(exchange, wait, preference);
    Task<byte[], byte[]> task = task(envelope, headerKey(exchange.head()));
    exchange.release();
    new Submitting(this, exchange, task, longest).go();
  }

  /** How long to wait for an outcome; what is longer than the door allows is cut. */
  private Duration wait(Exchange exchange, @Nullable Duration asked, Preference preference) {
    Duration longest = loop.door().config().limits().longestWait();
    Duration wanted = asked == null ? preference.patience() : asked;
    if (wanted == null) {
      return Duration.ZERO;
    }
    Duration applied = wanted.compareTo(longest) > 0 ? longest : wanted;
    if (asked == null) {
      exchange.header(APPLIED, applied.isZero() ? "respond-async" : "wait=" + applied.toSeconds());
    }
    return applied;
  }

  /** Parameters of a call that takes none but {@code wait}. */
  private static @Nullable Duration waitOf(Map<String, String> query, String why) {
    Duration wait = null;
    for (Map.Entry<String, String> parameter : query.entrySet()) {
      if (!parameter.getKey().equals("wait")) {
        throw new Refused(
            Problem.malformed(
                Wanted.unknown("parameter", parameter.getKey(), List.of("wait"))
                    + (why.isEmpty() ? "" : "; " + why)));
      }
      Wanted wanted = new Wanted();
      set(wanted, "wait", parameter.getValue());
      wait = wanted.patience();
    }
    return wait;
  }

  private Duration waitOnly(Exchange exchange) {
    RequestHead head = exchange.head();
    Duration asked = waitOf(Query.read(head.query()), "");
    return wait(exchange, asked, Preference.of(head.prefer()));
  }

  private static @Nullable String headerKey(RequestHead head) {
    String sent = head.idempotencyKey();
    return sent == null ? null : IdempotencyKeys.read(sent);
  }

  /**
   * The task that an envelope describes.
   *
   * @param key of the whole call; null if it has none
   */
  Task<byte[], byte[]> task(Envelope envelope, @Nullable String key) {
    if (envelope.payload().length > loop.door().maxPayload()) {
      throw new Refused(
          Problem.tooLarge(
              "the payload has "
                  + envelope.payload().length
                  + " bytes, "
                  + loop.door().maxPayload()
                  + " are allowed; send a reference to the data instead"));
    }
    TaskOptions options = envelope.options();
    String own = options.idempotencyKey();
    if (key != null) {
      if (own != null && !own.equals(key)) {
        throw new Refused(
            Problem.invalid("idempotencyKey and the header field Idempotency-Key are different"));
      }
      options = keyed(options, key);
    }
    if (options.admission() == null) {
      options = options.admission(Duration.ZERO);
    }
    return type(envelope.type()).task(envelope.payload()).options(options);
  }

  /** Submits a task; unless the call waits, its outcome is for a later one. */
  TaskHandle<byte[]> submit(Task<byte[], byte[]> task, Exchange exchange, boolean waits) {
    Submitter submitter = exchange.submitter(dispatcher());
    return waits
        ? dispatcher().submit(task, submitter)
        : dispatcher().submitDetached(task, submitter);
  }

  static TaskOptions keyed(TaskOptions options, String key) {
    try {
      return options.idempotencyKey(key);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
    }
  }

  private TaskType<byte[], byte[]> type(String name) {
    TaskType<byte[], byte[]> type = types.get(name);
    if (type == null) {
      try {
        type = TaskType.of(name, Codec.bytes(), Codec.bytes());
      } catch (IllegalArgumentException e) {
        throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
      }
      if (types.size() < MAX_KNOWN_TYPES) {
        types.put(name, type);
      }
    }
    return type;
  }

  private void batch(Exchange exchange) {
    refuseIfStopped(exchange);
    RequestHead head = exchange.head();
    refuseEncoded(head);
    refuseUnlessJson(head);
    Duration wait = waitOnly(exchange);
    String key = headerKey(head);
    int max = loop.door().config().limits().batch();
    exchange.body(
        loop.door().config().limits().body(),
        body ->
            loop.read(
                exchange,
                body,
                bytes -> Envelope.batch(bytes, max),
                envelopes -> {
                  exchange.release();
                  new Batching(this, exchange, envelopes, key, wait).go();
                }));
  }

  // ---------------------------------------------------------------- answers about one task

  void accepted(Exchange exchange, TaskId id) {
    exchange.header(HttpHeaders.LOCATION, Route.pathOf(id));
    exchange.json(202, json -> Json.accepted(json, id));
  }

  void unfinished(Exchange exchange, TaskStatus status) {
    exchange.header(HttpHeaders.LOCATION, Route.pathOf(status.id()));
    exchange.header(RETRY_AFTER, ONE);
    exchange.json(202, json -> Json.write(json, status));
  }

  void ended(Exchange exchange, Outcome<byte[]> outcome) {
    exchange.header(TASK_ID, outcome.id().text());
    if (outcome instanceof Outcome.Succeeded<byte[]> succeeded) {
      exchange.header(TASK_ATTEMPTS, Integer.toString(succeeded.attempts()));
      exchange.answer(
          200, MediaTypes.ofResult(exchange.head().accept()), Buffer.buffer(succeeded.value()));
    } else {
      exchange.problem(Problems.of(outcome));
    }
  }

  /** Looks a task up and goes on with what is known, or answers that it is not. */
  void find(Exchange exchange, TaskId id, Found found) {
    dispatcher()
        .find(id)
        .whenComplete(
            (status, error) ->
                loop.hop()
                    .run(() -> exchange.guarded(() -> found(exchange, id, status, error, found))));
  }

  /** What to do with a task that is known. */
  interface Found {
    void status(TaskStatus status);
  }

  private static void found(
      Exchange exchange,
      TaskId id,
      @Nullable Optional<TaskStatus> status,
      @Nullable Throwable error,
      Found found) {
    if (status == null) {
      exchange.problem(Problems.of(error));
    } else if (status.isEmpty()) {
      exchange.problem(Problems.unknownTask(id.text()));
    } else if (status.get().state() == TaskState.REMOVED) {
      exchange.problem(Problems.ended(id.text(), TaskState.REMOVED, null));
    } else {
      found.status(status.get());
    }
  }

  // ---------------------------------------------------------------- cancel

  private void cancel(Exchange exchange, TaskId id) {
    if (exchange.head().query() != null) {
      throw new Refused(Problem.malformed("cancel takes no parameters"));
    }
    exchange.body(
        MAX_CANCEL_BODY,
        body -> {
          exchange.limit(GRACE, () -> exchange.problem(notCancelled(id)));
          find(exchange, id, status -> cancel(exchange, status));
        });
  }

  private void cancel(Exchange exchange, TaskStatus before) {
    if (before.state().isFinal()) {
      exchange.problem(tooLate(before));
      return;
    }
    TaskId id = before.id();
    CompletionStage<Boolean> done = dispatcher().attach(id, type("result")).cancel();
    done.whenComplete(
        (cancelled, error) ->
            loop.hop()
                .run(
                    () ->
                        exchange.guarded(
                            () -> {
                              if (error != null) {
                                exchange.problem(Problems.of(error));
                              } else if (cancelled) {
                                find(exchange, id, now -> unfinished(exchange, now));
                              } else {
                                find(
                                    exchange,
                                    id,
                                    now ->
                                        exchange.problem(
                                            now.state().isFinal()
                                                ? tooLate(now)
                                                : notCancelled(id)));
                              }
                            })));
  }

  private static Problem tooLate(TaskStatus status) {
    return Problem.of(
            409,
            "already-ended",
            "The task has ended already",
            "task " + status.id() + " is " + status.state().text() + " and cannot be cancelled")
        .about(status.id().text(), status.state());
  }

  private static Problem notCancelled(TaskId id) {
    return Problem.of(
            503,
            "unavailable",
            "Not possible here now",
            "task " + id + " was not cancelled: the node that drives it did not answer; ask again")
        .retryAfter(Duration.ofSeconds(1))
        .about(id.text(), null);
  }
}
