package io.dispatcher.node.http;

import io.dispatcher.task.Codec;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The calls that submit tasks, one or several: from bytes to tasks. Confined to its loop. */
final class SubmitCalls {
  private static final int MAX_KNOWN_TYPES = 1000;

  private final TaskCalls calls;
  private final Map<String, TaskType<byte[], byte[]>> types = new HashMap<>();

  SubmitCalls(TaskCalls calls) {
    this.calls = calls;
  }

  void one(Exchange exchange) {
    refuseIfStopped(exchange);
    RequestHead head = exchange.head();
    Preference preference = Preference.of(head.prefer());
    Map<String, String> query = new LinkedHashMap<>(Query.read(head.query()));
    String type = query.remove("type");
    refuseEncoded(head);
    if (type == null) {
      Duration wait =
          Patience.parameter(query, "; without type the task is a JSON object in the body");
      refuseUnlessJson(head);
      exchange.body(
          calls.loop().door().config().limits().body(),
          body ->
              calls
                  .loop()
                  .read(
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
          Math.min(calls.loop().door().maxPayload(), calls.loop().door().config().limits().body()),
          body ->
              start(
                  exchange,
                  new Envelope(type, body.getBytes(), wanted.options(), wanted.patience(), null),
                  null,
                  preference));
    }
  }

  private void refuseIfStopped(Exchange exchange) {
    if (calls.loop().door().intakeStopped()) {
      exchange.last();
      throw new Refused(
          Problems.closed(
              "node "
                  + calls.dispatcher().node()
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
    Duration longest = Patience.of(exchange, wait, preference);
    Task<byte[], byte[]> task = task(envelope, headerKey(exchange.head()));
    exchange.release();
    new Submitting(calls, exchange, task, longest).go();
  }

  void batch(Exchange exchange) {
    refuseIfStopped(exchange);
    RequestHead head = exchange.head();
    refuseEncoded(head);
    refuseUnlessJson(head);
    Duration wait = Patience.alone(exchange);
    String key = headerKey(head);
    int max = calls.loop().door().config().limits().batch();
    exchange.body(
        calls.loop().door().config().limits().body(),
        body ->
            calls
                .loop()
                .read(
                    exchange,
                    body,
                    bytes -> Envelope.batch(bytes, max),
                    envelopes -> {
                      exchange.release();
                      new Batching(calls, this, exchange, envelopes, key, wait).go();
                    }));
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
    if (envelope.payload().length > calls.loop().door().maxPayload()) {
      throw new Refused(
          Problem.tooLarge(
              "the payload has "
                  + envelope.payload().length
                  + " bytes, "
                  + calls.loop().door().maxPayload()
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

  private static TaskOptions keyed(TaskOptions options, String key) {
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
}
