package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The view of the cluster, as tables. */
final class Views {

  private Views() {}

  static Table nodes(JsonNode view) {
    Table table =
        new Table(
            "NODE",
            "STATE",
            "ROLES",
            "ZONE",
            "LABELS",
            "WEIGHT",
            "SLOTS",
            "RUNNING",
            "HELD",
            "UNFINISHED",
            "TAKES TASKS",
            "EJECTED FOR");
    for (JsonNode node : view.path("nodes")) {
      table.row(
          text(node, "name"),
          text(node, "state"),
          joined(node.path("roles")),
          dash(text(node, "zone")),
          dash(joined(node.path("labels"))),
          number(node.path("weight").asDouble()),
          count(node, "slots"),
          count(node, "running"),
          count(node, "held"),
          count(node, "unfinished"),
          node.path("ready").asBoolean() ? "yes" : text(node, "readiness"),
          dash(joined(node.path("ejected"))));
    }
    return table;
  }

  static Table types(JsonNode view) {
    Table table =
        new Table(
            "TYPE", "NODES", "WAITING", "OLDEST", "RUNNING", "DONE/S", "DONE", "FAILED", "P50",
            "P99");
    for (JsonNode type : view.path("types")) {
      JsonNode total = type.path("total");
      table.row(
          text(type, "name"),
          type.path("nodes").size(),
          count(type, "waiting") + reasons(type.path("reasons")),
          seconds(type.path("oldestSeconds").asDouble()),
          count(type, "running"),
          number(type.path("donePerSecond").asDouble()),
          count(type, "succeeded"),
          count(type, "failed"),
          millis(total.path("p50").asDouble()),
          millis(total.path("p99").asDouble()));
    }
    return table;
  }

  static Table faults(JsonNode view) {
    Table table = new Table("LOST WORKER", "WHY", "TASKS", "FIRST AGAIN", "LAST AGAIN");
    for (JsonNode fault : view.path("faults")) {
      table.row(
          text(fault, "node"),
          text(fault, "cause"),
          count(fault, "reissued"),
          millisOrDash(fault.path("firstRestartMillis")),
          millisOrDash(fault.path("lastRestartMillis")));
    }
    return table;
  }

  static Table failures(JsonNode view) {
    Table table = new Table("FAILURES", "TYPE", "ERROR", "MESSAGE", "LAST TASK");
    for (JsonNode group : view.path("failures")) {
      table.row(
          count(group, "count"),
          text(group, "type"),
          text(group, "error"),
          cut(text(group, "message"), 60),
          text(group, "lastTask"));
    }
    return table;
  }

  static Table letters(JsonNode page) {
    Table table = new Table("TASK", "TYPE", "FAILED", "ATTEMPTS", "BYTES", "ERROR", "MESSAGE");
    for (JsonNode letter : page.path("letters")) {
      JsonNode failure = letter.path("failure");
      table.row(
          text(letter, "id"),
          text(letter, "type"),
          text(letter, "failedAt"),
          count(letter, "attempts"),
          count(letter, "payloadBytes"),
          text(failure, "type"),
          cut(text(failure, "message"), 60));
    }
    return table;
  }

  /** A dead letter, with all that is known of it. */
  static List<String> letter(JsonNode letter) {
    JsonNode failure = letter.path("failure");
    List<String> lines = new ArrayList<>();
    lines.add("Task      " + text(letter, "id") + " (" + text(letter, "type") + ")");
    lines.add(
        "Failed    " + text(letter, "failedAt") + ", kept until " + text(letter, "expiresAt"));
    lines.add("With      " + text(failure, "type") + ": " + Screen.plain(text(failure, "message")));
    lines.add(
        "In        attempt " + failure.path("attempt").asInt() + " on " + text(failure, "node"));
    Table table = new Table("ATTEMPT", "NODE", "STARTED", "ENDED", "HOW", "WITH");
    for (JsonNode past : letter.path("history")) {
      table.row(
          count(past, "attempt"),
          text(past, "node"),
          text(past, "startedAt"),
          text(past, "endedAt"),
          text(past, "cause"),
          text(past, "note"));
    }
    if (!letter.path("history").isEmpty()) {
      lines.addAll(table.lines());
    }
    String trace = text(failure, "trace");
    if (!trace.isEmpty()) {
      trace.lines().forEach(line -> lines.add(Screen.plain(line)));
    }
    lines.add(
        letter.hasNonNull("payload")
            ? "Payload   " + Screen.plain(text(letter, "payload"))
            : "Payload   " + count(letter, "payloadBytes") + " bytes; --json shows them as Base64");
    return lines;
  }

  /** What the tables do not tell. */
  static Optional<String> remark(JsonNode view) {
    return view.path("complete").asBoolean(true)
        ? Optional.empty()
        : Optional.of("a front did not answer in time: sums are too low");
  }

  private static String reasons(JsonNode reasons) {
    List<String> texts = new ArrayList<>();
    reasons
        .properties()
        .forEach(
            reason -> {
              if (reason.getValue().asLong() > 0) {
                texts.add(
                    reason.getKey().toLowerCase(Locale.ROOT).replace('_', '-')
                        + " "
                        + reason.getValue().asLong());
              }
            });
    return texts.isEmpty() ? "" : " (" + String.join(", ", texts) + ")";
  }

  private static String text(JsonNode node, String name) {
    return node.path(name).asText("");
  }

  private static String count(JsonNode node, String name) {
    return String.format(Locale.ROOT, "%,d", node.path(name).asLong());
  }

  private static String joined(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return String.join(",", texts);
  }

  private static String dash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.1f" : "%,.0f", value);
  }

  private static String seconds(double value) {
    return value <= 0 ? "-" : number(value) + " s";
  }

  private static String millis(double value) {
    return value <= 0 ? "-" : number(value) + " ms";
  }

  private static String millisOrDash(JsonNode value) {
    return value.isNumber() ? millis(value.asDouble()) : "-";
  }

  private static String cut(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max - 1) + "…";
  }
}
