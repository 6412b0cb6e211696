package io.dispatcher.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What a door answered.
 *
 * @param headers by name in lower case
 */
record HttpAnswer(int status, Map<String, List<String>> headers, byte[] body) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** The value of a header field; null if it is not there. */
  String header(String name) {
    List<String> values = headers.get(name);
    return values == null ? null : String.join(", ", values);
  }

  /** Type and subtype of the body. */
  String contentType() {
    String type = header("content-type");
    return type == null ? "" : type.split(";", -1)[0];
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  JsonNode json() {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(text(), e);
    }
  }

  String code() {
    return json().path("code").asText();
  }

  String id() {
    return json().path("id").asText();
  }

  @Override
  public String toString() {
    return status + " " + headers + " " + text();
  }
}
