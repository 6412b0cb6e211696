package io.dispatcher.node.bus;

import io.dispatcher.node.http.Problem;
import io.dispatcher.node.http.Refused;
import io.dispatcher.node.http.Wanted;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.EncodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The task that a message describes.
 *
 * @param patience how long the sender waits for the outcome; null: only for the acceptance
 * @param client the name that the sender gives itself; null: none
 */
record Submission(Task<byte[], byte[]> task, @Nullable Duration patience, @Nullable String client) {

  /** The longest name of a client, in characters. */
  static final int MAX_CLIENT = 128;

  private static final byte[] NO_PAYLOAD = {};
  private static final List<String> FIELDS =
      Stream.concat(Stream.of("type", "payload", "payloadBase64"), Wanted.NAMES.stream()).toList();
  private static final List<String> BACKOFF = List.of("initial", "factor", "cap", "jitter");

  /** What tracers add to messages, who asks, and how to tell a failure. */
  private static final Set<String> NO_OPTIONS =
      Set.of(
          "failure",
          "authorization",
          "traceparent",
          "tracestate",
          "baggage",
          "b3",
          "uber-trace-id");

  /**
   * Reads a message.
   *
   * @param maxPayload longest payload, in bytes
   * @throws Refused if it is no task
   */
  static Submission of(Message<Object> message, int maxPayload) {
    try {
      Object body = message.body();
      Reading reading = new Reading();
      if (body instanceof JsonObject json) {
        json.forEach(field -> reading.field(field.getKey(), field.getValue()));
      } else if (body instanceof Buffer || body == null) {
        reading.payload(body instanceof Buffer buffer ? buffer.getBytes() : NO_PAYLOAD);
      } else {
        throw new Refused(
            Problem.malformed(
                "the body is a "
                    + body.getClass().getSimpleName()
                    + "; send the payload as a Buffer with type and options as headers, or a"
                    + " JsonObject with type, payload and options"));
      }
      message.headers().forEach(header -> reading.header(header.getKey(), header.getValue()));
      return reading.submission(maxPayload);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
    }
  }

  private static final class Reading {
    private final Wanted wanted = new Wanted();
    private @Nullable String type;
    private byte @Nullable [] payload;
    private @Nullable String client;

    void header(String name, String value) {
      if (name.equals("type")) {
        type(value);
      } else if (name.equals("client")) {
        client(value);
      } else if (Wanted.isOption(name)) {
        wanted.set(name, value);
      } else if (!NO_OPTIONS.contains(name) && !name.startsWith("x-")) {
        throw new Refused(
            Problem.malformed(Wanted.unknown("header", name, Wanted.NAMES) + " and type"));
      }
    }

    void field(String name, @Nullable Object value) {
      switch (name) {
        case "type" -> type(text(name, value));
        case "payload" -> payload(encoded(value));
        case "payloadBase64" -> payload(base64(text(name, value)));
        case "backoff" -> backoff(value);
        case "requires" -> requires(value);
        case "explain" ->
            wanted.set(name, value instanceof Boolean flag ? flag.toString() : text(name, value));
        case "retries", "priority" -> wanted.set(name, number(name, value));
        default -> {
          if (!Wanted.isOption(name)) {
            throw new Refused(Problem.malformed(Wanted.unknown("field", name, FIELDS)));
          }
          wanted.set(name, text(name, value));
        }
      }
    }

    private void type(String name) {
      if (type != null) {
        throw new IllegalArgumentException("the type is there twice, in body and header");
      }
      type = name;
    }

    private void client(String name) {
      if (name.isEmpty() || name.length() > MAX_CLIENT) {
        throw new IllegalArgumentException(
            "client has "
                + name.length()
                + " characters, but must have 1 to "
                + MAX_CLIENT
                + "; any text that no other client has will do");
      }
      client = name;
    }

    void payload(byte[] bytes) {
      if (payload != null) {
        throw new IllegalArgumentException("send payload or payloadBase64, not both");
      }
      payload = bytes;
    }

    /** JSON of any kind is a payload, as over HTTP. */
    private static byte[] encoded(@Nullable Object value) {
      try {
        return Json.encodeToBuffer(value).getBytes();
      } catch (EncodeException e) {
        throw new IllegalArgumentException("payload is no JSON value: " + e.getMessage(), e);
      }
    }

    private static byte[] base64(String text) {
      try {
        return Base64.getDecoder().decode(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("payloadBase64 is no Base64: " + e.getMessage(), e);
      }
    }

    private static String text(String name, @Nullable Object value) {
      if (value instanceof String text) {
        return text;
      }
      throw new IllegalArgumentException(name + " must be a string" + orLeftOut(value));
    }

    private static String number(String name, @Nullable Object value) {
      if (value instanceof Integer || value instanceof Long) {
        return value.toString();
      }
      throw new IllegalArgumentException(name + " must be a whole number" + orLeftOut(value));
    }

    private static String orLeftOut(@Nullable Object value) {
      return value == null ? ", not null; leave it out" : "";
    }

    private void requires(@Nullable Object value) {
      List<?> list =
          value instanceof JsonArray json
              ? json.getList()
              : value instanceof List<?> plain ? plain : null;
      if (list == null) {
        wanted.set("requires", text("requires", value));
        return;
      }
      List<String> labels = new ArrayList<>();
      for (Object label : list) {
        if (!(label instanceof String text)) {
          throw new IllegalArgumentException("requires must be an array of strings");
        }
        if (labels.size() <= TaskLimits.MAX_LABELS) {
          labels.add(text);
        }
      }
      wanted.requires(labels);
    }

    private void backoff(@Nullable Object value) {
      Map<?, ?> parts =
          value instanceof JsonObject json
              ? json.getMap()
              : value instanceof Map<?, ?> map ? map : null;
      if (parts == null) {
        wanted.set("backoff", text("backoff", value));
        return;
      }
      for (Map.Entry<?, ?> part : parts.entrySet()) {
        String name = String.valueOf(part.getKey());
        if (!BACKOFF.contains(name)) {
          throw new IllegalArgumentException(Wanted.unknown("field of backoff", name, BACKOFF));
        }
        if (!(part.getValue() instanceof String || part.getValue() instanceof Number)) {
          throw new IllegalArgumentException("backoff." + name + " must be a number or a string");
        }
      }
      wanted.backoff(
          Wanted.backoff(
              part(parts, "initial"),
              part(parts, "factor"),
              part(parts, "cap"),
              part(parts, "jitter")));
    }

    private static @Nullable String part(Map<?, ?> parts, String name) {
      Object part = parts.get(name);
      return part == null ? null : part.toString();
    }

    Submission submission(int maxPayload) {
      if (type == null) {
        throw new IllegalArgumentException(
            "the task has no type; set the header type, or the field type of a JsonObject");
      }
      byte[] bytes = payload == null ? NO_PAYLOAD : payload;
      if (bytes.length > maxPayload) {
        throw new Refused(
            Problem.tooLarge(
                "the payload has "
                    + bytes.length
                    + " bytes, "
                    + maxPayload
                    + " are allowed; send a reference to the data instead"));
      }
      TaskOptions options = wanted.options();
      if (options.admission() == null) {
        options = options.admission(Duration.ZERO);
      }
      TaskType<byte[], byte[]> any = TaskType.of(type, Codec.bytes(), Codec.bytes());
      return new Submission(any.task(bytes).options(options), wanted.patience(), client);
    }
  }
}
