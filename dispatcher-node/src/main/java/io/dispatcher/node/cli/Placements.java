package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Shows why a task went where it did. */
final class Placements {

  private Placements() {}

  static ObjectNode json(Placement placement) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("balancer", placement.balancer());
    json.put("rule", placement.rule());
    if (placement.node() != null) {
      json.put("node", placement.node());
    }
    json.put("attempt", placement.attempt());
    json.put("at", placement.at().toString());
    ArrayNode candidates = json.putArray("candidates");
    for (Candidate candidate : placement.candidates()) {
      ObjectNode one = candidates.addObject();
      one.put("node", candidate.node());
      one.put("zone", candidate.zone());
      one.put("load", candidate.load());
      one.put("slots", candidate.slots());
      one.put("weight", candidate.weight());
      one.put("sessions", candidate.sessions());
      one.put("latencyMillis", candidate.latencyMillis());
      if (candidate.drawn()) {
        one.put("drawn", true);
      }
      if (candidate.excluded() != null) {
        one.put("excluded", candidate.excluded());
      }
    }
    json.put("omitted", placement.omitted());
    return json;
  }

  /** A sentence and a table. */
  static List<String> lines(Placement placement) {
    List<String> lines = new ArrayList<>();
    String where =
        placement.node() == null ? "No node can take it now" : "It went to " + placement.node();
    lines.add(where + " by " + placement.balancer() + ": " + placement.rule() + ".");
    Table table =
        new Table("CANDIDATE", "ZONE", "LOAD", "SLOTS", "WEIGHT", "SESSIONS", "LATENCY", "VERDICT");
    for (Candidate candidate : placement.candidates()) {
      double millis = candidate.latencyMillis();
      table.row(
          candidate.node(),
          candidate.zone().isEmpty() ? "-" : candidate.zone(),
          candidate.load(),
          candidate.slots(),
          String.format(Locale.ROOT, "%.2f", candidate.weight()),
          candidate.sessions(),
          millis <= 0 ? "-" : String.format(Locale.ROOT, "%.1f ms", millis),
          verdict(placement, candidate));
    }
    lines.addAll(table.lines());
    if (placement.omitted() > 0) {
      lines.add("and " + placement.omitted() + " more");
    }
    return lines;
  }

  private static String verdict(Placement placement, Candidate candidate) {
    if (candidate.excluded() != null) {
      return candidate.excluded();
    }
    if (candidate.node().equals(placement.node())) {
      return "chosen";
    }
    return !placement.sampled() ? "-" : candidate.drawn() ? "drawn" : "not drawn";
  }
}
