package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.client.HttpTaskClient;
import java.io.IOException;

/** Questions about the cluster itself. */
final class Api implements AutoCloseable {
  private static final JsonMapper MAPPER = new JsonMapper();

  private final HttpTaskClient client;

  Api(HttpTaskClient client) {
    this.client = client;
  }

  /**
   * What a front answers to a path.
   *
   * @throws CommandFailed if none answers, or with something else than a JSON object
   */
  JsonNode get(String path) {
    return read(path, TaskArgument.join(client.view(path)));
  }

  /**
   * What a front answers to something it is to do.
   *
   * @throws CommandFailed if none answers, or with something else than a JSON object
   */
  JsonNode post(String path) {
    return read(path, TaskArgument.join(client.act(path)));
  }

  private static JsonNode read(String path, byte[] body) {
    try {
      JsonNode json = MAPPER.readTree(body);
      if (json != null && json.isObject()) {
        return json;
      }
    } catch (IOException e) {
      throw strange(path, e);
    }
    throw strange(path, null);
  }

  private static CommandFailed strange(
      String path, @org.jspecify.annotations.Nullable Throwable cause) {
    return new CommandFailed(
        CommandFailed.REFUSED,
        "refused",
        path + " was answered with something that is no JSON object; is --url that of a node?",
        cause);
  }

  @Override
  public void close() {
    client.close();
  }
}
