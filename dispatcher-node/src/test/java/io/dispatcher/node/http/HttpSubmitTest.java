package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Submitting one task: options, envelopes, payloads, and what is refused. */
class HttpSubmitTest extends OpenDoor {

  @Test
  void aTaskIsAcceptedWithItsLinks() {
    HttpAnswer answer = it.post("/v1/tasks?type=echo", "hello");

    assertEquals(202, answer.status());
    assertEquals("/v1/tasks/" + answer.id(), answer.header("location"));
    assertEquals("waiting", answer.json().get("state").asText());
    assertEquals(answer.header("location"), answer.json().at("/links/self").asText());
  }

  @Test
  void withWaitTheAnswerIsTheResult() {
    byte[] payload = {0, 1, (byte) 0xff, 'x'};

    HttpAnswer answer = it.call("POST", "/v1/tasks?type=echo&wait=10s", payload);

    assertEquals(200, answer.status());
    assertArrayEquals(payload, answer.body());
    assertEquals("application/octet-stream", answer.contentType());
    assertEquals("1", answer.header("task-attempts"));
    assertEquals(200, it.get("/v1/tasks/" + answer.header("task-id")).status());
  }

  @Test
  void theCallerSaysWhatTheBytesOfAResultAre() {
    String target = "/v1/tasks?type=echo&wait=10s";

    assertEquals(
        "application/json", it.post(target, "{}", "Accept: application/json").contentType());
    assertEquals(
        "text/plain; charset=utf-8",
        it.post(target, "hi", "Accept: text/plain, application/json").header("content-type"));
    assertEquals(
        "application/octet-stream", it.post(target, "<b>", "Accept: text/html, */*").contentType());
  }

  @Test
  void aWaitThatRunsOutIsAnsweredWithTheState() {
    HttpAnswer answer = it.post("/v1/tasks?type=held&wait=50ms", "long");

    assertEquals(202, answer.status());
    assertTrue(Set.of("waiting", "running").contains(answer.json().get("state").asText()));
    assertEquals("1", answer.header("retry-after"));

    it.letGo("long");
    HttpAnswer result = it.get("/v1/tasks/" + answer.id() + "/result?wait=10s");
    assertEquals("done long", result.text());
  }

  @Test
  void preferDecidesWhereNoParameterDoes() {
    HttpAnswer waited = it.post("/v1/tasks?type=echo", "a", "Prefer: wait=10");
    assertEquals(200, waited.status());
    assertEquals("wait=10", waited.header("preference-applied"));

    HttpAnswer async = it.post("/v1/tasks?type=echo", "a", "Prefer: respond-async");
    assertEquals(202, async.status());
    assertEquals("respond-async", async.header("preference-applied"));

    HttpAnswer parameter = it.post("/v1/tasks?type=echo&wait=10s", "a", "Prefer: respond-async");
    assertEquals(200, parameter.status());
    assertNull(parameter.header("preference-applied"));

    assertEquals(202, it.post("/v1/tasks?type=echo", "a", "Prefer: wait=abc, nonsense").status());
  }

  @Test
  void anEnvelopeHasTypePayloadAndOptions() {
    HttpAnswer json =
        it.postJson(
            "/v1/tasks",
            """
            {"type": "echo", "payload": {"b": [1.50, "ü\\n"], "a": null}, "wait": "10s",
             "retries": 2, "priority": 1, "timeLimit": "PT30S", "key": "user-1",
             "backoff": {"initial": "100ms", "factor": 2, "cap": "1s", "jitter": 0.5}}
            """);
    assertEquals(200, json.status(), json::toString);
    assertEquals("{\"b\": [1.50, \"ü\\n\"], \"a\": null}", json.text(), "just as it was sent");

    HttpAnswer base64 =
        it.postJson("/v1/tasks?wait=10s", "{\"type\":\"echo\",\"payloadBase64\":\"AP8=\"}");
    assertArrayEquals(new byte[] {0, (byte) 0xff}, base64.body());

    for (String payload : new String[] {"\"text\"", "17", "1e3", "true", "null", "[]"}) {
      HttpAnswer value =
          it.postJson("/v1/tasks?wait=10s", "{\"payload\":" + payload + ",\"type\":\"echo\"}");
      assertEquals(payload, value.text());
    }
    HttpAnswer none = it.postJson("/v1/tasks?wait=10s", "{\"type\":\"echo\"}");
    assertEquals(0, none.body().length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key=a%20b&retries=0&backoff=1s&timeLimit=2m&deadline=1h&priority=9",
        "backoff=500ms,4,1m,0.25&retention=0&admission=0",
        "notBefore=2020-01-01T00:00:00Z&retention=PT1M&admission=1s",
        "idempotencyKey=options-1&deadline=7d"
      })
  void optionsAreSpeltAsEverywhere(String options) {
    assertEquals(200, it.post("/v1/tasks?type=echo&wait=10s&" + options, "x").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retries=1001 | 422 | retries is 1001, but must be 0 to 1000",
        "retries=many | 422 | retries is 'many', but must be a whole number",
        "timeLimit=5 | 422 | timeLimit is '5', but must be a duration like",
        "timeLimit=0 | 422 | timeLimit is 0 s, but must be 1 ms to",
        "deadline=-5s | 422 | deadline is '-5s', but must be a duration",
        "backoff=1s,2,3,4,5 | 422 | but must be a duration, or initial,factor,cap,jitter",
        "backoff=1s,0.5 | 422 | backoff.factor is 0.5, but must be 1 to 100",
        "notBefore=tomorrow | 422 | but must be a time like",
        "priority=0 | 422 | priority is 0, but must be 1 to 9",
        "key= | 422 | has 0 characters, but must have 1 to 256",
        "requires=g%20u | 422 | a label has only A-Z a-z 0-9",
        "requires=a,,b | 422 | requires has the label \"\" of 0 characters",
        "explain=yes | 422 | explain is 'yes', but must be true or false",
        "wait=soon | 422 | wait is 'soon'",
        "colour=red | 400 | there is no parameter 'colour'; there are key, idempotencyKey",
        "retries=1&retries=2 | 400 | 'retries' is there twice",
      })
  void anOptionThatIsNoneIsRefused(String option, int status, String detail) {
    HttpAnswer answer = it.post("/v1/tasks?type=echo&" + option, "x");

    assertEquals(status, answer.status());
    assertTrue(answer.json().get("detail").asText().contains(detail), answer::toString);
    assertFalse(answer.json().get("retryable").asBoolean());
  }

