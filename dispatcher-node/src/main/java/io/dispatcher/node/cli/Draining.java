package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.client.HttpTaskClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes that are asked to leave on purpose, and how far they are. */
final class Draining {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final HttpTaskClient client;
  private final boolean stay;

  /** Those that have answered here. */
  private final Set<String> fronts = new HashSet<>();

  private boolean silent;

  /**
   * @param stay they are to stay members
   */
  Draining(HttpTaskClient client, boolean stay) {
    this.client = client;
    this.stay = stay;
  }

  void ask(String node) {
    TaskArgument.join(client.drain(node, stay));
  }

  /** The names of all nodes; the one that was asked comes last. */
  List<String> everyNode() {
    JsonNode view = nodes();
    String self = view.path("seenBy").asText();
    List<String> names = new ArrayList<>();
    for (JsonNode node : view.path("nodes")) {
      String name = node.path("name").asText();
      if (!node.path("state").asText().equals("left") && !name.equals(self)) {
        names.add(name);
      }
    }
    names.add(self);
    return names;
  }

  /**
   * Those of these nodes that are not known to be done. Where nobody answers any more, those are
   * that have answered there; of others nothing more can be learnt.
   */
  List<String> open(List<String> names) {
    JsonNode view;
    try {
      view = nodes();
    } catch (CommandFailed none) {
      if (!stay && none.unreachable()) {
        silent = true;
        return names.stream().filter(name -> !fronts.contains(name)).toList();
      }
      throw none;
    }
    List<String> open = new ArrayList<>();
    for (JsonNode node : view.path("nodes")) {
      String name = node.path("name").asText();
      if (names.contains(name) && !(stay ? rests(node) : left(node))) {
        open.add(name);
      }
    }
    return open;
  }

  /** Whether nobody answers any more. */
  boolean silent() {
    return silent;
  }

  private static boolean left(JsonNode node) {
    return node.path("state").asText().equals("left");
  }

  private static boolean rests(JsonNode node) {
    return left(node) || node.path("state").asText().equals("drained");
  }

  private JsonNode nodes() {
    byte[] body = TaskArgument.join(client.view("/v1/nodes"));
    try {
      JsonNode view = MAPPER.readTree(body);
      fronts.add(view.path("seenBy").asText());
      return view;
    } catch (IOException e) {
      throw new CommandFailed(
          CommandFailed.REFUSED,
          "refused",
          "/v1/nodes was answered with something that is no JSON; is --url that of a node?",
          e);
    }
  }
}
