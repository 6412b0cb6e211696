package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shows how a task ended, or stands. */
final class Outcomes {

  private Outcomes() {}

  /** The result's bytes to stdout, or why there are none as an error. */
  static int show(Outcome<byte[]> outcome, boolean json) {
    return show(outcome, json, null);
  }

  /**
   * As {@link #show(Outcome, boolean)}.
   *
   * @param placement why it went where it did, for the JSON object
   */
  static int show(Outcome<byte[]> outcome, boolean json, @Nullable Placement placement) {
    if (json) {
      ObjectNode told = json(outcome);
      if (placement != null) {
        told.set("placement", Placements.json(placement));
      }
      Target.print(told);
      return outcome instanceof Outcome.Succeeded ? 0 : CommandFailed.FAILED;
    }
    byte[] result;
    try {
      result = outcome.orThrow();
    } catch (RuntimeException ended) {
      throw CommandFailed.of(ended);
    }
    System.out.write(result, 0, result.length);
    if (result.length > 0 && result[result.length - 1] != '\n' && Screen.outIsTerminal()) {
      System.out.println();
    }
    System.out.flush();
    return 0;
  }

  private static ObjectNode json(Outcome<byte[]> outcome) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", outcome.id().text());
    json.put("state", outcome.state().text());
    if (outcome instanceof Outcome.Succeeded<byte[]> succeeded) {
      json.put("attempts", succeeded.attempts());
      put(json, succeeded.value());
    } else if (outcome instanceof Outcome.Failed<byte[]> failed) {
      json.put("attempts", failed.attempts());
      json.set("failure", json(failed.failure()));
    }
    return json;
  }

  /** As text if it is text. */
  private static void put(ObjectNode json, byte[] result) {
    try {
      json.put(
          "result", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(result)).toString());
    } catch (CharacterCodingException e) {
      json.put("resultBase64", result);
    }
  }

  private static ObjectNode json(Failure failure) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", failure.type());
    json.put("message", failure.message());
    json.put("trace", failure.trace());
    json.put("node", failure.node());
    json.put("attempt", failure.attempt());
    return json;
  }

  static ObjectNode accepted(TaskId id, String state) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", id.text());
    json.put("state", state);
    return json;
  }

  static ObjectNode json(TaskStatus status) {
    ObjectNode json = accepted(status.id(), status.state().text());
    if (!status.type().isEmpty()) {
      json.put("type", status.type());
    }
    if (status.waiting() != null) {
      json.put("waiting", status.waiting().text());
    }
    if (status.why() != null) {
      json.put("why", status.why());
    }
    if (status.node() != null) {
      json.put("node", status.node());
    }
    json.put("attempt", status.attempt());
    if (status.progress() != null) {
      json.put("progress", status.progress());
    }
    json.put("stale", status.stale());
    if (status.failure() != null) {
      json.set("failure", json(status.failure()));
    }
    if (status.retryOf() != null) {
      json.put("retryOf", status.retryOf().text());
    }
    if (!status.history().isEmpty()) {
      json.set("history", json(status.history()));
    }
    Placement placement = status.placement();
    if (placement != null) {
      json.set("placement", Placements.json(placement));
    }
    return json;
  }

  private static ArrayNode json(List<PastAttempt> history) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (PastAttempt past : history) {
      ObjectNode json = list.addObject();
      json.put("attempt", past.attempt());
      if (past.node() != null) {
        json.put("node", past.node());
      }
      if (past.startedAt() != null) {
        json.put("startedAt", past.startedAt().toString());
      }
      json.put("endedAt", past.endedAt().toString());
      json.put("cause", past.cause().text());
      if (!past.note().isEmpty()) {
        json.put("note", past.note());
      }
    }
    return list;
  }

  /** How its earlier attempts ended. */
  static Table history(TaskStatus status) {
    Table table = new Table("ATTEMPT", "NODE", "STARTED", "ENDED", "HOW", "WITH");
    for (PastAttempt past : status.history()) {
      table.row(
          past.attempt(),
          past.node() == null ? "-" : past.node(),
          past.startedAt() == null ? "-" : past.startedAt(),
          past.endedAt(),
          past.cause().text(),
          past.note());
    }
    return table;
  }

  /** In a line: {@code running on a, attempt 2: 40 %}. */
  static String line(TaskStatus status) {
    StringBuilder line = new StringBuilder(status.state().text());
    if (status.waiting() != null) {
      line.append(" (").append(status.waiting().text()).append(')');
    }
    if (status.node() != null) {
      line.append(" on ").append(status.node());
    }
    if (status.attempt() > 0) {
      line.append(", attempt ").append(status.attempt());
    }
    if (status.stale()) {
      line.append(", not confirmed");
    }
    if (status.progress() != null) {
      line.append(": ").append(status.progress());
    } else if (status.failure() != null) {
      line.append(": ").append(status.failure().summary());
    } else if (status.why() != null) {
      line.append(": ").append(status.why());
    }
    return Screen.plain(line.toString());
  }
}