  @Test
  void anUnknownTypeIsRefusedWithTheNamesThatExist() {
    HttpAnswer answer = it.post("/v1/tasks?type=nobody", "x");

    assertEquals(422, answer.status());
    assertEquals("unknown-type", answer.code());
    assertTrue(answer.json().get("detail").asText().contains("echo"), answer::toString);
  }

  @Test
  void aDeclaredTypeWithoutAHandlerIsAcceptedAndWaits() {
    HttpAnswer answer = it.post("/v1/tasks?type=declared", "x");
    assertEquals(202, answer.status());

    Awaitility.await()
        .untilAsserted(
            () ->
                assertEquals(
                    "no-handler",
                    it.get("/v1/tasks/" + answer.id()).json().path("waiting").asText()));
    assertEquals(202, it.post("/v1/tasks/" + answer.id() + "/cancel", "").status());
  }

  @Test
  void aTaskThatNoNodeHasTheLabelsForSaysWhy() {
    String query = it.post("/v1/tasks?type=echo&requires=gpu,ssd&explain=true", "x").id();
    String object =
        it.postJson(
                "/v1/tasks", "{\"type\":\"echo\",\"requires\":[\"ssd\",\"gpu\"],\"explain\":true}")
            .id();
    for (String id : List.of(query, object)) {
      JsonNode status = it.get("/v1/tasks/" + id).json();
      assertEquals("no-label", status.path("waiting").asText());
      assertEquals(
          "no node with a handler for echo has labels gpu, ssd", status.path("why").asText());
      assertFalse(status.path("placement").has("node"), status::toString);
      assertEquals("no label gpu, ssd", status.at("/placement/candidates/0/excluded").asText());
      assertEquals(202, it.post("/v1/tasks/" + id + "/cancel", "").status());
    }
    String plain = it.post("/v1/tasks?type=echo&requires=&explain=false", "x").id();
    Awaitility.await()
        .until(
            () -> it.get("/v1/tasks/" + plain).json().path("state").asText().equals("succeeded"));
    assertFalse(it.get("/v1/tasks/" + plain).json().has("placement"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"echo\",\"requires\":[1]} | requires must be an array of strings",
        "{\"type\":\"echo\",\"requires\":[[\"a\"]]} | requires must be an array of strings",
        "{\"type\":\"echo\",\"requires\":7} | requires must be a string",
        "{\"type\":\"echo\",\"requires\":[\"a b\"]} | a label has only",
        "{\"type\":\"echo\",\"explain\":1} | explain must be true or false",
      })
  void labelsThatAreNoneAreRefused(String body, String detail) {
    HttpAnswer answer = it.postJson("/v1/tasks", body);
    assertEquals(422, answer.status());
    assertTrue(answer.json().get("detail").asText().contains(detail), answer::toString);
  }

  @Test
  void aPayloadOverItsLimitIsRefused() {
    byte[] large = new byte[DoorFixture.MAX_PAYLOAD + 1];
    assertEquals(413, it.call("POST", "/v1/tasks?type=echo", large).status());

    byte[] largest = new byte[DoorFixture.MAX_PAYLOAD];
    assertEquals(200, it.call("POST", "/v1/tasks?type=echo&wait=10s", largest).status());

    String base64 = Base64.getEncoder().encodeToString(large);
    HttpAnswer envelope =
        it.postJson("/v1/tasks", "{\"type\":\"echo\",\"payloadBase64\":\"" + base64 + "\"}");
    assertEquals(413, envelope.status());
    assertEquals("too-large", envelope.code());
  }

  @Test
  void chunkedBodiesAndExpectationsAreTaken() {
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(
          it.head(
              "POST",
              "/v1/tasks?type=echo&wait=10s",
              -1,
              "Transfer-Encoding: chunked",
              "Expect: 100-continue"));
      http.readContinue();
      http.send("3\r\nabc\r\n").send("2;x=y\r\nde\r\n").send("0\r\n\r\n");
      assertEquals("abcde", it.read(http, "POST", "/v1/tasks").text());
      assertEquals(
          "again",
          it.call(
                  http,
                  "POST",
                  "/v1/tasks?type=echo&wait=10s",
                  "again".getBytes(StandardCharsets.UTF_8))
              .text());
    }
  }
}
