package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonToken;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskOptions;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A task as a JSON object: type, payload and options.
 *
 * @param type name of its type
 * @param payload bytes of the payload
 * @param options as far as they are set
 * @param patience how long the call waits for the outcome; null if it does not say
 * @param problem what is wrong with it; then the rest means nothing
 */
record Envelope(
    String type,
    byte[] payload,
    TaskOptions options,
    @Nullable Duration patience,
    @Nullable Problem problem) {

  private static final byte[] NO_PAYLOAD = {};
  private static final List<String> BACKOFF = List.of("initial", "factor", "cap", "jitter");
  private static final List<String> FIELDS =
      Stream.concat(Stream.of("type", "payload", "payloadBase64"), Wanted.NAMES.stream()).toList();

  /**
   * Reads a body that is one envelope.
   *
   * @throws Refused if it is none, or a bad one
   */
  static Envelope one(Buffer body) {
    try (JsonInput json = new JsonInput(body)) {
      json.next();
      Envelope envelope = new Reading(json).envelope();
      json.end();
      if (envelope.problem != null) {
        throw new Refused(envelope.problem);
      }
      return envelope;
    }
  }

  /**
   * Reads a body that is an array of envelopes. A bad one does not spoil the others.
   *
   * @throws Refused if it is no array, or one with too many
   */
  static List<Envelope> batch(Buffer body, int max) {
    List<Envelope> envelopes = new ArrayList<>();
    try (JsonInput json = new JsonInput(body)) {
      if (json.next() != JsonToken.START_ARRAY) {
        throw new Refused(Problem.malformed("a batch is a JSON array of tasks"));
      }
      while (json.next() != JsonToken.END_ARRAY) {
        if (envelopes.size() == max) {
          throw new Refused(
              Problem.tooLarge("a batch has at most " + max + " tasks; send several"));
        }
        envelopes.add(new Reading(json).envelope());
      }
      json.end();
      return envelopes;
    }
  }

  private static Envelope bad(Problem problem) {
    return new Envelope("", NO_PAYLOAD, TaskOptions.NONE, null, problem);
  }

  /** One envelope under way. What is wrong first is kept, and the rest still read over. */
  private static final class Reading {
    private final JsonInput json;
    private final Wanted wanted = new Wanted();
    private @Nullable String type;
    private byte @Nullable [] payload;
    private @Nullable Problem problem;

    Reading(JsonInput json) {
      this.json = json;
    }

    Envelope envelope() {
      if (json.current() != JsonToken.START_OBJECT) {
        json.skip();
        return bad(Problem.malformed("a task is a JSON object with type, payload and options"));
      }
      while (json.next() == JsonToken.FIELD_NAME) {
        String name = json.value();
        json.next();
        try {
          field(name);
        } catch (IllegalArgumentException e) {
          fail(Problem.invalid(String.valueOf(e.getMessage())));
        }
      }
      if (type == null) {
        fail(Problem.invalid("the task has no type; set the field type"));
      }
      if (problem != null || type == null) {
        return bad(problem == null ? Problem.invalid("the task has no type") : problem);
      }
      return new Envelope(
          type, payload == null ? NO_PAYLOAD : payload, wanted.options(), wanted.patience(), null);
    }

    private void fail(Problem found) {
      if (problem == null) {
        problem = found;
      }
    }

    private void field(String name) {
      switch (name) {
        case "type" -> type = string(name);
        case "payload" -> payload(json.slice());
        case "payloadBase64" -> payload(base64(string(name)));
        case "backoff" -> backoff();
        case "requires" -> requires();
        case "explain" -> wanted.set(name, flag(name));
        case "retries", "priority" -> wanted.set(name, scalar(name, JsonToken.VALUE_NUMBER_INT));
        default -> {
          if (Wanted.isOption(name)) {
            wanted.set(name, string(name));
          } else {
            json.skip();
            fail(Problem.malformed(Wanted.unknown("field", name, FIELDS)));
          }
        }
      }
    }

    private void payload(byte[] bytes) {
      if (payload != null) {
        throw new IllegalArgumentException("send payload or payloadBase64, not both");
      }
      payload = bytes;
    }

    private static byte[] base64(String text) {
      try {
        return Base64.getDecoder().decode(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("payloadBase64 is no Base64: " + e.getMessage(), e);
      }
    }

    private String string(String name) {
      return scalar(name, JsonToken.VALUE_STRING);
    }

    private String scalar(String name, JsonToken expected) {
      JsonToken token = json.current();
      if (token != expected) {
        json.skip();
        throw new IllegalArgumentException(
            name
                + " must be a "
                + (expected == JsonToken.VALUE_STRING ? "string" : "whole number")
                + (token == JsonToken.VALUE_NULL ? ", not null; leave it out" : ""));
      }
      return json.value();
    }

    /** The client libraries send all options but numbers as strings. */
    private String flag(String name) {
      JsonToken token = json.current();
      if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
        return token == JsonToken.VALUE_TRUE ? "true" : "false";
      }
      if (token == JsonToken.VALUE_STRING) {
        return json.value();
      }
      json.skip();
      throw new IllegalArgumentException(name + " must be true or false");
    }

    /** An array of strings, or one string with commas. */
    private void requires() {
      if (json.current() != JsonToken.START_ARRAY) {
        wanted.set("requires", string("requires"));
        return;
      }
      List<String> labels = new ArrayList<>();
      boolean texts = true;
      while (json.next() != JsonToken.END_ARRAY) {
        texts &= json.current() == JsonToken.VALUE_STRING;
        if (texts && labels.size() <= TaskLimits.MAX_LABELS) {
          labels.add(json.value());
        }
        json.skip();
      }
      if (!texts) {
        throw new IllegalArgumentException("requires must be an array of strings");
      }
      wanted.requires(labels);
    }

    private void backoff() {
      if (json.current() != JsonToken.START_OBJECT) {
        wanted.set("backoff", string("backoff"));
        return;
      }
      Map<String, String> parts = new HashMap<>();
      String wrong = null;
      while (json.next() == JsonToken.FIELD_NAME) {
        String name = json.value();
        JsonToken value = json.next();
        if (!BACKOFF.contains(name)) {
          wrong = Wanted.unknown("field of backoff", name, BACKOFF);
        } else if (!value.isScalarValue() || value == JsonToken.VALUE_NULL) {
          wrong = "backoff." + name + " must be a number or a string";
        } else {
          parts.put(name, json.value());
        }
        json.skip();
      }
      if (wrong != null) {
        throw new IllegalArgumentException(wrong);
      }
      wanted.backoff(
          Wanted.backoff(
              parts.get("initial"), parts.get("factor"), parts.get("cap"), parts.get("jitter")));
    }
  }
}
