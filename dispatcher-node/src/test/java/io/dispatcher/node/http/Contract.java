package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Holds answers against the door's own description. */
final class Contract {
  private static final String BASE = "https://dispatcher.test/openapi.json";
  private static final Set<Integer> OF_ANY_PATH = Set.of(404, 405);

  private final JsonNode document;
  private final String text;
  private final SchemaRegistry registry;
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<String, Integer> seen = new TreeMap<>();

  Contract() {
    try (InputStream in = Contract.class.getResourceAsStream("/http/openapi.json")) {
      document = new JsonMapper().readTree(in);
      text = document.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Dialect.Builder dialect = Dialect.builder(Dialects.getDraft202012());
    document.fieldNames().forEachRemaining(name -> dialect.keyword(new NonValidationKeyword(name)));
    registry =
        SchemaRegistry.withDefaultDialect(
            dialect.build(), builder -> builder.schemas(Map.of(BASE, text)));
  }

  JsonNode document() {
    return document;
  }

  /** Which operations were answered how, for a look at what the tests cover. */
  synchronized Map<String, Integer> seen() {
    return new TreeMap<>(seen);
  }

  /**
   * Checks an answer.
   *
   * @param target path and query; one that no operation has is a problem in any case
   */
  void check(String method, String target, HttpAnswer answer) {
    String what = method + " " + target + " → " + answer;
    checkCommon(what, answer);
    String template = template(target.replaceFirst("^http://[^/]*", "").split("\\?", -1)[0]);
    String verb = method.equals("HEAD") ? "get" : method.toLowerCase(java.util.Locale.ROOT);
    JsonNode operation =
        template == null ? null : document.at("/paths/" + escaped(template) + "/" + verb);
    if (method.equals("OPTIONS") && answer.status() == 200) {
      assertFalse(answer.header("allow").isEmpty(), what);
      return;
    }
    if (operation == null || operation.isMissingNode()) {
      assertTrue(answer.status() >= 400 && answer.status() < 500, what);
      checkProblem(what, answer, method);
      return;
    }
    count(method + " " + template + " " + answer.status());
    String pointer = "/paths/" + escaped(template) + "/" + verb + "/responses/" + answer.status();
    JsonNode response = document.at(pointer);
    if (response.isMissingNode()) {
      assertTrue(OF_ANY_PATH.contains(answer.status()), "not described: " + what);
      checkProblem(what, answer, method);
      return;
    }
    if (response.has("$ref")) {
      pointer = response.get("$ref").asText().substring(1);
      response = document.at(pointer);
    }
    checkHeaders(what, response, answer);
    checkBody(what, pointer, response, answer, method);
  }

  /** An answer to what was no request at all. */
  void checkRefusal(HttpAnswer answer) {
    String what = "refused: " + answer;
    checkCommon(what, answer);
    assertTrue(answer.status() >= 400 && answer.status() < 500, what);
    checkProblem(what, answer, "GET");
  }

  /** Checks how a task stands. */
  void checkTask(String json) {
    validate(json, "/components/schemas/Task", json);
  }

  private static void checkCommon(String what, HttpAnswer answer) {
    assertEquals("nosniff", answer.header("x-content-type-options"), what);
    assertEquals("same-origin", answer.header("cross-origin-resource-policy"), what);
    assertTrue(answer.headers().containsKey("date"), what);
    assertTrue(answer.headers().containsKey("cache-control"), what);
    assertFalse(answer.text().contains("\tat "), "a stack trace: " + what);
  }

  private void checkProblem(String what, HttpAnswer answer, String method) {
    assertEquals("application/problem+json", answer.contentType(), what);
    if (!method.equals("HEAD")) {
      validate(what, "/components/schemas/Problem", answer.text());
      assertEquals(answer.status(), answer.json().get("status").asInt(), what);
    }
  }

  private static void checkHeaders(String what, JsonNode response, HttpAnswer answer) {
    response
        .path("headers")
        .fields()
        .forEachRemaining(
            header -> {
              if (header.getValue().path("required").asBoolean()) {
                assertTrue(
                    answer
                        .headers()
                        .containsKey(header.getKey().toLowerCase(java.util.Locale.ROOT)),
                    header.getKey() + " is missing: " + what);
              }
            });
  }

  private void checkBody(
      String what, String pointer, JsonNode response, HttpAnswer answer, String method) {
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      assertEquals(0, answer.body().length, what);
      return;
    }
    JsonNode media = content.get(answer.contentType());
    assertTrue(media != null, "content type not described: " + what);
    if (media.has("schema") && !method.equals("HEAD")) {
      validate(
          what, pointer + "/content/" + escaped(answer.contentType()) + "/schema", answer.text());
      if (answer.contentType().equals("application/problem+json")) {
        assertEquals(answer.status(), answer.json().get("status").asInt(), what);
      }
    }
  }

  private void validate(String what, String pointer, String json) {
    Schema schema =
        schemas.computeIfAbsent(
            pointer, key -> registry.getSchema(SchemaLocation.of(BASE + "#" + uriEscaped(key))));
    List<Error> errors = schema.validate(json, InputFormat.JSON);
    assertTrue(errors.isEmpty(), () -> errors + ": " + what);
  }

  private String template(String path) {
    for (var paths = document.get("paths").fieldNames(); paths.hasNext(); ) {
      String template = paths.next();
      if (path.matches(template.replaceAll("\\{[a-z]+}", "[A-Za-z][A-Za-z0-9._-]*"))) {
        if (!template.contains("{") || !document.get("paths").has(path)) {
          return template;
        }
      }
    }
    return null;
  }

  private static String escaped(String token) {
    return token.replace("~", "~0").replace("/", "~1");
  }

  private static String uriEscaped(String pointer) {
    return pointer.replace("{", "%7B").replace("}", "%7D").replace("+", "%2B");
  }

  private synchronized void count(String key) {
    seen.merge(key, 1, Integer::sum);
  }
}
