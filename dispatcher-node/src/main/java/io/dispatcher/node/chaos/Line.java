package io.dispatcher.node.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a history: something that was seen, where and when.
 *
 * @param micros since 1970, by the clock of the machine that all processes of a run share
 * @param node that saw it, or that it was done to
 * @param task its id; empty if it is about none
 * @param attempt 0 if it is about none
 * @param number as its kind says
 * @param text as its kind says
 */
record Line(
    long micros, String node, Kind kind, String task, int attempt, long number, String text) {

  private static final JsonMapper MAPPER = new JsonMapper();

  /** What was seen. */
  enum Kind {
    /** The first line; text: the plan. */
    RUN,
    /** A task was handed in; number: the submit's. */
    SUBMIT,
    /** It was accepted; number: the submit's; text: its idempotency key, if it has one. */
    ACCEPT,
    /** The same was handed in again under its key, and accepted; number, text: as of the first. */
    REPEAT,
    /** The same was handed in again, and not accepted; number: the first submit's; text: why. */
    NO_REPEAT,
    /** It was not accepted; number: the submit's; text: why. */
    REFUSE,
    /** Nobody can tell whether it was accepted, or what became of it; number: the submit's. */
    UNKNOWN,
    /** A handler begins; said before anything else. */
    START,
    /** A later attempt has looked for a checkpoint; number: its step, 0 if there was none. */
    RESUME,
    /** A checkpoint was recorded; number: its step; text: the micros at which it was asked for. */
    SAVE,
    /** A checkpoint of an attempt that is not the newest was refused; number: its step. */
    STALE,
    /** The own code of an attempt fails; said before it does. */
    FAIL,
    /** Its submitter is about to ask for its cancellation. */
    CANCEL,
    /** And was told; number: 1 if it ends as cancelled, 0 if it had ended before. */
    CANCELLED,
    /** An outcome of an attempt that is not the newest was refused. */
    FENCED,
    /** An owner has recorded an outcome; text: the state. */
    SETTLE,
    /** An owner has raised the attempt; text: the node that was lost. */
    REISSUE,
    /** An outcome was shown; text: its state and value. */
    OUTCOME,
    /** Somebody asked for the outcome and was told that there is none; text: what. */
    MISSING,
    /** Somebody asked how it stands; number: the micros at which he did; text: what he was told. */
    STATUS,
    /** A fault begins; number: 1 inside re-replication; text: its class, and how. */
    FAULT,
    /** A node sees others than before the fault; number: how many workers; text: what it says. */
    VIEW,
    /** A front no longer counts on a worker that was removed; text: its node. */
    REMOVED,
    /** It is over: a frozen process goes on, a network is whole, all nodes were restarted. */
    THAW,
    /** A process has ended; text: why. */
    DOWN,
    /** A process can be used. */
    UP,
    /** The tool itself could not go on; text: why. What is open then is nobody's fault. */
    BROKEN,
    /** The load has ended, and those who submitted were told all outcomes. */
    END;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Line of(String node, Kind kind) {
    return new Line(now(), node, kind, "", 0, 0, "");
  }

  static long now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  Line task(String id, int of) {
    return new Line(micros, node, kind, id, of, number, text);
  }

  Line number(long value) {
    return new Line(micros, node, kind, task, attempt, value, text);
  }

  Line text(String value) {
    return new Line(micros, node, kind, task, attempt, number, value);
  }

  /** One line of JSON; what is empty is left out. */
  String json() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("t", micros).put("node", node).put("op", kind.word());
    if (!task.isEmpty()) {
      json.put("task", task);
    }
    if (attempt != 0) {
      json.put("attempt", attempt);
    }
    if (number != 0) {
      json.put("n", number);
    }
    if (!text.isEmpty()) {
      json.put("text", text);
    }
    return json.toString();
  }

  /** Empty if it is no line of a history. */
  static Optional<Line> parse(String text) {
    try {
      JsonNode json = MAPPER.readTree(text);
      if (!json.path("t").isIntegralNumber() || !json.path("node").isTextual()) {
        return Optional.empty();
      }
      return Optional.of(
          new Line(
              json.path("t").asLong(),
              json.path("node").asText(),
              Kind.valueOf(json.path("op").asText().toUpperCase(Locale.ROOT)),
              json.path("task").asText(""),
              json.path("attempt").asInt(0),
              json.path("n").asLong(0),
              json.path("text").asText("")));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
